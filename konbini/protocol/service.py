"""Messages 9 and 10: STATE and NOTICE."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import ANYONE, CertificateKind, LeftThings, MessageKind
from konbini.protocol.shape import Line, Moment, UpTo, from_bytes, to_bytes
from konbini.protocol.trust import MessageKeyCertificate, WardEntry

__all__ = ["MOST_BARRED", "Condition", "KindHours", "Notice", "State"]

MOST_BARRED = 32
"""How many kiosks and links one NOTICE names."""

_DAY_MINUTES = 24 * 60
_MinuteOfDay = Annotated[int, UpTo(_DAY_MINUTES)]
_JAPAN_MINUTES = JAPAN.utcoffset(None) // dt.timedelta(minutes=1)
"""How far Japan's time is ahead of UTC, all the year."""


@unique
class Condition(IntEnum):
    """How one part of a kiosk is."""

    GOOD = 0
    WARNING = 1
    FAULT = 2
    ABSENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Message 9, kiosk to center to wards, each minute and on change; signed by the device key.

    The last word: `fault` is the code of what keeps the kiosk from serving, 0 where nothing does; `left` the sum of the
    `LeftThings` of which the shop has been told.
    """

    kiosk: Line
    reader: Condition
    printer: Condition
    paper: Condition
    coins: Condition
    version: Line
    at: Moment
    fault: Annotated[int, UpTo(9999)]
    left: Annotated[int, UpTo(sum(LeftThings))]

    def sign(self, device: SigningKey) -> bytes:
        """Sign with the kiosk's device key."""
        return device.sign(to_bytes(self), Context(kind=MessageKind.STATE, sender=self.kiosk, receiver=ANYONE))

    @classmethod
    def open(cls, signed: bytes, device: VerifyingKey, kiosk: str) -> State:
        """Check with the enrolled key of `kiosk`.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`, `MISROUTED`.
        """
        state = from_bytes(
            cls, device.open(signed, Context(kind=MessageKind.STATE, sender=kiosk, receiver=ANYONE)), 4096
        )
        if state.kiosk != kiosk:
            raise Refused(Code.MISROUTED, "STATE of another kiosk")
        return state


@dataclass(frozen=True, slots=True, kw_only=True)
class KindHours:
    """Today's hours of one kind of certificate that has other hours than the ward; read as those of a `Notice`."""

    kind: CertificateKind
    opens: _MinuteOfDay
    closes: _MinuteOfDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Message 10, ward to center to kiosks: shown before the card is asked for.

    Hours are minutes of the day in Japan, [opens, closes): closed all day where it closes no later than it opens.
    `serial` grows with each notice of the ward. Maintenance without an end lasts until another notice. `reopens` is
    the next moment at which issuing begins again, by the ward's calendar; null where it never closes or does not know.
    `barred` names kiosks that get nothing, and links by the name of who gives tickets there; the newest
    `MOST_BARRED` of them, since whoever is not named learns it by the refusal of its visit.
    """

    ward: Line
    serial: Moment
    opens: _MinuteOfDay
    closes: _MinuteOfDay
    maintenance_from: Moment | None
    maintenance_to: Moment | None
    held: tuple[CertificateKind, ...]
    stopped: bool
    version: Line
    message_key: Annotated[bytes, UpTo(1024)]
    reopens: Moment | None
    kinds: tuple[KindHours, ...]
    barred: tuple[Line, ...]

    def refusal(self, moment: int, *asking: str) -> Code | None:
        """Say why no visit may begin at `moment` (Unix seconds): `WARD_STOPPED`, `KIOSK_STOPPED`, `WARD_CLOSED`.

        Args:
            moment: now.
            asking: the names of the kiosk and of its link.

        Returns:
            None where one may.
        """
        if self.stopped:
            return Code.WARD_STOPPED
        if not set(asking).isdisjoint(self.barred):
            return Code.KIOSK_STOPPED
        within_hours = self.opens <= self.minute(moment) < self.closes
        return None if within_hours and not self.in_maintenance(moment) else Code.WARD_CLOSED

    def in_maintenance(self, moment: int) -> bool:
        """Say whether nothing is issued at `moment` (Unix seconds) because of maintenance."""
        if self.maintenance_from is None or moment < self.maintenance_from:
            return False
        return self.maintenance_to is None or moment < self.maintenance_to

    @staticmethod
    def minute(moment: int) -> int:
        """Give the minute of the day in Japan, as hours are counted."""
        return (moment // 60 + _JAPAN_MINUTES) % _DAY_MINUTES

    def sign(self, message_key: SigningKey) -> bytes:
        """Sign with the ward's message key of the day."""
        return message_key.sign(to_bytes(self), Context(kind=MessageKind.NOTICE, sender=self.ward, receiver=ANYONE))

    @classmethod
    def open(cls, signed: bytes, message_key: bytes, entry: WardEntry, moment: int) -> Notice:
        """Check against the ward directory.

        Args:
            signed: the notice as received.
            message_key: the message-key certificate that came beside it.
            entry: the ward in the directory.
            moment: now, Unix seconds.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`.
        """
        key = MessageKeyCertificate.open(message_key, entry, moment)
        notice = from_bytes(
            cls, key.open(signed, Context(kind=MessageKind.NOTICE, sender=entry.ward, receiver=ANYONE)), 4096
        )
        if notice.ward != entry.ward or notice.message_key != message_key:
            raise Refused(Code.SIGNATURE_INVALID, "notice of another ward or key")
        return notice
