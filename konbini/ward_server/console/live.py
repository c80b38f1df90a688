"""The live page: one view of the ward, asked for every two seconds however many watch, and drawn once a language."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiohttp import web

from konbini.process.clock import Clock, wait_within
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.sessions import Session
from konbini.ward_server.console.staff import CONSOLE
from konbini.ward_server.console.standing import problems
from konbini.ward_server.console.visit import Page, Request
from konbini.ward_server.issuing.view import LiveView

__all__ = ["LivePages"]

_TICK_SECONDS: Final = 2.0
_MOMENTS: Final = 16
"""Within a tick, at which boards are sent."""
_ADMITTED_SECONDS: Final = 15.0
_MOST_WATCHING: Final = 200
_MOST_OF_ONE: Final = 4
"""Streams of one session, so that one browser does not take every place."""
_LOCKED: Final = "event: locked\ndata: \n\n"

_log = logger("konbini.ward_server.console.live")


class LivePages:
    """Serves the page and its stream."""

    def __init__(self, lines: Lines, entrance: Entrance, drawing: Drawing, clock: Clock) -> None:
        self._lines = lines
        self._entrance = entrance
        self._drawing = drawing
        self._clock = clock
        self._turn = asyncio.Lock()
        self._view: LiveView | None = None
        self._asked = float("-inf")
        self._drawn: dict[str, str] = {}
        self._watching: list[Session] = []
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream: the console is ending."""
        self._closing.set()

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {"live": self.live, "events": self.events}

    async def live(self, request: Request) -> web.StreamResponse:
        """Show how everything stands."""
        return self._drawing.page(request, "live", board=await self._board(request.language))

    async def events(self, request: Request) -> web.StreamResponse:
        """Send the page's board whenever it changed, until the session locks or the browser has gone.

        Raises:
            Refused: `BUSY`.
        """
        whose = request.whose
        if len(self._watching) >= _MOST_WATCHING or self._watching.count(whose) >= _MOST_OF_ONE:
            raise Refused(Code.BUSY, "too many watch")
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        self._watching.append(whose)
        try:
            with suppress(ConnectionError):
                await stream.prepare(request.http)
                await self._send(request, stream)
        finally:
            self._watching.remove(whose)
        return stream

    async def _send(self, request: Request, stream: web.StreamResponse) -> None:
        sent, admitted = "", float("-inf")
        # Whoever came at the same moment as others is sent boards at another.
        apart = _TICK_SECONDS * (len(self._watching) % _MOMENTS + 1) / _MOMENTS
        while not self._closing.is_set():
            try:
                admitted = await self._admit(request.whose, admitted)
            except Refused:
                await stream.write(_LOCKED.encode())
                return
            board = await self._board(request.language)
            # A comment where nothing changed: it finds a browser that has gone.
            await stream.write((":\n\n" if board == sent else _event(board)).encode())
            sent = board
            await wait_within(self._closing, apart, self._clock)
            apart = _TICK_SECONDS

    async def _admit(self, whose: Session, admitted: float) -> float:
        """Say when a stream's person was last found admitted.

        A session that ended or is locked is found at each look. What comes with time, a right's last day or the end of
        the office's hours, is looked up in the store only now and then: many watch.

        Raises:
            Refused: as `Entrance.signed_in`.
        """
        now = self._clock.monotonic()
        if now - admitted < _ADMITTED_SECONDS:
            self._entrance.check_unlocked(whose)
            return admitted
        await self._entrance.signed_in(whose, by_hand=False)
        return now

    async def _board(self, language: str) -> str:
        """Give what changes on the page, as new as two seconds."""
        async with self._turn:
            now = self._clock.monotonic()
            if now - self._asked >= _TICK_SECONDS:
                self._view, self._asked, self._drawn = await self._ask(), now, {}
            if language not in self._drawn:
                view = self._view
                counted = {} if view is None else {one.name: one.count for one in view.by_kiosk}
                self._drawn[language] = self._drawing.part(
                    "board", language, view=view, problems=problems(view), counted=counted
                )
            return self._drawn[language]

    async def _ask(self) -> LiveView | None:
        try:
            return await self._lines.issuing(CONSOLE).live()
        except (Refused, ConnectionError, TimeoutError) as error:
            _log.warning("issuing_silent", error=type(error).__name__)
            return None


def _event(board: str) -> str:
    lines = "".join(f"data: {line}\n" for line in board.splitlines())
    return f"event: board\n{lines}\n"
