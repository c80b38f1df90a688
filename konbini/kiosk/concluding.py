"""How an order ends: from its last step and the printer's word, what becomes of its money, and what is told of it.

Both processes of a kiosk end orders by this one rule: a visit its own, the long-lived process those of a visit that is
dead. Invariants: what is printed is paid; void and jam are given back; doubt keeps the money until a person settles it;
an order of which nothing was handed to the printer is given back. An order that was sent had its fee in escrow: where
the device's end of it says otherwise (it was replaced, or has lost its memory), the order is in doubt, whatever came
out.

Limits: nothing is journalled here, and no printer is asked. Every command to the coin device carries the order's key,
so that ending the same order again moves no money twice.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.kiosk.channel.messages import Concluded, OrderStep, Step
from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.outcome import OutcomeKind
from konbini.kiosk.printing.ports import Settled
from konbini.protocol.kinds import Outcome

__all__ = ["conclusion", "keeps_money", "reference", "settle_money", "unknown"]

_REFERENCE_BYTES = 4

_OUTCOMES = {
    OutcomeKind.PRINTED: Outcome.PRINTED,
    OutcomeKind.VOID: Outcome.VOID,
    OutcomeKind.JAM: Outcome.JAM,
    OutcomeKind.IN_DOUBT: Outcome.IN_DOUBT,
}
_KEEPS_MONEY = frozenset((OutcomeKind.PRINTED, OutcomeKind.IN_DOUBT))
_NOTHING_PAID = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)


def keeps_money(settled: Settled | None) -> bool:
    """Whether the fee is kept after this judgement; None: nothing was handed to the printer."""
    return settled is not None and settled.outcome.kind in _KEEPS_MONEY


async def settle_money(
    step: OrderStep, settled: Settled | None, cash: Cash, *, following: bytes | None = None
) -> Settlement:
    """Let the money of an order follow its paper; without a fee no coin device was asked, and none is.

    Args:
        step: the last step that the order came to.
        settled: the printer's judgement, None where nothing was handed to it.
        cash: the coin device.
        following: the key of an order that is paid together with this one and comes next: it gets what is not
            earned here. None where none follows: what is not earned is paid out.

    Raises:
        Refused: `CASH_UNAVAILABLE`; to be tried again.
    """
    if not step.fee:
        return _NOTHING_PAID
    if not keeps_money(settled):
        return await cash.give_back(step.cash_key)
    if following is None:
        return await cash.capture(step.cash_key, step.fee)
    return await cash.carry(step.cash_key, step.fee, following)


def unknown(step: OrderStep, settled: Settled | None, counted: int) -> Concluded:
    """Put together what is told of an order whose money the device may hold and says nothing of: a doubt, not its end.

    Args:
        step: the last step that the order came to.
        settled: the printer's judgement, None where nothing was handed to it.
        counted: yen that the device had counted before it fell silent; it may hold more.
    """
    nothing_back = Settlement(ending=Ending.CAPTURED, taken=counted, returned=0, owed=0)
    concluded = conclusion(step, settled, nothing_back)
    return replace(concluded, outcome=Outcome.IN_DOUBT, after_page=0, money_unknown=True)


def reference(visit_id: bytes, ordinal: int, number: str | None = None) -> str:
    """Give what a resident notes down and an office looks up: the certificate's number, or that of visit and order.

    The visit's is written in digits, which every language of the screens can say aloud: the first four bytes of the
    visit id as a number, then the order's ordinal.
    """
    return number or f"{int.from_bytes(visit_id[:_REFERENCE_BYTES], 'big'):010d}-{ordinal}"


def conclusion(step: OrderStep, settled: Settled | None, settlement: Settlement) -> Concluded:
    """Put together what is told of an order; an order that was sent and not printed is void, one not sent cancelled.

    In doubt it is, too, where its money is not what it must have been.

    Args:
        step: the last step that the order came to.
        settled: the printer's judgement, None where nothing was handed to it.
        settlement: what became of the money.
    """
    outcome = Outcome.CANCELLED if step.step is Step.ASKING_MONEY else Outcome.VOID
    after_page, after = 0, step.counter_before
    if settled is not None:
        outcome = _OUTCOMES[settled.outcome.kind]
        after = step.counter_before if settled.after is None else settled.after
    if _contradicts(step, settled, settlement):
        outcome = Outcome.IN_DOUBT
    if settled is not None and outcome is Outcome.JAM:
        after_page = settled.outcome.pages
    return Concluded(
        visit_id=step.visit_id,
        ordinal=step.ordinal,
        outcome=outcome,
        after_page=after_page,
        counter_before=step.counter_before,
        counter_after=after,
        taken=settlement.taken,
        returned=settlement.returned,
        owed=settlement.owed,
    )


def _contradicts(step: OrderStep, settled: Settled | None, settlement: Settlement) -> bool:
    """Whether the money of an order that was sent is not what it must have been: its fee in escrow, kept if printed."""
    if step.step is Step.ASKING_MONEY:
        return False
    return settlement.taken < step.fee or (keeps_money(settled) and settlement.kept != step.fee)
