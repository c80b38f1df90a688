"""Settling what a dead visit owed: printer and coin device are asked, the journal says how far it came.

Before PRINTING nothing was handed to the printer: the money goes back. From PRINTING on the printer's counter and queue
decide (`konbini.kiosk.printing.outcome`): printed is paid, void and jam are given back, doubt keeps the money until a
person settles it. Every command to the coin device is idempotent, so that a crash here is settled again.
"""

from __future__ import annotations

from konbini.kiosk.channel.messages import Concluded, Step
from konbini.kiosk.host.journal import UnsettledOrder
from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.outcome import Claim, OutcomeKind
from konbini.kiosk.printing.ports import Printer
from konbini.protocol.kinds import Outcome

__all__ = ["settle_order"]

_OUTCOMES = {
    OutcomeKind.PRINTED: Outcome.PRINTED,
    OutcomeKind.VOID: Outcome.VOID,
    OutcomeKind.JAM: Outcome.JAM,
    OutcomeKind.IN_DOUBT: Outcome.IN_DOUBT,
}
_KEEPS_MONEY = frozenset((Outcome.PRINTED, Outcome.IN_DOUBT))


async def settle_order(order: UnsettledOrder, printer: Printer, cash: Cash) -> Concluded:
    """Find out what became of an order whose visit is gone, and let the money follow the paper.

    Raises:
        Refused: `PRINTER_UNAVAILABLE`, `CASH_UNAVAILABLE`: to be tried again; no visit begins before.
    """
    step = order.step
    outcome, after_page, after = Outcome.CANCELLED, 0, step.counter_before
    if step.step is Step.ORDERING:
        outcome = Outcome.VOID
    elif step.step in (Step.PRINTING, Step.HANDED):
        # A document that went out in part can still fill every page's count; only HANDED makes a full count printed.
        claim = Claim(before=step.counter_before, due=step.pages, sent=step.step is Step.HANDED, fault_seen=False)
        settled = await printer.settle(claim)
        outcome = _OUTCOMES[settled.outcome.kind]
        after_page = settled.outcome.pages if outcome is Outcome.JAM else 0
        after = step.counter_before if settled.after is None else settled.after
    settlement = await _settle_money(step.fee, step.cash_key, cash, keep=outcome in _KEEPS_MONEY)
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


async def _settle_money(fee: int, key: bytes, cash: Cash, *, keep: bool) -> Settlement:
    if not fee:
        return Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)
    return await (cash.capture(key) if keep else cash.give_back(key))
