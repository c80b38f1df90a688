"""The pages that find: an issuance by its number, what is unsettled, a resident with a reason; and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.decision_contents import content_rows, names_a_resident
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.forms import choice, line
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.looking import MOST_REASON, Asked, LookDesk
from konbini.ward_server.console.rights import READS_RESIDENTS
from konbini.ward_server.console.showing import found_rows
from konbini.ward_server.console.steering_pages import settings_differ
from konbini.ward_server.console.visit import Page, Request
from konbini.ward_server.decisions.decision import KeptDecision

__all__ = ["FindPages"]


class FindPages:
    """Serves what is found, and what waits for a second person."""

    def __init__(self, lines: Lines, looks: LookDesk, drawing: Drawing) -> None:
        self._lines = lines
        self._looks = looks
        self._drawing = drawing

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {
            "find": self.find,
            "issuance": self.issuance,
            "unsettled": self.unsettled,
            "record": self.record,
            "issuances": self.issuances,
            "changes": self.changes,
            "decisions": self.decisions,
            "differences": self.differences,
            "disposals": self.disposals,
        }

    async def find(self, request: Request) -> web.StreamResponse:
        """Ask what is to be found."""
        return self._drawing.page(request, "find")

    async def issuance(self, request: Request) -> web.StreamResponse:
        """Show one issuance."""
        number = line(request.http.query, "number")
        found = await self._lines.issuing(request.signed_in.person.person).issuance(number)
        return self._drawing.page(request, "issuance", found=found, line=found.line)

    async def unsettled(self, request: Request) -> web.StreamResponse:
        """Show the orders of which nobody knows what became."""
        found = await self._lines.issuing(request.signed_in.person.person).unsettled()
        return self._drawing.page(request, "issuances", title="find.unsettled", found=found, asked=None)

    async def record(self, request: Request) -> web.StreamResponse:
        """Show a resident's record."""
        asked = _asked(request.form, "record")
        found = await self._looks.record(request.signed_in, asked)
        return self._drawing.page(request, "record", asked=asked, rows=found_rows(found), found=found)

    async def issuances(self, request: Request) -> web.StreamResponse:
        """Show what was issued on a resident's cards."""
        asked = _asked(request.form, "issuances")
        found = await self._looks.issuances(request.signed_in, asked)
        return self._drawing.page(request, "issuances", title="find.of_cards", found=found, asked=asked)

    async def changes(self, request: Request) -> web.StreamResponse:
        """List the changes that wait at the registry."""
        person = request.signed_in.person.person
        waiting = await self._lines.registry(person).pending()
        return self._drawing.page(request, "changes", waiting=waiting)

    async def decisions(self, request: Request) -> web.StreamResponse:
        """List the decisions that wait at each process; whoever reads no resident sees no resident."""
        asker = request.signed_in
        reads = bool(asker.roles & READS_RESIDENTS)
        tables: list[tuple[str, Sequence[tuple[KeptDecision, str]] | None]] = []
        for process in Process:
            try:
                waiting = await self._lines.decisions(process, asker.person.person).waiting()
            except (Refused, ConnectionError, TimeoutError):
                tables.append((process.value, None))
                continue
            tables.append((process.value, [(one, _content(one, reads=reads)) for one in waiting]))
        differ = await settings_differ(self._lines, asker.person.person)
        return self._drawing.page(request, "decisions", tables=tables, differ=differ)

    async def differences(self, request: Request) -> web.StreamResponse:
        """Show what differs between the registry and a copy, and of whom."""
        process = choice(request.form, "process", Process)
        if process is Process.REGISTRY:
            raise Refused(Code.CHANGE_INVALID, "field process")
        found = await self._lines.decisions(process, request.signed_in.person.person).differences()
        return self._drawing.page(request, "differences", process=process.value, found=found)

    async def disposals(self, request: Request) -> web.StreamResponse:
        """Show what is due at each process, and which lists wait; each process records that it was read."""
        tables = []
        for process in Process:
            try:
                shown = await self._lines.retention(process, request.signed_in.person.person).retention()
            except (Refused, ConnectionError, TimeoutError):
                shown = None
            tables.append((process.value, shown))
        return self._drawing.page(request, "disposals", tables=tables)


def _asked(form: Mapping[str, str], what: str) -> Asked:
    return Asked(
        resident=line(form, "resident"),
        reason=line(form, "reason", most=MOST_REASON),
        matter=line(form, "matter", needed=False),
        what=what,
    )


def _content(kept: KeptDecision, *, reads: bool) -> str:
    """Write what a decision holds, without a resident for whoever reads none."""
    if names_a_resident(kept.decision) and not reads:
        return "…"
    return " ".join(row.value for row in content_rows(kept.decision))
