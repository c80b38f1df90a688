"""Messages 7 and 8: RECEIPT, FINAL and ASK; LEFT, MISMATCH and what notes them beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Mismatched, Outcome
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, Yen

__all__ = ["Ask", "Final", "HandedBack", "LeftPaper", "Mismatch", "Receipt", "ReceiptBody", "check_balanced"]

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
        check_balanced(self.outcome, self.taken - self.returned - self.owed, fee)


def check_balanced(outcome: Outcome, kept: int, fee: Yen) -> None:
    """Hold the money that was kept of an order against "paid iff printed".

    Raises:
        Refused: `MALFORMED`.
    """
    if outcome is not Outcome.IN_DOUBT and kept != (fee if outcome is Outcome.PRINTED else 0):
        raise Refused(Code.MALFORMED, f"{kept} yen kept for {outcome.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The ward's last word on an order: H(RECEIPT) and its place in the audit log; LEFT's and MISMATCH's likewise."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack:
    """The signed part of a DOCUMENT, as a kiosk got it: what it takes to check the ward's own signature again.

    `key_id` names the visit's sealing key, which is part of what is signed; `message_key` is the signed certificate of
    the key that signed.
    """

    key_id: Annotated[bytes, Sized(8)]
    message_key: Annotated[bytes, UpTo(1024)]
    signed: Annotated[bytes, UpTo(1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """MISMATCH, kiosk to ward: a DOCUMENT did not pass the kiosk's own checks, and nothing of it was printed.

    Signed by the device key, repeated until MISMATCH_NOTED. What is handed back proves what the ward signed, and no
    more: that a paper is another than its hash is only asserted.
    """

    visit_id: _VisitId
    ordinal: _Ordinal
    t: Digest
    found: Mismatched
    handed: HandedBack
