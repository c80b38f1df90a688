"""Messages 7 and 8: RECEIPT, FINAL and ASK; LEFT and LEFT_NOTED beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, Yen

__all__ = ["Ask", "Final", "LeftPaper", "Receipt", "ReceiptBody"]

_VisitId = Annotated[bytes, Sized(16)]
_Ordinal = Annotated[int, UpTo(5)]
_Counter = Annotated[int, UpTo(2**40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptBody:
    """The body on the link of all of these: which order, and to which key the rest is sealed."""

    visit: Digest
    ordinal: _Ordinal
    key_id: Annotated[bytes, Sized(8)]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Message 7, kiosk to ward: what became of the paper and of the money.

    Signed by the device key: the visit's keys are gone by then. `after_page` is k of "jam after page k".
    """

    visit_id: _VisitId
    ordinal: _Ordinal
    t: Digest
    number: Line | None
    outcome: Outcome
    after_page: Annotated[int, UpTo(99)]
    counter_before: _Counter
    counter_after: _Counter
    taken: Yen
    returned: Yen
    owed: Yen

    def balanced(self, fee: Yen) -> None:
        """Hold the receipt against "paid iff printed".

        Raises:
            Refused: `MALFORMED`: a printed order that was not paid, or another that was.
        """
        if self.outcome is Outcome.IN_DOUBT:
            return
        kept = self.taken - self.returned - self.owed
        if kept != (fee if self.outcome is Outcome.PRINTED else 0):
            raise Refused(Code.MALFORMED, f"{kept} yen kept for {self.outcome.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The ward's last word on an order: H(RECEIPT) and its place in the audit log; of LEFT_NOTED likewise."""

    receipt: Digest
    log_index: Annotated[int, UpTo(2**60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Message 8, ward to kiosk: "what became of this order?"."""

    visit_id: _VisitId
    ordinal: _Ordinal
    t: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftPaper:
    """LEFT, kiosk to ward: the paper of an order was left in the exit; a remark beside its outcome, which stays.

    Signed by the device key, sent once the order has its FINAL, and repeated until LEFT_NOTED. `gone` is when nothing
    lay there any more, whoever took it, and null while it lies there; the message with it takes the other's place.
    """

    visit_id: _VisitId
    ordinal: _Ordinal
    t: Digest
    since: Moment
    gone: Moment | None

    def __post_init__(self) -> None:
        if self.gone is not None and self.gone < self.since:
            raise Refused(Code.MALFORMED, "gone before it was left")
