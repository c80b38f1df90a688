"""What the center knows of each ward today: its newest PREKEY and its latest NOTICE, both signed by the ward.

Invariants: a prekey or notice is checked against the ward directory before it is kept; a notice never goes back in its
serial; a prekey is forgotten when the ward's link goes, so that no ticket is given for a ward that cannot answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.issuance_center.trust import Trust
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.service import Notice
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import TICKET_SECONDS, Prekey

__all__ = ["KeptNotice", "WardsToday"]

_MOST_NOTICE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotice:
    """A ward's latest notice: the bytes that it signed, and what they say."""

    signed: bytes
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptPrekey:
    signed: bytes
    prekey: Prekey


class WardsToday:
    """Prekeys and notices of all wards."""

    def __init__(self, trust: Trust, notices: tuple[KeptNotice, ...] = ()) -> None:
        """Take the lists, and the notices that the ledger kept."""
        self._trust = trust
        self._notices = {kept.notice.ward: kept for kept in notices if kept.notice.ward in trust.ward_names}
        self._prekeys: dict[str, _KeptPrekey] = {}

    @property
    def notices(self) -> tuple[KeptNotice, ...]:
        """The latest notice of each ward."""
        return tuple(self._notices.values())

    @property
    def prekeys(self) -> tuple[tuple[str, bytes], ...]:
        """The newest signed prekey of each ward whose link is up."""
        return tuple((ward, kept.signed) for ward, kept in self._prekeys.items())

    def take_prekey(self, ward: str, signed: bytes, moment: int) -> None:
        """Keep a prekey.

        Raises:
            Refused: `SIGNATURE_INVALID`, `PREKEY_UNKNOWN` (out of its time, or older than the one that is kept),
                `MALFORMED`.
        """
        prekey, _ = Prekey.open(signed, self._trust.ward(ward).entry, moment)
        kept = self._prekeys.get(ward)
        if kept is not None and prekey.begins < kept.prekey.begins:
            raise Refused(Code.PREKEY_UNKNOWN, "older than the one that is kept")
        self._prekeys[ward] = _KeptPrekey(signed=signed, prekey=prekey)

    def drop_prekey(self, ward: str) -> None:
        """Forget a ward's prekey; its link is gone."""
        self._prekeys.pop(ward, None)

    def check_notice(self, ward: str, signed: bytes, moment: int) -> KeptNotice:
        """Check a notice; `keep_notice` follows when it is stored.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED` (also a serial that goes back).
        """
        claimed = read_notice(signed)
        notice = Notice.open(signed, claimed.message_key, self._trust.ward(ward).entry, moment)
        kept = self._notices.get(ward)
        if kept is not None and notice.serial < kept.notice.serial:
            raise Refused(Code.MALFORMED, "a notice older than the one that is kept")
        return KeptNotice(signed=signed, notice=notice)

    def keep_notice(self, kept: KeptNotice) -> None:
        """Make a checked notice the ward's latest."""
        self._notices[kept.notice.ward] = kept

    def prekey_for_ticket(self, ward: str, moment: int) -> bytes:
        """Give the ward's PREKEY for a ticket of this moment, if visits may begin.

        Raises:
            Refused: `WARD_STOPPED`, `WARD_CLOSED`, or `WARD_UNREACHABLE` where the link is down, the ward takes no
                part, or its prekey would not outlive the ticket.
        """
        trusted = self._trust.ward(ward)
        kept = self._notices.get(trusted.entry.ward)
        refusal = None if kept is None else kept.notice.refusal(moment)
        if refusal is not None:
            raise Refused(refusal, "the ward's own notice")
        if not self._trust.open_at(ward, moment):
            raise Refused(Code.WARD_CLOSED, "out of hours")
        prekey = self._prekeys.get(ward)
        if prekey is None or moment + TICKET_SECONDS > prekey.prekey.ends:
            raise Refused(Code.WARD_UNREACHABLE, "no fresh prekey")
        return prekey.signed


def read_notice(signed: bytes) -> Notice:
    """Read a notice without checking it: its own checker, and the ledger that kept it once checked, may.

    Raises:
        Refused: `MALFORMED`.
    """
    if len(signed) > _MOST_NOTICE:
        raise Refused(Code.OVERSIZE, "NOTICE")
    return from_bytes(Notice, unchecked_payload(signed))
