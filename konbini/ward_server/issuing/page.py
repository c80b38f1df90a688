"""The ward's page: read-only, on the loopback address, without a name or a number of a person on it.

Operators' sign-in and actions are the console's; this page shows whether issuing can serve, and what it issued.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import LeftThings
from konbini.protocol.service import State
from konbini.ward_server.clerk.calls import ClerkCondition
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.following.reconciling import Outcome
from konbini.ward_server.issuing.causes import todo
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
_LEFT = {LeftThings.CARD: "カード", LeftThings.PAPER: "証明書", LeftThings.COINS: "硬貨"}

_PAGES = Environment(loader=PackageLoader("konbini.ward_server.issuing"), autoescape=True, undefined=StrictUndefined)

_log = logger("konbini.ward_server.issuing.page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What must hold for a paper to be issued; each a line of the page."""

    running: bool
    stop_code: Code | None
    current: bool
    feed_number: int
    feed_broken: Code | None
    retaking: bool
    outage: Outage | None
    reconciled: Outcome | None
    clerk: ClerkCondition | None
    link_up: bool
    open_now: bool

    @property
    def serving(self) -> bool:
        """Whether a paper could be issued now."""
        relies = (self.current or self.outage is not None) and self.feed_broken is None
        return self.running and relies and self.clerk_serves and self.link_up and self.open_now

    @property
    def clerk_serves(self) -> bool:
        """Whether the clerk could certify and seal now."""
        clerk = self.clerk
        if clerk is None or clerk.stopped or clerk.broken:
            return False
        return clerk.current if self.outage is None else clerk.outage_ends > 0


class WardPage:
    """Serves one page and its style sheet."""

    def __init__(
        self,
        desk: Desk,
        *,
        states: KioskStates,
        clerk: Callable[[], Awaitable[ClerkCondition]],
        link_up: Callable[[], bool],
    ) -> None:
        self._desk = desk
        self._states = states
        self._clerk = clerk
        self._link_up = link_up
        self._page = _PAGES.get_template("page.html")
        self._style = _PAGES.get_template("page.css").render()

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
            todo=todo,
            Code=Code,
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
        upkeep = self._desk.upkeep
        broken = await upkeep.standing.broken()
        return Health(
            running=view.stop_code is None,
            stop_code=view.stop_code,
            current=self._desk.current.lease_holds(),
            feed_number=(await self._desk.copy.position()).number,
            feed_broken=None if broken is None else broken.code,
            retaking=broken is not None and broken.retaking,
            outage=await upkeep.outages.now(),
            reconciled=await upkeep.reconciling.last(),
            clerk=await self._condition(),
            link_up=self._link_up(),
            open_now=open_now,
        )

    async def _condition(self) -> ClerkCondition | None:
        """Ask the clerk how it stands; None where it is not there."""
        try:
            return await self._clerk()
        except (Refused, ConnectionError, TimeoutError):
            return None


class _Kiosk:
    """One kiosk's last word, for the page."""

    def __init__(self, state: State) -> None:
        self.name = state.kiosk
        self.conditions = [state.reader, state.printer, state.paper, state.coins]
        self.fault = _code_name(state.fault) if state.fault else ""
        self.left = "、".join(name for thing, name in _LEFT.items() if state.left & thing)
        self.version = state.version
        self.at = _moment(state.at)


def _code_name(code: int) -> str:
    """Give a code with its name, and one of a newer kiosk's list as its number alone."""
    return f"{Code(code).name} {code}" if code in set(Code) else str(code)


def _moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, JAPAN).strftime("%m-%d %H:%M:%S")
