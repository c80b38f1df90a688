"""The pages for whoever checks: the console's log, what was confirmed with its evidence, look-ups that are flagged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.act_rows import ActRows
from konbini.ward_server.console.acting import Evidence
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.forms import line, number
from konbini.ward_server.console.looking import MOST_REASON, LookDesk
from konbini.ward_server.console.manual import Manual
from konbini.ward_server.console.visit import Page, Request, to

__all__ = ["LogPages"]

_SHOWN: Final = 200


class LogPages:
    """Serves the logs, and the manual of failure codes."""

    def __init__(  # noqa: PLR0913, PLR0917 - the room that wires names each
        self,
        rows: Rows,
        acts: ActRows,
        looks: LookDesk,
        entrance: Entrance,
        manual: Manual,
        drawing: Drawing,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._entrance = entrance
        self._acts = acts
        self._looks = looks
        self._manual = manual
        self._drawing = drawing
        self._clock = clock

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {
            "log": self.log,
            "kept_acts": self.kept_acts,
            "evidence": self.evidence,
            "looks": self.looks,
            "close_look": self.close_look,
            "manual": self.manual,
        }

    async def log(self, request: Request) -> web.StreamResponse:
        """Show the newest entries; that they were read is one of the next."""

        def change(connection: Connection) -> list[tuple[int, AuditEntry]]:
            rows = connection.execute(
                "SELECT position, entry FROM audit_entry WHERE length(entry) > 0 ORDER BY position DESC LIMIT ?",
                (_SHOWN,),
            ).fetchall()
            append(connection, self._read_by(request))
            return [(position, from_bytes(AuditEntry, bytes(data))) for position, data in rows]

        entries = await self._rows.write(change, step="log read")
        return self._drawing.page(request, "log", entries=entries)

    async def kept_acts(self, request: Request) -> web.StreamResponse:
        """Show the newest acts."""
        return self._drawing.page(request, "kept_acts", acts=await self._acts.newest())

    async def evidence(self, request: Request) -> web.StreamResponse:
        """Show one act with what the passkey signed, and whether that is what the row says.

        Raises:
            Refused: `ACT_UNKNOWN`.
        """
        kept = await self._acts.find(request.http.match_info["act_id"])
        if kept is None:
            raise Refused(Code.ACT_UNKNOWN)
        evidence = from_bytes(Evidence, kept.evidence)
        again = evidence.made.challenge(kept.person)
        signed = await self._entrance.holds(kept.person, evidence.assertion, again)
        holds = signed and again == kept.digest and evidence.made.name == kept.name
        return self._drawing.page(
            request, "evidence", kept=kept, made=evidence.made, assertion=evidence.assertion, holds=holds
        )

    async def looks(self, request: Request) -> web.StreamResponse:
        """Show the look-ups, those first whose flags are open."""
        flagged, newest = await self._looks.kept(flagged=True), await self._looks.kept(flagged=False)
        return self._drawing.page(request, "look_ups", flagged=flagged, newest=newest)

    async def close_look(self, request: Request) -> web.StreamResponse:
        """Close a flagged look-up."""
        remark = line(request.form, "remark", most=MOST_REASON)
        await self._looks.close(request.signed_in, number(request.form, "look"), remark)
        return to("/log/look-ups")

    async def manual(self, request: Request) -> web.StreamResponse:
        """Show what to do about each code."""
        return self._drawing.page(request, "manual", rows=self._manual.rows)

    def _read_by(self, request: Request) -> AuditEntry:
        return AuditEntry(
            moment=self._clock.now(),
            event=AuditEvent.CONSOLE_LOG_READ,
            operators=(request.signed_in.person.person,),
        )
