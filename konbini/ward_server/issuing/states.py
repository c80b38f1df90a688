"""STATE: the last word of each kiosk, for whoever watches. Kept in memory: it is a view, not a record."""

from __future__ import annotations

from typing import Protocol

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.service import State
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.issuing.desk import Now, Reply

__all__ = ["KioskStates", "RegisteredAt"]


class RegisteredAt(Protocol):
    """Who knows the ward's kiosks; a `Desk` is such."""

    @property
    def register(self) -> KioskRegister:
        """The kiosks."""

    def now(self) -> Now:
        """Read the clock."""


class KioskStates:
    """The newest STATE of each kiosk of the ward's register."""

    def __init__(self, desk: RegisteredAt) -> None:
        self._desk = desk
        self._newest: dict[str, State] = {}

    async def take(self, kiosk: str, body: bytes) -> Reply | None:
        """Take a STATE; an older one than the last is passed over.

        Raises:
            Refused: `KIOSK_UNKNOWN`, `SIGNATURE_INVALID`, `MALFORMED`, `MISROUTED`.
        """
        enrolment = self._desk.register.named(kiosk, self._desk.now().seconds)
        state = State.open(body, VerifyingKey(enrolment.signing), kiosk)
        known = self._newest.get(kiosk)
        if known is None or state.at >= known.at:
            self._newest[kiosk] = state
        return None

    def all(self) -> tuple[State, ...]:
        """Give the newest states, by kiosk."""
        return tuple(self._newest[kiosk] for kiosk in sorted(self._newest))
