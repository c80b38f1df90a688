"""Serves the hardware page on the loopback address: the page, what is seen, what is done, and the printed pages.

Only the page itself may act: another site's page differs in `Host` or `Origin` or lacks the token
(`konbini.kiosk.ui.guard`). What it shows (names, PINs, printed pages) belongs to nobody: the town is made up.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from konbini.kiosk.ui.guard import HEADERS, Guard
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.protocol.errors import Refused
from konbini.simulation.cash.coins import KINDS
from konbini.simulation.demo.hardware.hands import LICENCE, Hands, NotDoneError
from konbini.simulation.demo.hardware.residents import Choices
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.faults.breakdowns import Part

__all__ = ["hardware_page"]

_LOOPBACK = "127.0.0.1"
_STATIC = {"hardware.css": "text/css", "hardware.js": "text/javascript"}
_MOST_BODY = 1024
_MOST_WORDS = 64
_PARTS = (
    (Part.CARD, "カードとリーダー", "Card and reader"),
    (Part.PRINTER, "プリンター", "Printer"),
    (Part.LIES, "プリンターのうそ", "Lies of the printer"),
    (Part.COINS, "硬貨の機械", "Coin device"),
    (Part.TERMINAL, "決済端末", "Card terminal"),
    (Part.POWER, "電源", "Power"),
)


@asynccontextmanager
async def hardware_page(town: RunningTown, clock: Clock, entropy: Entropy, *, port: int = 0) -> AsyncIterator[str]:
    """Serve while the context lasts, and give the address.

    Args:
        town: whose devices.
        clock: for asking the coin device.
        entropy: where the page's token comes from.
        port: on the loopback address; 0 for any free one.
    """
    listener = socket.create_server((_LOOPBACK, port))
    guard = Guard(listener=listener, entropy=entropy)
    runner = web.AppRunner(_Page(town, guard, clock).application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield f"{guard.origin}/"
    finally:
        await runner.cleanup()
        listener.close()


class _Page:
    def __init__(self, town: RunningTown, guard: Guard, clock: Clock) -> None:
        self._town = town
        self._guard = guard
        self._choices = Choices(town.town.population)
        self._hands = Hands(town, self._choices, clock)
        pages = Environment(
            loader=PackageLoader("konbini.simulation.demo.hardware"), autoescape=True, undefined=StrictUndefined
        )
        self._template = pages.get_template("hardware.html")

    def application(self) -> web.Application:
        """Give the routes, each behind the guard."""
        application = web.Application(middlewares=[self._admit], client_max_size=_MOST_BODY)
        application.add_routes(
            [
                web.get("/", self._show),
                web.get("/seen", self._seen),
                web.get("/residents", self._residents),
                web.get("/papers/{name}", self._paper),
                web.get("/static/{name}", self._static),
                web.post("/do", self._do),
            ]
        )
        application.on_response_prepare.append(_add_headers)
        return application

    @web.middleware
    async def _admit(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            self._guard.admit(request)
        except Refused as refused:
            raise web.HTTPForbidden(text=refused.detail) from refused
        return await handler(request)

    async def _show(self, _request: web.Request) -> web.Response:
        text = self._template.render(
            token=self._guard.token,
            residents=(*self._choices.interesting, LICENCE),
            coins=() if self._town.terminal else tuple(reversed(KINDS)),
            parts=_PARTS,
            breakdowns=self._hands.breakdowns,
            screen=self._town.screen,
            console=self._town.console,
        )
        return web.Response(text=text, content_type="text/html")

    async def _seen(self, _request: web.Request) -> web.Response:
        return web.json_response(asdict(await self._hands.see()))

    async def _residents(self, request: web.Request) -> web.Response:
        found = self._choices.found(request.query.get("words", "")[:_MOST_WORDS])
        return web.json_response([asdict(choice) for choice in found])

    async def _paper(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["name"]
        for page in self._town.printer.pages():
            if page.name == wanted:
                return web.FileResponse(page)
        raise web.HTTPNotFound

    async def _static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _STATIC:
            raise web.HTTPNotFound
        text = (Path(__file__).with_name("static") / name).read_text("utf-8")
        return web.Response(text=text, content_type=_STATIC[name])

    async def _do(self, request: web.Request) -> web.Response:
        form = await request.post()
        token, act, value = (str(form.get(name, "")) for name in ("token", "act", "value"))
        if not self._guard.own(token):
            raise web.HTTPForbidden(text="token")
        try:
            await self._hands.do(act, value)
        except NotDoneError as error:
            return web.Response(status=409, text=str(error))
        return web.Response(status=204)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update({**HEADERS, "Server": "hardware"})
