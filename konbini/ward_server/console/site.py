"""The web server: the app is the table of routes, each with its page, behind the gate.

Limits: whoever opens as many connections as there may be keeps others out until theirs are given up for idle; the proxy
in front bounds that by address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from konbini.process.log import logger
from konbini.ward_server.console.connections import Bounded
from konbini.ward_server.console.gate import Gate
from konbini.ward_server.console.routes import Route
from konbini.ward_server.console.visit import Page

__all__ = ["Site"]

_LOOPBACK = "127.0.0.1"
_MOST_BYTES = 64 * 1024
_MOST_CONNECTIONS = 512
"""Twice what the live page's streams take: a process of systemd's defaults has 1,024 files."""
_IDLE_SECONDS = 75.0
"""For a head that does not come, the first or the next."""
_LINGER_SECONDS = 1.0

_log = logger("konbini.ward_server.console.site")


class Site:
    """Serves the console; `closing` ends what would go on by itself.

    Raises:
        ValueError: a route has no page, or a page no route.
    """

    def __init__(
        self, routes: Sequence[Route], pages: Mapping[str, Page], gate: Gate, *, closing: Callable[[], None]
    ) -> None:
        if {route.handler for route in routes} != set(pages):
            raise ValueError("the table of routes and the pages do not agree")
        self._routes = routes
        self._pages = pages
        self._gate = gate
        self._closing = closing

    def app(self) -> web.Application:
        """Build the app."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.on_response_prepare.append(self._gate.mark)
        for route in self._routes:
            serve = partial(self._gate.serve, route, self._pages[route.handler])
            app.router.add_route(route.method, route.path, serve)
        return app

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[int]:
        """Listen on the loopback address while the context lasts, and give the port."""
        runner = web.AppRunner(
            self.app(),
            access_log=None,
            shutdown_timeout=1.0,
            keepalive_timeout=_IDLE_SECONDS,
            lingering_time=_LINGER_SECONDS,
        )
        await runner.setup()
        try:
            assert runner.server is not None  # noqa: S101 - it was set up
            serve = Bounded(runner.server, _MOST_CONNECTIONS)
            listener = await asyncio.get_running_loop().create_server(serve, _LOOPBACK, port, reuse_address=True)
            try:
                listened: int = listener.sockets[0].getsockname()[1]
                _log.info("listening", kind="console", port=listened)
                yield listened
            finally:
                listener.close()
        finally:
            self._closing()
            await runner.cleanup()
