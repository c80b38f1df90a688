"""A kiosk's day, counted three ways and compared: its journal's figures, the center's counts, this ward's ledger.

Pure. Kiosk and ledger must agree to the order and the yen: each receipt is one row here and one in the journal. The
center cannot read an order, so its counts bound the ledger: nothing was ordered here that did not pass there, and what
it says is finished is settled here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from konbini.protocol.accounts import DayFigures, KioskCount

__all__ = ["CenterSide", "LedgerDay", "compare"]

_EXACT: Final = ("cancelled", "printed", "void", "jam", "in_doubt", "taken", "returned", "owed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDay:
    """What this ward's ledger holds of one kiosk's day.

    Attributes:
        visits: that were opened.
        ordered: of these, with an order for which a number was reserved.
        unsettled: of these, with an order of which no final word came.
        kept: yen that stayed for orders with a final word.
        fees: yen of the certificates that were printed.
        said: the kiosk's receipts, put together as the kiosk puts its own.
    """

    visits: int
    ordered: int
    unsettled: int
    kept: int
    fees: int
    said: DayFigures

    @property
    def has_orders(self) -> bool:
        """Whether its kiosk has anything to account for."""
        return self.ordered > 0 or any(getattr(self.said, name) for name in _EXACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterSide:
    """What the center said of a kiosk's day: None where its rows have no order of this kiosk.

    `spoke`: its counts of that day came at all.
    """

    spoke: bool
    counts: KioskCount | None


def compare(figures: DayFigures | None, center: CenterSide | None, ledger: LedgerDay) -> tuple[str, ...]:
    """Name what differs; nothing where the day agrees.

    Args:
        figures: of the kiosk's journal; None where it said nothing, and its time is over.
        center: its side; None where the kiosk does not speak through the center.
        ledger: this ward's.
    """
    found = tuple(_with_kiosk(figures, ledger))
    if center is not None:
        found += tuple(_with_center(center, ledger))
    if ledger.kept != ledger.fees:
        found += (f"kept {ledger.kept} yen for papers of {ledger.fees}",)
    return found


def _with_kiosk(figures: DayFigures | None, ledger: LedgerDay) -> Iterator[str]:
    if figures is None:
        if ledger.has_orders:
            yield "no figures of the kiosk"
        return
    for name in _EXACT:
        theirs, ours = getattr(figures, name), getattr(ledger.said, name)
        if theirs != ours:
            yield f"{name}: kiosk {theirs}, ledger {ours}"
    if figures.visits > ledger.visits:
        yield f"visits: kiosk {figures.visits}, ledger {ledger.visits}"


def _with_center(center: CenterSide, ledger: LedgerDay) -> Iterator[str]:
    if not center.spoke:
        yield "no counts of the center"
        return
    counts = center.counts or KioskCount(kiosk=ledger.said.kiosk, ordered=0, finished=0)
    if ledger.ordered > counts.ordered:
        yield f"ordered: center {counts.ordered}, ledger {ledger.ordered}"
    if counts.ordered > ledger.visits:
        yield f"visits: center {counts.ordered} with an order, ledger {ledger.visits}"
    if ledger.unsettled > counts.ordered - counts.finished:
        yield f"not settled: center {counts.ordered - counts.finished}, ledger {ledger.unsettled}"
