"""The daily and monthly report as a sheet: figures and kiosks' days in words, as the screen has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from konbini.pdf.report import Column, Report, Table
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.console.words import Words
from konbini.ward_server.console.writing import written_day
from konbini.ward_server.issuing.ledger.days import DayAccount
from konbini.ward_server.issuing.reports import FigureLine
from konbini.ward_server.residents.dates import to_day

__all__ = ["KINDS", "report_sheet"]

KINDS: Final = {int(kind): kind.name.lower() for kind in CertificateKind}
"""The names of kinds, below `kind.` in the catalogues, by their numbers."""
_FIGURES: Final = {
    "printed": 6,
    "fees": 10,
    "returned": 8,
    "owed": 8,
    "void": 6,
    "jam": 7,
    "cancelled": 6,
    "in_doubt": 7,
}
"""What is counted, and its column's share of the width."""


def report_sheet(  # noqa: PLR0913 - what stands on the sheet, named
    w: Words,
    *,
    ward: str,
    first: int,
    last: int,
    by_month: bool,
    figures: Sequence[FigureLine],
    days: Sequence[DayAccount],
    mark: str,
) -> Report:
    """Write the report of some days (yyyymmdd); `mark` says who had it made, and when."""
    return Report(
        title=w("reports.by_month" if by_month else "reports.by_day"),
        lines=(ward, f"{written_day(first)} – {written_day(last)}"),
        tables=(_figures(w, figures, by_month=by_month), _days(w, days)),
        mark=mark,
        day=to_day(last),
    )


def _figures(w: Words, figures: Sequence[FigureLine], *, by_month: bool) -> Table:
    return Table(
        title=w("reports.figures"),
        columns=(
            Column(title=w("reports.day"), share=11),
            Column(title=w("col.kiosk"), share=11),
            Column(title=w("col.kind"), share=19),
            *(Column(title=w(f"reports.{name}"), share=share, is_figure=True) for name, share in _FIGURES.items()),
        ),
        rows=tuple(
            (
                str(one.day) if by_month else written_day(one.day),
                one.kiosk,
                w(f"kind.{KINDS[one.kind]}") if one.kind in KINDS else "–",
                *(f"{getattr(one, name):,}" for name in _FIGURES),
            )
            for one in figures
        ),
        nothing=w("state.nothing"),
    )


def _days(w: Words, days: Sequence[DayAccount]) -> Table:
    return Table(
        title=w("reports.days"),
        columns=(
            Column(title=w("reports.day"), share=2),
            Column(title=w("col.kiosk"), share=2),
            Column(title=w("col.state"), share=2),
            Column(title=w("row.differences"), share=6),
        ),
        rows=tuple(
            (
                written_day(one.day),
                one.kiosk,
                w.label(f"day_state.{one.state.name.lower()}"),
                str(one.differences or "–"),
            )
            for one in days
        ),
        nothing=w("state.nothing"),
    )
