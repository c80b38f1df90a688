"""What an alert says: a kind, a kiosk of the register, a code, when, where to read on. Nothing of a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry

__all__ = ["ALERTED", "Alert", "AlertKind", "alert_of"]

_MILLISECONDS = 1000
_GONE = "gone"


@unique
class AlertKind(IntEnum):
    """What somebody is told of, the more pressing first: in that order alerts that wait are told."""

    STOPPED = 1
    """交付停止: issuing stands still until two persons release it."""
    FEED_BROKEN = 2
    """住民記録との連携の途絶: nothing is issued until two persons mend it."""
    RESTORED = 3
    """復元の検出: the store is not the one that it was."""
    CASE = 4
    """事案: something that a person must look at."""
    PAPER_LEFT = 5
    """証明書の置き忘れ: somebody's paper lies at a kiosk."""

    @property
    def runbook(self) -> str:
        """Where to read on, in docs/runbooks."""
        return _RUNBOOKS[self]


_RUNBOOKS: Final[Mapping[AlertKind, str]] = {
    AlertKind.STOPPED: "release-of-a-stop.md",
    AlertKind.FEED_BROKEN: "broken-feed.md",
    AlertKind.RESTORED: "restored-ward.md",
    AlertKind.CASE: "cases.md",
    AlertKind.PAPER_LEFT: "left-at-the-kiosk.md",
}
_WORDS: Final[Mapping[AlertKind, tuple[str, str]]] = {
    AlertKind.STOPPED: ("証明書の交付が停止しました。", "Issuing has stopped."),
    AlertKind.FEED_BROKEN: ("住民記録との連携が途切れました。", "The registry's feed is broken."),
    AlertKind.RESTORED: ("記録の復元が検出されました。", "This store was restored, and nobody has said so."),
    AlertKind.CASE: ("確認を要する事案があります。", "A case is open that a person must look at."),
    AlertKind.PAPER_LEFT: ("端末に証明書が残されています。", "Somebody's certificate lies at a kiosk."),
}

ALERTED: Final[Mapping[AuditEvent, AlertKind]] = {
    AuditEvent.ISSUING_STOPPED: AlertKind.STOPPED,
    AuditEvent.RECONCILE_DIFFERS: AlertKind.STOPPED,
    AuditEvent.FEED_BREAK_FOUND: AlertKind.FEED_BROKEN,
    AuditEvent.RESTORATION_FOUND: AlertKind.RESTORED,
    AuditEvent.VISIT_CONFLICT: AlertKind.CASE,
    AuditEvent.RECEIPT_CONTRADICTED: AlertKind.CASE,
    AuditEvent.OUTAGE_ISSUE_DIFFERS: AlertKind.CASE,
    AuditEvent.MISMATCH_REPORTED: AlertKind.CASE,
    AuditEvent.MISMATCH_PROVEN: AlertKind.CASE,
    AuditEvent.LINK_MISMATCH: AlertKind.CASE,
    AuditEvent.COUNT_DIFFERS: AlertKind.CASE,
    AuditEvent.CENTER_LOG_CONTRADICTED: AlertKind.CASE,
    AuditEvent.PAPER_LEFT: AlertKind.PAPER_LEFT,
}
"""The events of `issuing` of which somebody is told; a test holds it against docs/audit-events.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `position` is the entry's place in the audit log, where who has a right to may read the rest.

    `kiosk` is empty where no kiosk of the register is meant; `code` is 0 where there is none; `moment` in Unix
    milliseconds.
    """

    ward: str
    position: int
    kind: AlertKind
    kiosk: str
    code: int
    moment: int

    @property
    def name(self) -> str:
        """The same for ever, so that a receiver can tell a repeat from a second alert."""
        return f"{self.ward}-{self.position}"

    @property
    def code_name(self) -> str:
        """The code by its name; one of a newer build as its number."""
        return Code(self.code).name if self.code in set(Code) else str(self.code)

    @property
    def title(self) -> str:
        """One line."""
        about = " ".join(part for part in (self.kiosk, self.code_name if self.code else "") if part)
        return f"[konbini {self.ward}] {self.kind.name} {about}".rstrip()

    @property
    def words(self) -> tuple[str, str]:
        """What happened, in Japanese and in English."""
        return _WORDS[self.kind]

    @property
    def at(self) -> str:
        """When, in Japan."""
        return dt.datetime.fromtimestamp(self.moment / _MILLISECONDS, JAPAN).isoformat(timespec="seconds")

    def to_json(self) -> bytes:
        """Give the body of a web hook."""
        body = {
            "id": self.name,
            "ward": self.ward,
            "kind": self.kind.name,
            "kiosk": self.kiosk,
            "code": self.code,
            "code_name": self.code_name if self.code else "",
            "at": self.at,
            "log_entry": self.position,
            "runbook": self.kind.runbook,
        }
        return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def alert_of(entry: AuditEntry, position: int, *, ward: str, kiosks: Collection[str]) -> Alert | None:
    """Give what somebody is told of an entry; None where nobody is.

    Args:
        entry: of the audit log.
        position: its place there.
        ward: whose log.
        kiosks: the register; no other word of an entry becomes a kiosk's name.
    """
    kind = ALERTED.get(entry.event)
    words = entry.about.split(" ")
    if kind is None or (entry.event is AuditEvent.PAPER_LEFT and _GONE in words[1:]):
        return None
    kiosk = words[0] if words[0] in kiosks else ""
    return Alert(ward=ward, position=position, kind=kind, kiosk=kiosk, code=entry.code, moment=entry.moment)
