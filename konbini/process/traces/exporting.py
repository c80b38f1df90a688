"""Spans, made and handed to a collector over OTLP/HTTP.

All services give the spans of one visit the same trace: its id is a hash of the visit id, which kiosk, center and ward
know anyway. So no message has a field for it, the center learns nothing, and whoever sees traces alone finds no visit
id. Their common parent is the visit itself, whose number is of the same hash and which nobody hands over.

Invariants: making and ending a span never waits and never fails; spans wait in a bounded queue, and a thread of its own
hands them over; what does not fit, or is not taken, is dropped and counted. Nothing is global to the interpreter.
"""

from __future__ import annotations

import asyncio
import hashlib
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.measures.catalogue import Metric
from konbini.process.measures.ports import Measures
from konbini.process.measures.shapes import ServiceName
from konbini.process.traces.asking import HeadsAlone
from konbini.process.traces.attributes import SpanName, admitted, fault_attributes

__all__ = ["MOST_WAITING", "OtlpTraces", "trace_of"]

MOST_WAITING = 2048
"""How many spans may wait for the collector."""
_MOST_AT_ONCE = 256
_LINGER_SECONDS = 1.0
_EXPORT_SECONDS = 5.0
_PARTING_SECONDS = 2.0
_TRACE = b"konbini/1 trace of a visit"
_TRACE_BYTES, _SPAN_BYTES = 16, 8

_log = logger("konbini.process.traces")


def trace_of(visit_id: bytes) -> SpanContext:
    """Give the trace of a visit, and the span that stands for it."""
    hashed = hashlib.sha256(_TRACE + visit_id).digest()
    return SpanContext(
        trace_id=int.from_bytes(hashed[:_TRACE_BYTES]),
        span_id=int.from_bytes(hashed[_TRACE_BYTES : _TRACE_BYTES + _SPAN_BYTES]),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


class OtlpTraces:
    """A `Traces`; made by `to`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("konbini")

    @classmethod
    @asynccontextmanager
    async def to(
        cls, collector: str, service: ServiceName, instance: str, *, measures: Measures, entropy: Entropy
    ) -> AsyncIterator[Self]:
        """Trace to a collector while the context lasts."""
        exporter = OTLPSpanExporter(
            collector, timeout=_EXPORT_SECONDS, compression=Compression.NoCompression, session=HeadsAlone()
        )
        waiting = WaitingSpans(exporter, measures)
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource({"service.name": f"konbini-{service}", "service.instance.id": instance}),
            shutdown_on_exit=False,
            id_generator=_SpanIds(entropy),
        )
        provider.add_span_processor(waiting)
        try:
            yield cls(provider)
        finally:
            await asyncio.to_thread(provider.shutdown)

    @contextmanager
    def of_visit(self, visit_id: bytes, name: SpanName, /, **attributes: object) -> Iterator[None]:
        """Trace the body as a part of a visit."""
        if not visit_id:
            yield
            return
        parent = trace.set_span_in_context(NonRecordingSpan(trace_of(visit_id)), Context())
        with self._span(name, parent, attributes):
            yield

    @contextmanager
    def within(self, name: SpanName, /, **attributes: object) -> Iterator[None]:
        """Trace the body as a part of what is being traced here."""
        if not trace.get_current_span().get_span_context().is_valid:
            yield
            return
        with self._span(name, None, attributes):
            yield

    @contextmanager
    def _span(self, name: SpanName, parent: Context | None, attributes: dict[str, object]) -> Iterator[None]:
        span = self._tracer.start_span(SpanName(name), parent, attributes=admitted(attributes))
        # The library would record an exception's message, which quotes values.
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except BaseException as fault:
                span.set_attributes(admitted(fault_attributes(fault)))
                raise


class WaitingSpans(SpanProcessor):
    """The queue in front of an exporter, and the thread that empties it."""

    def __init__(self, exporter: SpanExporter, measures: Measures, *, most: int = MOST_WAITING) -> None:
        self._exporter = exporter
        self._measures = measures
        self._waiting: queue.Queue[ReadableSpan] = queue.Queue(most)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._hand_over, name="traces", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Let a span wait, or drop it."""
        try:
            self._waiting.put_nowait(span)
        except queue.Full:
            self._measures.count(Metric.SPANS_DROPPED, reason="full")

    def shutdown(self) -> None:
        """Hand over what waits, for a moment. Blocks; what is left then is dropped with the process."""
        self._ending.set()
        self._thread.join(_PARTING_SECONDS)
        self._exporter.shutdown()
        self._thread.join(_PARTING_SECONDS)

    def _hand_over(self) -> None:
        while not self._ending.is_set() or not self._waiting.empty():
            spans = self._gather()
            if spans and not self._took(spans):
                self._measures.count(Metric.SPANS_DROPPED, len(spans), reason="refused")

    def _gather(self) -> list[ReadableSpan]:
        """Take what waits; a lone span waits a little for others."""
        spans: list[ReadableSpan] = []
        try:
            spans.append(self._waiting.get(timeout=0.1 if self._ending.is_set() else _LINGER_SECONDS))
            self._ending.wait(_LINGER_SECONDS)
            while len(spans) < _MOST_AT_ONCE:
                spans.append(self._waiting.get_nowait())
        except queue.Empty:
            pass  # as many as there are
        return spans

    def _took(self, spans: list[ReadableSpan]) -> bool:
        try:
            return self._exporter.export(spans) is SpanExportResult.SUCCESS
        except Exception as fault:  # noqa: BLE001 - whatever the library raises, these spans are lost and the next are tried
            _log.warning("spans not handed over", error=type(fault).__name__, count=len(spans))
            return False


class _SpanIds(IdGenerator):
    """Numbers of spans from the process's entropy."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def generate_span_id(self) -> int:
        return int.from_bytes(self._entropy.token(_SPAN_BYTES)) or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(self._entropy.token(_TRACE_BYTES)) or 1
