"""Takes the services' traces, as a collector does over OTLP/HTTP, and keeps of each span whose it is and how long.

One visit is one trace (docs/traces.md), so that what a service did for it is found by the visit's id alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

__all__ = ["Collected", "collecting"]

_MOST_BYTES: Final = 16 << 20
_NANOSECONDS: Final = 1e9
_SAYS: Final = ("konbini.kind", "konbini.step")


@dataclass(slots=True)
class Collected:
    """Seconds of each kind of span, by trace; spans of one kind in one trace are added up.

    A kind is the span's name, and what it says of message or step: `ward.frame order`, `ward.order_step draw`.
    """

    _traces: defaultdict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def of(self, trace: str) -> Mapping[str, float]:
        """Give a visit's."""
        return self._traces.get(trace, {})

    def forget(self) -> None:
        """Let go of everything."""
        self._traces.clear()

    async def take(self, request: web.Request) -> web.Response:
        """Take one request."""
        message = ExportTraceServiceRequest()
        message.ParseFromString(await request.read())
        for of_one in message.resource_spans:
            for scope in of_one.scope_spans:
                for span in scope.spans:
                    said = [pair.value.string_value for pair in span.attributes if pair.key in _SAYS]
                    trace, kind = self._traces[span.trace_id.hex()], " ".join((span.name, *said))
                    seconds = (span.end_time_unix_nano - span.start_time_unix_nano) / _NANOSECONDS
                    trace[kind] = trace.get(kind, 0.0) + seconds
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, content_type="application/x-protobuf")


@asynccontextmanager
async def collecting(port: int) -> AsyncIterator[Collected]:
    """Collect on loopback while the context lasts.

    Raises:
        OSError: the port is taken.
    """
    collected = Collected()
    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/v1/traces", collected.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield collected
    finally:
        await runner.cleanup()
