"""Settings are changed by two persons: what such a decision holds, and what it does.

The whole text travels in the decision, so that what the second person agrees to is the text itself; no other kind of
decision is so long. It names the digest of the version that it was written upon: where another one is in force by then,
it is refused, at entering and at agreeing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.process.config import ConfigRefused
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Digest, UpTo, from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import append
from konbini.ward_server.decisions.decision import MOST_SETTINGS_CONTENT_BYTES, Decision
from konbini.ward_server.decisions.desk import Agreed
from konbini.ward_server.settings.kept.versions import keep, newest, text_of
from konbini.ward_server.settings.reading import MOST_SETTINGS_BYTES, settings_of_text

__all__ = ["NewSettings", "SettingsChanged", "new_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSettings:
    """What is to be in force, and the digest of what it is to be in the place of."""

    instead_of: Digest
    text: Annotated[str, UpTo(MOST_SETTINGS_BYTES)]


def new_settings(decision: Decision) -> NewSettings:
    """Read what a decision holds.

    Raises:
        Refused: `MALFORMED`, `OVERSIZE`.
    """
    return from_bytes(NewSettings, decision.content, MOST_SETTINGS_CONTENT_BYTES)


class SettingsChanged:
    """The effect of that decision.

    Args:
        municipality: whose settings they must be; no change makes them another's.
        event: under which it is recorded.
    """

    def __init__(self, municipality: str, event: AuditEvent) -> None:
        self._municipality = municipality
        self._event = event

    async def prepare(self, _decision: Decision) -> bytes:
        """Nothing of another process is needed."""
        return b""

    def check(self, connection: Connection, decision: Decision) -> None:
        """Refuse what cannot be read, what changes nothing, and what was written upon another version.

        Raises:
            Refused: `CHANGED_MEANWHILE`; `CHANGE_INVALID`, naming the entry and the line.
        """
        asked, found = new_settings(decision), newest(connection)
        if found is None or found.digest != asked.instead_of:
            raise Refused(Code.CHANGED_MEANWHILE, "other settings are in force")
        if asked.text.splitlines() == text_of(connection, found.number).splitlines():
            raise Refused(Code.CHANGE_INVALID, "the same settings")
        try:
            settings_of_text(asked.text, self._municipality)
        except ConfigRefused as refused:
            raise Refused(Code.CHANGE_INVALID, str(refused)) from refused

    def apply(self, connection: Connection, agreed: Agreed, _prepared: bytes) -> None:
        """Keep it as the version in force."""
        text = new_settings(agreed.decision).text
        version = keep(connection, text, agreed.moment, decision_id=agreed.decision_id, operators=agreed.operators)
        about = f"version {version.number} by {agreed.decision_id}"
        append(connection, agreed.entry(self._event, about, digest=version.digest))
