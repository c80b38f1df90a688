"""The answers of `issuing` to its operators: cases, orders in doubt, what stands still, days and their figures."""

from __future__ import annotations

from collections.abc import Mapping

from konbini.process.calls import Handler
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.link_errors import LinkErrors
from konbini.ward_server.issuing.operator_calls import (
    Accounts,
    AskCases,
    AskDays,
    AskFigures,
    By,
    Cases,
    Doubts,
    Figures,
    IssuingMethod,
    Standing,
    handler,
)
from konbini.ward_server.issuing.reports import report
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.residents.registry import require_person

__all__ = ["issuing_handlers"]


def issuing_handlers(desk: Desk, states: KioskStates, link_errors: LinkErrors) -> Mapping[int, Handler]:
    """Give the methods; those of decisions stand beside them."""

    async def cases(asked: AskCases) -> Cases:
        require_person(asked.operator)
        return Cases(cases=await desk.ledger.cases(asked.before, closed=asked.closed))

    async def doubts(asked: By) -> Doubts:
        require_person(asked.operator)
        return Doubts(doubts=await desk.ledger.doubts(desk.now().seconds))

    async def standing(asked: By) -> Standing:
        require_person(asked.operator)
        return Standing(barred=await desk.ledger.barred(), kiosks=states.all(), link_errors=link_errors.all())

    async def figures(asked: AskFigures) -> Figures:
        require_person(asked.operator)
        if not asked.first <= asked.last or asked.first // 100 != asked.last // 100:
            raise Refused(Code.CHANGE_INVALID, "days of one month, in order")
        return Figures(lines=report(await desk.ledger.orders(asked.first, asked.last)))

    async def days(asked: AskDays) -> Accounts:
        require_person(asked.operator)
        return Accounts(days=await desk.ledger.days.accounts(asked.since))

    return {
        IssuingMethod.FIGURES: handler(AskFigures, figures),
        IssuingMethod.DAYS: handler(AskDays, days),
        IssuingMethod.CASES: handler(AskCases, cases),
        IssuingMethod.DOUBTS: handler(By, doubts),
        IssuingMethod.STANDING: handler(By, standing),
    }
