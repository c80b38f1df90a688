"""Daily and monthly figures (日報・月報): certificates, fees, refunds, voids and doubts by day, kiosk and kind.

Pure. It names nobody, and nothing that can be asked of it does:
what is counted is papers and yen. An order is counted to the day on which its visit's ticket was given.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Annotated

from konbini.protocol.kinds import Outcome
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.orders import OrderRow

__all__ = ["FigureLine", "by_month", "report", "to_csv"]

_Count = Annotated[int, UpTo(2**40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """The figures of one day or month (yyyymmdd, yyyymm), kiosk and kind of certificate; amounts in yen.

    Attributes:
        printed: certificates that were printed.
        fees: what was kept for them.
        returned: what was given back.
        owed: what is owed on a slip.
        void: numbers void before their paper, or whose paper did not come.
        jam: numbers void after a page.
        cancelled: orders given up before anything was issued.
        in_doubt: orders of which nobody knows yet.
    """

    day: Annotated[int, UpTo(99_991_231)]
    kiosk: Line
    kind: Annotated[int, UpTo(99)]
    printed: _Count = 0
    fees: _Count = 0
    returned: _Count = 0
    owed: _Count = 0
    void: _Count = 0
    jam: _Count = 0
    cancelled: _Count = 0
    in_doubt: _Count = 0


def report(orders: Iterable[OrderRow]) -> tuple[FigureLine, ...]:
    """Reckon the figures of each day, kiosk and kind."""
    return _summed((order.day, order.kiosk, order.kind, _amounts(order)) for order in orders)


def by_month(lines: Iterable[FigureLine]) -> tuple[FigureLine, ...]:
    """Put the figures of days together to those of months (yyyymm)."""
    return _summed((line.day // 100, line.kiosk, line.kind, _figures(line)) for line in lines)


def to_csv(lines: Iterable[FigureLine]) -> str:
    """Write figures as CSV (RFC 4180), with a line of names."""
    written = io.StringIO(newline="")
    table = csv.writer(written)
    names = [field.name for field in fields(FigureLine)]
    table.writerow(names)
    table.writerows([getattr(line, name) for name in names] for line in lines)
    return written.getvalue()


def _amounts(order: OrderRow) -> dict[str, int]:
    """Give what one order adds: it is counted once, under what became of it."""
    outcome = order.outcome
    printed = outcome is Outcome.PRINTED
    void = outcome is Outcome.VOID or (outcome is None and order.state is IssuanceState.VOID)
    return {
        "printed": int(printed),
        "fees": order.taken - order.returned - order.owed if printed else 0,
        "returned": order.returned,
        "owed": order.owed,
        "void": int(void),
        "jam": int(outcome is Outcome.JAM),
        "cancelled": int(outcome is Outcome.CANCELLED),
        "in_doubt": int(outcome is Outcome.IN_DOUBT or (outcome is None and not void)),
    }


def _figures(line: FigureLine) -> dict[str, int]:
    return {field.name: getattr(line, field.name) for field in fields(line)[3:]}


def _summed(amounts: Iterable[tuple[int, str, int, dict[str, int]]]) -> tuple[FigureLine, ...]:
    sums: dict[tuple[int, str, int], dict[str, int]] = {}
    for day, kiosk, kind, one in amounts:
        known = sums.setdefault((day, kiosk, kind), dict.fromkeys(one, 0))
        for name, amount in one.items():
            known[name] += amount
    return tuple(FigureLine(day=key[0], kiosk=key[1], kind=key[2], **sums[key]) for key in sorted(sums))
