"""The screens of an order that was sent: paying, printing, and how it ended. Base: `view.py`."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.session.fates import Money, MoneyFate, OrderLine, Paper
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.view import Sound, View
from konbini.protocol.errors import Code

__all__ = ["EndView", "OutcomeView", "PayView", "PrintingView", "ReturningView", "TakePaperView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayView(View):
    """Coins go into escrow, or a terminal authorises the whole fee at once; amounts in yen."""

    LIVE = True
    STATE = State.PAY

    fee: int
    inserted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintingView(View):
    """Page `page` of `pages` is being printed, of certificate `order` of `orders`."""

    LIVE = True
    STATE = State.PRINTING

    page: int
    pages: int
    order: int = 1
    orders: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePaperView(View):
    """Take the paper; `left` once the visit has given up waiting and the shop is told."""

    SOUND = Sound.TAKE_PAPER

    pages: int
    left: bool = False

    @property
    def state(self) -> State:
        """Waiting for the resident, or for anybody."""
        return State.PAPER_LEFT if self.left else State.TAKE_PAPER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturningView(View):
    """`amount` yen go back; `again` where the visit goes on with a fresh menu."""

    amount: int
    again: bool = False

    @property
    def state(self) -> State:
        """What follows when the money is back."""
        return State.RETURNING_TO_LOOK if self.again else State.RETURNING


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView(View):
    """The visit is over without a certificate: exactly what happened.

    Attributes:
        code: what happened; its sentences stand in the catalogues.
        money: what became of it.
        paper: what became of it.
        reference: a number that an office can look up, empty where there is nothing to look up.
        card_on_reader: the card still lies there; there is no way on until it is taken.
    """

    code: Code
    money: Money
    paper: Paper
    reference: str = ""
    card_on_reader: bool = False

    @property
    def state(self) -> State:
        """Waiting for the card, or for the resident to go."""
        return State.REFUSED_TAKE_CARD if self.card_on_reader else State.REFUSED

    @property
    def sound(self) -> Sound | None:
        """The card's sound while it lies there."""
        return Sound.TAKE_CARD if self.card_on_reader else None


_NOTHING_TAKEN = Money(fate=MoneyFate.NONE_TAKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView(View):
    """What was printed is in the resident's hands: the receipt (領収), and whether anything more is wanted.

    Attributes:
        fee: yen that were taken for it.
        lines: each order that was paid together, with its number and an outcome of its own.
        back: what became of the money of those that were not printed.
        may_go_on: the visit has an order left.
        receipt_code: what the visit's own entries in the published logs are found with (docs/audit-log.md).
    """

    STATE = State.END

    fee: int
    lines: tuple[OrderLine, ...] = ()
    back: Money = _NOTHING_TAKEN
    may_go_on: bool = False
    receipt_code: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether everything was printed."""
        return all(line.code is None for line in self.lines)
