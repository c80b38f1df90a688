"""What two persons steer at `issuing` while it runs: its settings, its key-encryption keys, its keys of visits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.desk import Effect
from konbini.ward_server.issuing.renewing import MessageKeysRenewed, Renewing
from konbini.ward_server.keeping.key_lists import KeysRotated
from konbini.ward_server.keeping.rotation import KeyRotation
from konbini.ward_server.settings.kept.changing import SettingsChanged
from konbini.ward_server.settings.kept.in_force import SettingsInForce

__all__ = ["Steering"]


class Steering:
    """Gives the effects of these decisions, and what is done in memory after each."""

    def __init__(self, ward: str, settings: SettingsInForce, rotation: KeyRotation, renewing: Renewing) -> None:
        self.settings = settings
        self._ward = ward
        self._rotation = rotation
        self._renewing = renewing

    def effects(self) -> dict[DecisionKind, Effect]:
        """Give what is written when they are agreed to."""
        return {
            DecisionKind.SETTINGS_CHANGED: SettingsChanged(self._ward, AuditEvent.ISSUING_SETTINGS_CHANGED),
            DecisionKind.KEYS_ROTATED: KeysRotated(self._rotation, AuditEvent.ISSUING_KEY_LISTS_TO_BE_READ),
            DecisionKind.MESSAGE_KEYS_RENEWED: MessageKeysRenewed(self._renewing),
        }

    def afterwards(self) -> dict[DecisionKind, Callable[[], Awaitable[None]]]:
        """Give what each server does then."""
        return {
            DecisionKind.SETTINGS_CHANGED: self.settings.look,
            DecisionKind.KEYS_ROTATED: self._rotation.read_again,
            DecisionKind.MESSAGE_KEYS_RENEWED: self._renewing.renew,
        }
