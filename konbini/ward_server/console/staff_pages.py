"""The pages about the console's people: who is there, who may what, and the monthly list for the section head."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.rights import Right, rights_in, roles_by_person
from konbini.ward_server.console.staff import KeptStaffChange, Passkey, Person, Terminal
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.console.visit import Page, Request, attached
from konbini.ward_server.residents.dates import today

__all__ = ["StaffPages"]

_FIRST_MONTH, _LAST_MONTH = 190_001, 999_912
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staff:
    people: tuple[Person, ...]
    rights: tuple[Right, ...]
    terminals: tuple[Terminal, ...]
    waiting: tuple[KeptStaffChange, ...]
    passkeys: tuple[Passkey, ...]


class StaffPages:
    """Serves persons, rights and terminals."""

    def __init__(self, rows: Rows, staff: StaffRows, drawing: Drawing, clock: Clock) -> None:
        self._rows = rows
        self._staff = staff
        self._drawing = drawing
        self._clock = clock

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {"staff": self.staff, "rights": self.rights, "rights_csv": self.rights_csv}

    async def staff(self, request: Request) -> web.StreamResponse:
        """Show who is there, from where, and what waits."""
        found = await self._rows.read(self._look)
        held = roles_by_person(found.rights, today(self._clock.now()))
        return self._drawing.page(request, "staff", found=found, held=held)

    async def rights(self, request: Request) -> web.StreamResponse:
        """List the rights of a month."""
        month = self._month(request)
        names, rights = await self._listed(request, month)
        return self._drawing.page(request, "rights", month=month, names=names, rights=rights)

    async def rights_csv(self, request: Request) -> web.StreamResponse:
        """Give the same as a file."""
        month = self._month(request)
        names, rights = await self._listed(request, month)
        sheet = io.StringIO()
        rows = csv.writer(sheet, lineterminator="\r\n")
        rows.writerow(("person", "name", "role", "begins", "ends", "withdrawn", "entered_by", "agreed_by"))
        rows.writerows(
            (
                *(one.person, _no_formula(names[one.person]), one.role.name.lower(), one.begins, one.ends),
                *(one.withdrawn or "", one.entered_by, one.agreed_by),
            )
            for one in rights
        )
        # A mark of the byte order, without which the usual spreadsheet takes Japanese for another encoding.
        body = b"\xef\xbb\xbf" + sheet.getvalue().encode()
        return attached(body, f"rights-{month}.csv", "text/csv", charset="utf-8")

    async def _listed(self, request: Request, month: int) -> tuple[Mapping[str, str], tuple[Right, ...]]:
        """Give names and rights of a month; that they were listed is recorded."""
        entry = AuditEntry(
            moment=self._clock.now(),
            event=AuditEvent.RIGHTS_LISTED,
            operators=(request.signed_in.person.person,),
            about=str(month),
        )
        await self._rows.write(lambda connection: append(connection, entry), step="rights listed")
        found = await self._rows.read(self._look)
        return {one.person: one.name for one in found.people}, tuple(rights_in(found.rights, month))

    def _look(self, connection: Connection) -> _Staff:
        people = self._staff.people(connection)
        return _Staff(
            people=people,
            passkeys=tuple(key for one in people for key in self._staff.passkeys(connection, one.person)),
            rights=self._staff.rights(connection),
            terminals=self._staff.terminals(connection),
            waiting=self._staff.waiting(connection),
        )

    def _month(self, request: Request) -> int:
        """Take a month from the address, yyyy-mm; this one otherwise.

        Raises:
            Refused: `CHANGE_INVALID`.
        """
        text = request.http.query.get("month", "").replace("-", "")
        if not text:
            return today(self._clock.now()) // 100
        month = int(text) if text.isascii() and text.isdecimal() else 0
        if not (_FIRST_MONTH <= month <= _LAST_MONTH and 1 <= month % 100 <= _MONTHS):
            raise Refused(Code.CHANGE_INVALID, "field month")
        return month


def _no_formula(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
