"""One small HTTP listener for whoever watches this process: /metrics, /health, /ready. On this machine alone.

Invariants: nothing of it changes anything; it shows figures of the closed catalogue and codes of a closed list; however
many ask for the figures, the store is read and the text is written at most once a second; a reading that fails leaves
its gauges out, and the counters are shown all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.condition import Condition, Health, Missing
from konbini.process.measures.config import MeasuresConfig
from konbini.process.measures.figures import CONTENT_TYPE, Figures
from konbini.process.measures.ports import NoMeasures
from konbini.process.measures.shapes import ServiceName

__all__ = ["MeasuresListener", "figures_of", "shown"]

_LOOPBACK = "127.0.0.1"
_READ_AGAIN_SECONDS = 1.0
_READING_SECONDS = 5.0
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_NOW = 503

_log = logger("konbini.process.measures")


def figures_of(config: MeasuresConfig | None, service: ServiceName, **registers: Iterable[str]) -> Figures | NoMeasures:
    """Give what a process counts through: nothing where nobody may read it, and then the log says so.

    Args:
        config: where it is read.
        service: whose figures.
        registers: values of the labels that the catalogue leaves to registers.
    """
    if config is not None:
        return Figures(service, registers)
    _log.info("nothing is measured", kind=service.value)
    return NoMeasures()


@asynccontextmanager
async def shown(
    config: MeasuresConfig | None, figures: Figures | NoMeasures, health: Health, condition: Condition, clock: Clock
) -> AsyncIterator[None]:
    """Listen while the context lasts, where the configuration names a place.

    Raises:
        OSError: it cannot be listened at.
    """
    if config is None or isinstance(figures, NoMeasures):
        yield
        return
    async with MeasuresListener(figures, health, condition, clock).listening(config):
        yield


class MeasuresListener:
    """Answers; built by the room that wires."""

    def __init__(self, figures: Figures, health: Health, condition: Condition, clock: Clock) -> None:
        self._figures = figures
        self._health = health
        self._condition = condition
        self._clock = clock
        self._turn = asyncio.Lock()
        self._read_at = float("-inf")
        self._shown = b""

    @asynccontextmanager
    async def listening(self, config: MeasuresConfig) -> AsyncIterator[int]:
        """Listen while the context lasts, and give the port (0 at a socket).

        Raises:
            OSError: it cannot be listened at.
        """
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/health", self._healthy)
        app.router.add_get("/ready", self._ready)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            if config.socket is None:
                await web.TCPSite(runner, _LOOPBACK, config.port).start()
                port = int(runner.addresses[0][1])
            else:
                await web.UnixSite(runner, config.socket).start()
                port = 0
            _log.info("listening", kind="measures", port=port)
            yield port
        finally:
            await runner.cleanup()

    async def _metrics(self, _request: web.Request) -> web.Response:
        async with self._turn:
            if self._clock.monotonic() - self._read_at >= _READ_AGAIN_SECONDS:
                await self._read()
                self._shown = self._figures.shown()
        return web.Response(body=self._shown, headers={**_HEADERS, "Content-Type": CONTENT_TYPE})

    async def _read(self) -> None:
        self._figures.forget_gauges()
        try:
            async with asyncio.timeout(_READING_SECONDS):
                await self._condition.read(self._figures)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the counters are shown and the gauges are absent
            _log.warning("gauges not read", error=type(fault).__name__)
            self._figures.forget_gauges()
            self._figures.count(Metric.UNREAD)
        self._read_at = self._clock.monotonic()

    async def _healthy(self, _request: web.Request) -> web.Response:
        return _answer("healthy", await self._health.missing())

    async def _ready(self, _request: web.Request) -> web.Response:
        missing = await self._health.missing()
        return _answer("ready", missing | (await self._condition.missing() if not missing else frozenset()))


def _answer(what: str, missing: frozenset[Missing]) -> web.Response:
    found = sorted(code.value for code in missing)
    body = {what: not found, "missing": found}
    return web.json_response(body, status=_NOT_NOW if found else 200, headers=_HEADERS)
