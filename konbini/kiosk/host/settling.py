"""Settling what a dead visit owed: the journal says how far it came, printer and coin device are asked.

Before PRINTING nothing was handed to the printer. From PRINTING on its counter and queue decide
(`konbini.kiosk.printing.outcome`), and the money follows (`konbini.kiosk.concluding`). Every command to the coin device
is idempotent, so that a crash here is settled again.
"""

from __future__ import annotations

from konbini.kiosk.channel.messages import Concluded, OrderStep, Step
from konbini.kiosk.concluding import conclusion, settle_money
from konbini.kiosk.host.journal import UnsettledOrder
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.outcome import Claim
from konbini.kiosk.printing.ports import Printer, Settled

__all__ = ["settle_order"]


async def settle_order(order: UnsettledOrder, printer: Printer, cash: Cash) -> Concluded:
    """Find out what became of an order whose visit is gone, and let the money follow the paper.

    Raises:
        Refused: `PRINTER_UNAVAILABLE`, `CASH_UNAVAILABLE`: to be tried again; no visit begins before.
    """
    settled = await _ask_printer(order.step, printer)
    return conclusion(order.step, settled, await settle_money(order.step, settled, cash))


async def _ask_printer(step: OrderStep, printer: Printer) -> Settled | None:
    """Judge what came out; None where nothing can have."""
    if step.step not in (Step.PRINTING, Step.HANDED):
        return None
    # A document that went out in part can still fill every page's count; only HANDED makes a full count printed.
    claim = Claim(before=step.counter_before, due=step.pages, sent=step.step is Step.HANDED, fault_seen=False)
    return await printer.settle(claim)
