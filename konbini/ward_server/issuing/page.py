"""The ward's page: read-only, on the loopback address, without a name or a number of a person on it.

Operators' sign-in and actions are the console's; this page shows whether issuing can serve, and what it issued.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.service import State
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.ledger.summary import Summary
from konbini.ward_server.issuing.states import KioskStates

__all__ = ["WardPage"]

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_LOOPBACK = "127.0.0.1"
_SHOWN = 20

_log = logger("konbini.ward_server.issuing.page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What must hold for a paper to be issued; each a line of the page."""

    running: bool
    stop_code: Code | None
    current: bool
    feed_number: int
    feed_broken: bool
    link_up: bool
    open_now: bool

    @property
    def serving(self) -> bool:
        """Whether a paper could be issued now."""
        return self.running and self.current and not self.feed_broken and self.link_up and self.open_now


class WardPage:
    """Serves one page and its style sheet."""

    def __init__(
        self, desk: Desk, *, states: KioskStates, feed_broken: Callable[[], bool], link_up: Callable[[], bool]
    ) -> None:
        self._desk = desk
        self._states = states
        self._feed_broken = feed_broken
        self._link_up = link_up
        pages = Environment(
            loader=PackageLoader("konbini.ward_server.issuing"), autoescape=True, undefined=StrictUndefined
        )
        self._page = pages.get_template("page.html")
        self._style = pages.get_template("page.css").render()

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[int]:
        """Listen on the loopback address while the context lasts, and give the port."""
        app = web.Application()
        app.router.add_get("/", self._show)
        app.router.add_get("/page.css", self._show_style)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, _LOOPBACK, port)
            await site.start()
            listened: int = runner.addresses[0][1]
            _log.info("listening", kind="page", port=listened)
            yield listened
        finally:
            await runner.cleanup()

    async def _show(self, _request: web.Request) -> web.Response:
        view = await self._desk.ledger.summary(_SHOWN)
        text = self._page.render(
            settings=self._desk.settings,
            now=self._desk.now().japan,
            health=await self._health(view),
            view=view,
            kiosks=[_Kiosk(state) for state in self._states.all()],
            moment=_moment,
        )
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    async def _show_style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css", headers=_HEADERS)

    async def _health(self, view: Summary) -> Health:
        now = self._desk.now()
        try:
            self._desk.settings.check_open(now.japan)
            open_now = True
        except Refused:
            open_now = False
        return Health(
            running=view.stop_code is None,
            stop_code=view.stop_code,
            current=self._desk.lease.holds(self._desk.clock.monotonic()),
            feed_number=(await self._desk.copy.position()).number,
            feed_broken=self._feed_broken(),
            link_up=self._link_up(),
            open_now=open_now,
        )


class _Kiosk:
    """One kiosk's last word, for the page."""

    def __init__(self, state: State) -> None:
        self.name = state.kiosk
        self.conditions = [state.reader, state.printer, state.paper, state.coins]
        self.version = state.version
        self.at = _moment(state.at)


def _moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, JAPAN).strftime("%m-%d %H:%M:%S")
