"""What wards publish: the newest PREKEY and NOTICE of each, checked against the ward directory."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.channel.messages import WardOnOffer, WardsOnOffer
from konbini.protocol.cose import VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.service import Notice
from konbini.protocol.shape import from_bytes
from konbini.protocol.tickets import Prekey
from konbini.protocol.trust import WardDirectory, WardEntry

__all__ = ["Wards"]

_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptPrekey:
    """A PREKEY; `signer` is the message key that signed it, which no two servers share."""

    signed: bytes
    begins: int
    signer: bytes


class Wards:
    """The wards of the directory, with their last word."""

    def __init__(self, directory: WardDirectory, *asking: str) -> None:
        """Take the directory, and the names under which wards may bar this kiosk: its own, and its link's."""
        self._directory = directory
        self._asking = asking
        self._prekeys: dict[str, _KeptPrekey] = {}
        self._notices: dict[str, Notice] = {}

    def take_prekey(self, ward: str, signed: bytes, moment: int) -> None:
        """Keep a ward's PREKEY; one that is older than the last, of the same server, is passed over.

        Raises:
            Refused: it is not the ward's, or out of its time.
        """
        prekey, message_key = Prekey.open(signed, self._directory.entry(ward), moment)
        known = self._prekeys.get(ward)
        if known is None or prekey.begins >= known.begins or message_key.point != known.signer:
            self._prekeys[ward] = _KeptPrekey(signed=signed, begins=prekey.begins, signer=message_key.point)

    def take_notice(self, ward: str, signed: bytes, moment: int) -> None:
        """Keep a ward's NOTICE; one that is older than the last is passed over.

        Raises:
            Refused: it is not the ward's.
        """
        claimed = from_bytes(Notice, unchecked_payload(signed))
        notice = Notice.open(signed, claimed.message_key, self._directory.entry(ward), moment)
        known = self._notices.get(ward)
        if known is None or notice.serial >= known.serial:
            self._notices[ward] = notice

    def prekey(self, ward: str) -> bytes:
        """Give a ward's newest PREKEY.

        Raises:
            Refused: `WARD_UNREACHABLE`: none came yet.
        """
        kept = self._prekeys.get(ward)
        if kept is None:
            raise Refused(Code.WARD_UNREACHABLE, "no prekey of this ward")
        return kept.signed

    def message_key(self, ward: str, moment: int) -> VerifyingKey:
        """Give the message key that the ward's newest PREKEY names.

        Raises:
            Refused: as `prekey`, or it is out of its time.
        """
        return Prekey.open(self.prekey(ward), self._directory.entry(ward), moment)[1]

    def on_offer(self, moment: int, *, link_up: bool) -> WardsOnOffer:
        """Give every ward of the directory, open or not, and why not."""
        return WardsOnOffer(
            wards=tuple(self._on_offer(entry, moment, link_up=link_up) for entry in self._directory.wards)
        )

    def _on_offer(self, entry: WardEntry, moment: int, *, link_up: bool) -> WardOnOffer:
        notice = self._notices.get(entry.ward)
        code, reopens = _standing(notice, moment, self._asking) if link_up else (Code.CENTER_UNREACHABLE, None)
        return WardOnOffer(
            ward=entry.ward,
            name=entry.name,
            name_english=entry.name_english,
            opens=0 if notice is None else notice.opens,
            closes=0 if notice is None else notice.closes,
            code=int(code or 0),
            reopens=reopens,
            maintenance=None if notice is None else _coming_maintenance(notice, moment),
            kinds=() if notice is None else notice.kinds,
        )


def _standing(notice: Notice | None, moment: int, asking: tuple[str, ...]) -> tuple[Code | None, int | None]:
    """Give why a ward cannot be asked now, and when it can be again."""
    if notice is None:
        return Code.WARD_UNREACHABLE, None
    code = notice.refusal(moment, *asking)
    if code is Code.WARD_CLOSED and notice.in_maintenance(moment):
        return Code.WARD_MAINTENANCE, _after_maintenance(notice, moment)
    return code, _reopens(notice, moment) if code is Code.WARD_CLOSED else None


def _coming_maintenance(notice: Notice, moment: int) -> int | None:
    begins = notice.maintenance_from
    return begins if begins is not None and moment < begins <= moment + _DAY_SECONDS else None


def _after_maintenance(notice: Notice, moment: int) -> int | None:
    """Give when a ward under maintenance issues again; None where nobody knows."""
    end = notice.maintenance_to
    if end is None:
        return None
    return end if notice.opens <= notice.minute(end) < notice.closes else _reopens(notice, max(moment, end))


def _reopens(notice: Notice, moment: int) -> int | None:
    """Give when a closed ward opens again by its own calendar, None where its newest word does not say."""
    return notice.reopens if notice.reopens is not None and notice.reopens > moment else None
