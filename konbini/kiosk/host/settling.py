"""Settling what a dead visit owed: the journal says how far it came, printer and coin device are asked.

Before PRINTING nothing was handed to the printer. From PRINTING on its counter and queue decide
(`konbini.kiosk.printing.outcome`), and the money follows (`konbini.kiosk.concluding`). Every command to the coin device
is idempotent, so that a crash here is settled again.

Of money that is unknown the device is asked first whether it still knows of it: one that was replaced, or has lost its
memory, returns nothing and says so, and that proves nothing. Such an order stays in doubt until a person settles it.
The same holds where the fee of what is printed is to be kept and the device says that it has no such asking: nobody
waits for it to remember.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.kiosk.channel.messages import Concluded, OrderStep, Step
from konbini.kiosk.concluding import conclusion, keeps_money, settle_money
from konbini.kiosk.host.journal import UnsettledOrder
from konbini.kiosk.payment.amounts import Settlement
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.outcome import Claim
from konbini.kiosk.printing.ports import Printer, Settled
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome

__all__ = ["settle_order"]


async def settle_order(order: UnsettledOrder, printer: Printer, cash: Cash) -> Concluded:
    """Find out what became of an order whose visit is gone, and let the money follow the paper.

    Raises:
        Refused: `PRINTER_UNAVAILABLE`, `CASH_UNAVAILABLE`: to be tried again; no visit begins before.
    """
    settled = await _ask_printer(order.step, printer)
    known = not order.money_unknown or await _holds(order.step, cash)
    settlement = await _settle_money(order.step, settled, cash)
    concluded = conclusion(order.step, settled, settlement)
    return concluded if known or settlement.taken else replace(concluded, outcome=Outcome.IN_DOUBT, after_page=0)


async def _settle_money(step: OrderStep, settled: Settled | None, cash: Cash) -> Settlement:
    """Let the money follow; a device that says no, and holds no money of this order, is asked for its end of it.

    Asked to give back an asking that it does not hold, it pays nothing out: it tells the end that it remembers, or
    that there was none, and that stays its word.
    """
    try:
        return await settle_money(step, settled, cash)
    except Refused as refused:
        if refused.code is Code.CASH_SILENT or not keeps_money(settled) or await _holds(step, cash):
            raise
        return await cash.give_back(step.cash_key)


async def _holds(step: OrderStep, cash: Cash) -> bool:
    asking = (await cash.state()).asking
    return asking is not None and asking.key == step.cash_key


async def _ask_printer(step: OrderStep, printer: Printer) -> Settled | None:
    """Judge what came out; None where nothing can have."""
    if step.step not in (Step.PRINTING, Step.HANDED):
        return None
    # A document that went out in part can still fill every page's count; only HANDED makes a full count printed.
    claim = Claim(before=step.counter_before, due=step.pages, sent=step.step is Step.HANDED, fault_seen=False)
    return await printer.settle(claim)
