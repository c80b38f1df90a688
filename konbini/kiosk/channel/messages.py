"""The messages of the channel, as frozen shapes of the wire's alphabet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LeftThings, MessageKind, Mismatched, Outcome
from konbini.protocol.receipts import HandedBack
from konbini.protocol.service import KindHours
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, Yen

__all__ = [
    "Answered",
    "Concluded",
    "Devices",
    "FailedCheck",
    "HostMethod",
    "Left",
    "Opened",
    "OrderStep",
    "Question",
    "Step",
    "WardOnOffer",
    "WardsOnOffer",
]

_VisitId = Annotated[bytes, Sized(16)]
_Ordinal = Annotated[int, UpTo(5)]
_Counter = Annotated[int, UpTo(2**40)]
_Code = Annotated[int, UpTo(999)]


@unique
class HostMethod(IntEnum):
    """What a visit asks of the long-lived process.

    TURN        []                      -> true when this visit may begin, false to ask again
    DEVICES     [serial, wait seconds]  -> `Devices`, at once if newer than the serial
    WARDS       []                      -> `WardsOnOffer`
    PREKEY      [ward]                  -> the ward's newest signed PREKEY
    EXCHANGE    [`Question`]            -> `Answered`
    OPENED      [`Opened`]              -> null, once it is journalled
    STEP        [`OrderStep`]           -> null, once it is journalled
    CONCLUDED   [`Concluded`]           -> null, once it is journalled and owed to the ward
    LEFT        [`Left`]                -> null, once it is journalled
    FAILED      [`FailedCheck`]         -> null, once it is journalled and owed to the ward
    TOLD        [visit id, ordinal, wait seconds] -> true once the ward has that order's receipt, false to ask again
    """

    TURN = 1
    DEVICES = 2
    WARDS = 3
    PREKEY = 4
    EXCHANGE = 5
    OPENED = 6
    STEP = 7
    CONCLUDED = 8
    TOLD = 9
    LEFT = 10
    FAILED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What the long-lived process sees; `serial` grows with each change.

    `fault` is the code of what keeps the kiosk from serving, 0 where nothing does. `headphones`: surely plugged in.
    """

    serial: Annotated[int, UpTo(2**53)]
    reader: bool
    card: bool
    paper_in_tray: bool
    coins_in_dish: bool
    fault: _Code
    headphones: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WardOnOffer:
    """One ward that can be chosen, as its newest NOTICE says. Hours are minutes of the day in Japan.

    `maintenance` is when nothing will be issued for a while, where that begins within a day from now.

    `code` says why it cannot be asked now, 0 where it can. `kinds` are those with other hours than the ward's.
    """

    ward: Line
    name: Line
    name_english: Line
    opens: Annotated[int, UpTo(24 * 60)]
    closes: Annotated[int, UpTo(24 * 60)]
    code: _Code
    reopens: Moment | None
    maintenance: Moment | None
    kinds: tuple[KindHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardsOnOffer:
    """The wards that can be chosen."""

    wards: tuple[WardOnOffer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message to be sent, and how long its answer may take."""

    kind: MessageKind
    ward: Line
    visit_id: _VisitId
    body: Annotated[bytes, UpTo(64 * 1024)]
    seconds: Annotated[int, UpTo(60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back: a kind of message and its body."""

    kind: MessageKind
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A visit that the ward has opened: from here on the ward must be told of its end.

    `ticketed` is when its ticket was given, which names the day that its orders are counted to.
    """

    visit_id: _VisitId
    visit: Digest
    t: Digest
    ward: Line
    ticketed: Moment


@unique
class Step(IntEnum):
    """What a visit is about to do; journalled before it is done. HANDED alone is journalled after it."""

    ASKING_MONEY = 1
    ORDERING = 2
    PRINTING = 3
    HANDED = 4
    """The whole document has gone to the printer: from here on a full count means printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """One step of one order. `number`, `pages` and `counter_before` are known from PRINTING on."""

    step: Step
    visit_id: _VisitId
    ordinal: _Ordinal
    fee: Yen
    cash_key: Annotated[bytes, Sized(16)]
    number: Line | None
    pages: Annotated[int, UpTo(3)]
    counter_before: _Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """How an order ended; the long-lived process makes the RECEIPT of it and repeats it until FINAL.

    `money_unknown`: the device that takes the money fell silent while it may have held some. `taken` is then what it
    had counted last, the outcome is in doubt, and the order is concluded once more when the device answers again.
    """

    visit_id: _VisitId
    ordinal: _Ordinal
    outcome: Outcome
    after_page: Annotated[int, UpTo(99)]
    counter_before: _Counter
    counter_after: _Counter
    taken: Yen
    returned: Yen
    owed: Yen
    money_unknown: bool = False

    def __post_init__(self) -> None:
        if self.money_unknown and self.outcome is not Outcome.IN_DOUBT:
            raise Refused(Code.MALFORMED, "CONCLUDED")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheck:
    """A document did not pass the visit's checks; the long-lived process makes the MISMATCH of it."""

    visit_id: _VisitId
    ordinal: _Ordinal
    found: Mismatched
    handed: HandedBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something lies there that nobody took, and a screen says so.

    `thing` is one of `LeftThings`. Of paper: `visit_id` says whose visit it was, empty where the ward opened none, and
    `first` the first of its orders whose pages may lie there.
    """

    thing: Annotated[int, UpTo(max(LeftThings))]
    visit_id: Annotated[bytes, UpTo(16)]
    first: _Ordinal

    def __post_init__(self) -> None:
        if self.thing not in set(LeftThings):
            raise Refused(Code.MALFORMED, "LEFT")
