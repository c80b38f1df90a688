"""Where a frame goes, or why it goes nowhere: decided from its header and its sender's certificate alone.

Invariants: a kiosk speaks as itself and a ward as itself; what belongs to a visit passes only between that visit's
kiosk and that visit's ward; a kind passes in its own direction. What settles an order (RECEIPT, FINAL, LEFT, MISMATCH,
ASK) outlives its visit, and is then held to the kiosk and ward that the ledger remembers; of a visit that nobody
remembers it goes by the header, and the two ends check it with their own keys. A visit is at one server of its ward,
whose prekey its ticket carried. A kiosk's figures of a day go to its home, and are of no visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from konbini.issuance_center.relay.visits import Visit
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import MOST_FRAME_BYTES, Frame
from konbini.protocol.kinds import MessageKind
from konbini.protocol.witnessing import MOST_WITNESSING_BYTES

__all__ = [
    "OF_A_DAY",
    "OUTLIVES_VISIT",
    "KioskEnd",
    "Route",
    "Sender",
    "ToCenter",
    "ToEveryWard",
    "ToPeer",
    "WardEnd",
    "route",
]


@dataclass(frozen=True, slots=True)
class KioskEnd:
    """A kiosk, by the name in its certificate."""

    kiosk: str


@dataclass(frozen=True, slots=True)
class WardEnd:
    """A server of a ward, by the names in its certificate; a ward that has one server does not name it."""

    ward: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class ToPeer:
    """Hand the frame to this kiosk or ward."""

    peer: KioskEnd | WardEnd


@dataclass(frozen=True, slots=True)
class ToEveryWard:
    """Hand the frame to each ward that wants it."""


@dataclass(frozen=True, slots=True)
class ToCenter:
    """The frame is for the center itself."""


Sender: TypeAlias = KioskEnd | WardEnd
Route: TypeAlias = ToPeer | ToEveryWard | ToCenter

OUTLIVES_VISIT = frozenset(
    {
        MessageKind.RECEIPT,
        MessageKind.FINAL,
        MessageKind.LEFT,
        MessageKind.LEFT_NOTED,
        MessageKind.MISMATCH,
        MessageKind.MISMATCH_NOTED,
        MessageKind.ASK,
        MessageKind.LINK_REFUSED,
    }
)
"""Kinds for which a visit that is over must be looked up in the ledger."""


OF_A_DAY = frozenset({MessageKind.FIGURES, MessageKind.FIGURES_NOTED})
"""Kinds that belong to no visit, and pass between a kiosk and its home at a ward."""


class _Way(Enum):
    """How one kind passes in one direction."""

    CENTER = auto()
    WARDS = auto()
    OPEN = auto()
    WITHIN_VISIT = auto()
    SETTLING = auto()
    OF_A_DAY = auto()


_FROM_KIOSK = {
    MessageKind.HELLO: _Way.CENTER,
    MessageKind.STATE: _Way.WARDS,
    MessageKind.OPEN: _Way.OPEN,
    MessageKind.ORDER: _Way.WITHIN_VISIT,
    MessageKind.OWNLIST: _Way.WITHIN_VISIT,
    MessageKind.RECEIPT: _Way.SETTLING,
    MessageKind.LEFT: _Way.SETTLING,
    MessageKind.MISMATCH: _Way.SETTLING,
    MessageKind.FIGURES: _Way.OF_A_DAY,
}
_FROM_WARD = {
    MessageKind.PREKEY: _Way.CENTER,
    MessageKind.NOTICE: _Way.CENTER,
    MessageKind.CHECKPOINT: _Way.CENTER,
    MessageKind.COSIGNED: _Way.CENTER,
    MessageKind.MENU: _Way.WITHIN_VISIT,
    MessageKind.DOCUMENT: _Way.WITHIN_VISIT,
    MessageKind.OWNLIST: _Way.WITHIN_VISIT,
    MessageKind.FINAL: _Way.SETTLING,
    MessageKind.LEFT_NOTED: _Way.SETTLING,
    MessageKind.MISMATCH_NOTED: _Way.SETTLING,
    MessageKind.FIGURES_NOTED: _Way.OF_A_DAY,
    MessageKind.ASK: _Way.SETTLING,
    MessageKind.LINK_REFUSED: _Way.SETTLING,
}
_VISIT_ID_BYTES = 16
_KIBI = 1024
_MOST_BODY = {
    MessageKind.PREKEY: 4 * _KIBI,
    MessageKind.HELLO: _KIBI,
    MessageKind.STATE: 4 * _KIBI,
    MessageKind.NOTICE: 4 * _KIBI,
    MessageKind.CHECKPOINT: MOST_WITNESSING_BYTES,
    MessageKind.COSIGNED: MOST_WITNESSING_BYTES,
    MessageKind.LINK_REFUSED: _KIBI,
    MessageKind.DOCUMENT: MOST_FRAME_BYTES,
}
_MOST_SEALED_BODY = 32 * _KIBI


def route(sender: Sender, frame: Frame, visit: Visit | None, moment: int) -> Route:
    """Decide.

    Args:
        sender: whose certificate the link showed.
        frame: the frame; its body is not looked at, only measured.
        visit: what is known of the visit that the frame names, if it names one.
        moment: now, Unix seconds.

    Raises:
        Refused: `MISROUTED`, `OVERSIZE`, `MALFORMED` (no visit id), `TICKET_INVALID`, `TICKET_EXPIRED`, `VISIT_OVER`.
    """
    from_kiosk = isinstance(sender, KioskEnd)
    way = (_FROM_KIOSK if from_kiosk else _FROM_WARD).get(frame.kind)
    if way is None:
        raise Refused(Code.MISROUTED, f"{frame.kind.name} does not come from this side")
    if len(frame.body) > _MOST_BODY.get(frame.kind, _MOST_SEALED_BODY):
        raise Refused(Code.OVERSIZE, frame.kind.name)
    if (sender.kiosk != frame.kiosk) if isinstance(sender, KioskEnd) else (sender.ward != frame.ward):
        raise Refused(Code.MISROUTED, "speaks as another")
    if way is _Way.CENTER:
        return ToCenter()
    if way is _Way.WARDS:
        return ToEveryWard()
    if way is _Way.OF_A_DAY:
        return _of_a_day(frame, from_kiosk=from_kiosk)
    _hold_to_visit(way, frame, visit, moment)
    server = "" if visit is None else visit.server
    if isinstance(sender, WardEnd) and way is _Way.WITHIN_VISIT and sender.server != server:
        raise Refused(Code.MISROUTED, "the visit is at another server of this ward")
    return ToPeer(WardEnd(frame.ward, server) if from_kiosk else KioskEnd(frame.kiosk))


def _of_a_day(frame: Frame, *, from_kiosk: bool) -> ToPeer:
    """Hand on what is of a day and of no visit."""
    if frame.visit_id:
        raise Refused(Code.MALFORMED, f"{frame.kind.name} is of no visit")
    return ToPeer(WardEnd(frame.ward) if from_kiosk else KioskEnd(frame.kiosk))


def _hold_to_visit(way: _Way, frame: Frame, visit: Visit | None, moment: int) -> None:
    if way is _Way.SETTLING and frame.kind is not MessageKind.LINK_REFUSED and len(frame.visit_id) != _VISIT_ID_BYTES:
        raise Refused(Code.MALFORMED, "visit id")
    if visit is None:
        if way is _Way.SETTLING:
            return
        raise Refused(Code.TICKET_INVALID, "no such visit")
    if (visit.visit_id, visit.kiosk, visit.ward) != (frame.visit_id, frame.kiosk, frame.ward):
        raise Refused(Code.MISROUTED, "the visit is of another kiosk or ward")
    if way is _Way.OPEN:
        visit.passes_open(moment)
    elif way is _Way.WITHIN_VISIT:
        if not visit.opened:
            raise Refused(Code.TICKET_INVALID, "the visit was not opened")
        visit.alive(moment)
