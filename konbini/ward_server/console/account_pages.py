"""The pages that account: cases, orders in doubt and the ways to end them, days compared, figures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from konbini.pdf.fonts import Typeface
from konbini.pdf.report import Report, draw_report
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.forms import day
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.report_sheet import KINDS, report_sheet
from konbini.ward_server.console.visit import Page, Request, attached
from konbini.ward_server.issuing.ledger.days import DayAccount, DayState
from konbini.ward_server.issuing.operator_calls import IssuingLine
from konbini.ward_server.issuing.reports import FigureLine, by_month, to_csv
from konbini.ward_server.residents.dates import today

__all__ = ["AccountPages"]

_A_MONTH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Days of one month, yyyymmdd; `by_month`: their sums."""

    first: int
    last: int
    by_month: bool


class AccountPages:
    """Serves cases and figures.

    Args:
        lines: to issuing.
        drawing: draws pages.
        clock: says which days are asked for where none are.
        typefaces: fonts of the report on paper; read when the first is drawn.
    """

    def __init__(self, lines: Lines, drawing: Drawing, clock: Clock, typefaces: Sequence[Path]) -> None:
        self._lines = lines
        self._drawing = drawing
        self._clock = clock
        self._typefaces = tuple(typefaces)
        self._one_at_a_time = asyncio.Lock()

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {
            "cases": self.cases,
            "reports": self.reports,
            "reports_csv": self.reports_csv,
            "reports_pdf": self.reports_pdf,
        }

    async def cases(self, request: Request) -> web.StreamResponse:
        """Show the open cases, the orders in doubt, and what stands still."""
        line = self._line(request)
        standing, doubts = await line.standing(), await line.doubts()
        return self._drawing.page(
            request,
            "cases",
            cases=await line.cases(),
            doubts=doubts,
            barred=standing.barred,
            errors=standing.link_errors,
        )

    async def reports(self, request: Request) -> web.StreamResponse:
        """Show figures of some days of a month, or of the month, and how each kiosk's day stands."""
        span = self._span(request)
        figures = await self._figures(request, span)
        days = await self._days(request, span)
        return self._drawing.page(
            request, "reports", span=span, figures=figures, days=days, differs=DayState.DIFFERS, kinds=KINDS
        )

    async def reports_csv(self, request: Request) -> web.StreamResponse:
        """Give the same figures as a file."""
        span = self._span(request)
        text = to_csv(await self._figures(request, span))
        return attached(text.encode(), f"figures-{span.first}-{span.last}.csv", "text/csv", charset="utf-8")

    async def reports_pdf(self, request: Request) -> web.StreamResponse:
        """Give the same figures and days on A4, marked with who asked and when."""
        span = self._span(request)
        report = report_sheet(
            self._drawing.words(request),
            ward=self._drawing.ward(request),
            first=span.first,
            last=span.last,
            by_month=span.by_month,
            figures=await self._figures(request, span),
            days=await self._days(request, span),
            mark=self._drawing.mark(request),
        )
        async with self._one_at_a_time:  # a typeface is prepared once, and that takes half a second
            pdf = await asyncio.to_thread(_drawn, report, self._typefaces)
        return attached(pdf, f"report-{span.first}-{span.last}.pdf", "application/pdf")

    async def _days(self, request: Request, span: _Span) -> Sequence[DayAccount]:
        days = await self._line(request).days(span.first)
        return [one for one in days if one.day <= span.last]

    async def _figures(self, request: Request, span: _Span) -> Sequence[FigureLine]:
        lines = await self._line(request).figures(span.first, span.last)
        return by_month(lines) if span.by_month else lines

    def _line(self, request: Request) -> IssuingLine:
        return self._lines.accounts(request.signed_in.person.person)

    def _span(self, request: Request) -> _Span:
        """Take the days from the address; the month until today otherwise.

        Raises:
            Refused: `CHANGE_INVALID`: no days, or not of one month.
        """
        query = request.http.query
        now = today(self._clock.now())
        first = day(query, "first") if "first" in query else now // _A_MONTH * _A_MONTH + 1
        last = day(query, "last") if "last" in query else now
        if first > last or first // _A_MONTH != last // _A_MONTH:
            raise Refused(Code.CHANGE_INVALID, "days of one month, in order")
        return _Span(first=first, last=last, by_month=query.get("by") == "month")


def _drawn(report: Report, typefaces: Sequence[Path]) -> bytes:
    return draw_report(report, Typeface(*typefaces))
