"""A collector of traces: takes OTLP/HTTP as a real one does, decodes every request, and keeps the spans.

It refuses what is no such request, and can be told to refuse everything, or to answer late.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # it ships no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

__all__ = ["CollectedSpan", "Collector", "collecting"]

_PATIENCE_SECONDS = 20.0
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedSpan:
    """One span as it came. `resource` are the attributes of who made it."""

    trace: bytes
    number: bytes
    parent: bytes
    name: str
    attributes: dict[str, object]
    resource: dict[str, object]
    events: int
    nanoseconds: int

    @property
    def service(self) -> object:
        """Who made it."""
        return self.resource["service.name"]


@dataclass(slots=True, kw_only=True)
class Collector:
    """The running collector."""

    port: int = 0
    status: int = 200
    wait: asyncio.Event = field(default_factory=asyncio.Event)
    spans: list[CollectedSpan] = field(default_factory=list)
    requests: int = 0

    @property
    def address(self) -> str:
        """Where spans are handed."""
        return f"http://127.0.0.1:{self.port}/v1/traces"

    async def until(self, holds: Callable[[list[CollectedSpan]], bool]) -> list[CollectedSpan]:
        """Wait until the spans are such."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not holds(self.spans):  # noqa: ASYNC110 - other processes hand them over
                await asyncio.sleep(0.02)
        return self.spans

    async def take(self, request: web.Request) -> web.Response:
        """Take one request."""
        self.requests += 1
        if request.content_type != "application/x-protobuf":
            return web.Response(status=415)
        message = ExportTraceServiceRequest()
        try:
            message.ParseFromString(await request.read())
        except DecodeError:
            return web.Response(status=400)
        await self.wait.wait()
        if self.status == 200:
            self.spans += _spans(message)
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, status=self.status, content_type="application/x-protobuf")


@asynccontextmanager
async def collecting(port: int = 0) -> AsyncIterator[Collector]:
    """Collect on loopback while the context lasts."""
    collector = Collector()
    collector.wait.set()
    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    collector.port = int(runner.addresses[0][1])
    try:
        yield collector
    finally:
        await runner.cleanup()


def _spans(message: ExportTraceServiceRequest) -> list[CollectedSpan]:
    return [
        CollectedSpan(
            trace=span.trace_id,
            number=span.span_id,
            parent=span.parent_span_id,
            name=span.name,
            attributes={pair.key: _value(pair.value) for pair in span.attributes},
            resource={pair.key: _value(pair.value) for pair in of_one.resource.attributes},
            events=len(span.events),
            nanoseconds=span.end_time_unix_nano - span.start_time_unix_nano,
        )
        for of_one in message.resource_spans
        for scope in of_one.scope_spans
        for span in scope.spans
    ]


def _value(value: AnyValue) -> object:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_value(one) for one in value.array_value.values]
    return None if which is None else getattr(value, which)
