"""What the center knows of each ward today: the newest PREKEY and the latest NOTICE of each of its servers, signed.

A kiosk has one *home* among the servers of a ward: it is told that one's prekeys and notices and no others, its tickets
carry that one's prekey, and its receipts go there. A visit's keys are in one server's memory; so its messages must all
be sealed to that server.

Invariants: a prekey or notice is checked against the ward directory before it is kept; a notice never goes back in its
serial; a prekey is forgotten when its server's link goes, so that no ticket is given for one that cannot answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from konbini.issuance_center.relay.routing import WardEnd
from konbini.issuance_center.trust import Trust
from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CENTER
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
    """Prekeys and notices of all servers of all wards, and which server is each kiosk's home."""

    def __init__(self, trust: Trust, notices: tuple[KeptNotice, ...] = ()) -> None:
        """Take the lists, and the notices that the ledger kept; whose server's they were it did not keep."""
        self._trust = trust
        self._before = {kept.notice.ward: kept for kept in notices if kept.notice.ward in trust.ward_names}
        self._notices: dict[WardEnd, KeptNotice] = {}
        self._prekeys: dict[WardEnd, _KeptPrekey] = {}
        self._homes: dict[tuple[str, str], WardEnd] = {}

    def notices(self, kiosk: str) -> tuple[KeptNotice, ...]:
        """Give the latest notice of each ward: of the kiosk's home there."""
        found = (self._notice(ward, self.home(kiosk, ward)) for ward in sorted(self._trust.ward_names))
        return tuple(kept for kept in found if kept is not None)

    def prekeys(self, kiosk: str) -> tuple[tuple[str, bytes], ...]:
        """Give the newest signed prekey of each ward that has a link: of the kiosk's home there."""
        homes = (self.home(kiosk, ward) for ward in sorted(self._trust.ward_names))
        return tuple((home.ward, self._prekeys[home].signed) for home in homes if home is not None)

    def home(self, kiosk: str, ward: str) -> WardEnd | None:
        """Give the server that a kiosk's tickets, prekeys and receipts are of; another one when its link is gone.

        Kiosks are spread over a ward's servers by their names.
        """
        home = self._homes.get((kiosk, ward))
        if home not in self._prekeys:
            there = [end for end in self._prekeys if end.ward == ward]
            home = max(there, key=lambda end: crc32(f"{kiosk} {end.server}".encode()), default=None)
        if home is not None:
            self._homes[kiosk, ward] = home
        return home

    def known_home(self, kiosk: str, ward: str) -> WardEnd | None:
        """Give the home that a kiosk was last told of, whether or not it is there still."""
        return self._homes.get((kiosk, ward))

    def take_prekey(self, end: WardEnd, signed: bytes, moment: int) -> None:
        """Keep a server's prekey.

        Raises:
            Refused: `SIGNATURE_INVALID`, `PREKEY_UNKNOWN` (out of its time, or older than the one that is kept),
                `MALFORMED`.
        """
        prekey, _ = Prekey.open(signed, self._trust.ward(end.ward).entry, moment)
        kept = self._prekeys.get(end)
        if kept is not None and prekey.begins < kept.prekey.begins:
            raise Refused(Code.PREKEY_UNKNOWN, "older than the one that is kept")
        self._prekeys[end] = _KeptPrekey(signed=signed, prekey=prekey)

    def drop_prekey(self, end: WardEnd) -> None:
        """Forget a server's prekey; its link is gone."""
        self._prekeys.pop(end, None)

    def lives(self, end: WardEnd) -> bool:
        """Say whether a server has a link and a prekey."""
        return end in self._prekeys

    def living(self, ward: str) -> int:
        """Count the servers of a ward that have a link and a prekey."""
        return sum(end.ward == ward for end in self._prekeys)

    def check_notice(self, end: WardEnd, signed: bytes, moment: int) -> KeptNotice:
        """Check a notice; `keep_notice` follows when it is stored.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED` (also a serial that goes back).
        """
        claimed = read_notice(signed)
        notice = Notice.open(signed, claimed.message_key, self._trust.ward(end.ward).entry, moment)
        kept = self._notice(end.ward, end)
        if kept is not None and notice.serial < kept.notice.serial:
            raise Refused(Code.MALFORMED, "a notice older than the one that is kept")
        return KeptNotice(signed=signed, notice=notice)

    def keep_notice(self, end: WardEnd, kept: KeptNotice) -> None:
        """Make a checked notice the server's latest."""
        self._notices[end] = kept

    def for_ticket(self, kiosk: str, ward: str, moment: int) -> tuple[WardEnd, bytes]:
        """Give a server and its PREKEY for a ticket of this moment, if visits may begin: the kiosk's home, or another.

        A kiosk whose home takes no visits while another server does gets that one as its home.

        Raises:
            Refused: `WARD_STOPPED`, `KIOSK_STOPPED`, `WARD_CLOSED`, or `WARD_UNREACHABLE` where no link is up, the ward
                takes no part, or a prekey would not outlive the ticket.
        """
        self._trust.ward(ward)
        home = self.home(kiosk, ward)
        others = [end for end in self._prekeys if end.ward == ward and end != home]
        refusals = []
        for end in (home or WardEnd(ward), *others):
            try:
                signed = self._ticket_prekey(end, kiosk, moment)
            except Refused as refused:
                refusals.append(refused)
            else:
                self._homes[kiosk, ward] = end
                return end, signed
        raise refusals[0]

    def _ticket_prekey(self, end: WardEnd, kiosk: str, moment: int) -> bytes:
        kept = self._notice(end.ward, end)
        refusal = None if kept is None else kept.notice.refusal(moment, kiosk, CENTER)
        if refusal is not None:
            raise Refused(refusal, "the ward's own notice")
        if not self._trust.open_at(end.ward, moment):
            raise Refused(Code.WARD_CLOSED, "out of hours")
        prekey = self._prekeys.get(end)
        if prekey is None or moment + TICKET_SECONDS > prekey.prekey.ends:
            raise Refused(Code.WARD_UNREACHABLE, "no fresh prekey")
        return prekey.signed

    def _notice(self, ward: str, end: WardEnd | None) -> KeptNotice | None:
        """Give a server's latest notice; where it gave none yet, the ward's from before this center was started."""
        return (None if end is None else self._notices.get(end)) or self._before.get(ward)


def read_notice(signed: bytes) -> Notice:
    """Read a notice without checking it: its own checker, and the ledger that kept it once checked, may.

    Raises:
        Refused: `MALFORMED`.
    """
    if len(signed) > _MOST_NOTICE:
        raise Refused(Code.OVERSIZE, "NOTICE")
    return from_bytes(Notice, unchecked_payload(signed))
