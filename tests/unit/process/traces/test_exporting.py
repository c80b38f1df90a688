"""Spans on their way to a collector: one trace for one visit, nothing lost unseen, and nobody waits for it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from konbini.process.config import ConfigRefused, read_table
from konbini.process.measures.figures import Figures
from konbini.process.measures.ports import NoMeasures
from konbini.process.measures.shapes import ServiceName
from konbini.process.traces.attributes import SpanName
from konbini.process.traces.config import TracesConfig, read_traces, traces_to
from konbini.process.traces.exporting import MOST_WAITING
from konbini.process.traces.ports import NoTraces, Traces
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.simulation.entropy import SeededEntropy
from tests.collector import CollectedSpan, Collector, collecting

VISIT, OTHER = bytes(range(16)), bytes(16)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """Collect."""
    async with collecting() as running:
        yield running


@asynccontextmanager
async def tracing(
    collector: Collector, service: ServiceName = ServiceName.ISSUING, figures: Figures | None = None
) -> AsyncIterator[Traces]:
    """Trace to a collector."""
    config = TracesConfig(collector=collector.address)
    async with traces_to(
        config, service, "only", measures=figures or NoMeasures(), entropy=SeededEntropy(service.encode())
    ) as traces:
        yield traces


def dropped(figures: Figures, reason: str) -> float:
    """Read how many spans were dropped."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(figures.shown().decode())
        for sample in family.samples
        if sample.name == "konbini_spans_dropped_total" and sample.labels["reason"] == reason
    )


async def test_two_services_give_one_visit_one_trace(collector: Collector) -> None:
    """Without a word between them; another visit has another, and no id of a visit is in any of it."""
    for service in (ServiceName.KIOSK, ServiceName.ISSUING):
        async with tracing(collector, service) as traces:
            for visit in (VISIT, OTHER):
                with traces.of_visit(visit, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
                    pass
    spans = await collector.until(lambda spans: len(spans) == 4)
    by_trace: dict[bytes, list[CollectedSpan]] = {}
    for span in spans:
        by_trace.setdefault(span.trace, []).append(span)
    assert len(by_trace) == 2
    for trace, of_one in by_trace.items():
        assert {span.service for span in of_one} == {"konbini-kiosk", "konbini-issuing"}
        assert len({span.parent for span in of_one}) == 1
        assert len({span.number for span in of_one}) == 2
        assert trace not in (VISIT, OTHER)


async def test_steps_are_parts_of_their_frame(collector: Collector) -> None:
    """In each task those of its own; outside of a span there are none."""

    async def order(traces: Traces, visit: bytes) -> None:
        with traces.of_visit(visit, SpanName.WARD_FRAME, kind=MessageKind.ORDER):
            for step in ("certify", "draw"):
                with traces.within(SpanName.WARD_ORDER_STEP, step=step):
                    await asyncio.sleep(0)

    async with tracing(collector) as traces:
        with traces.within(SpanName.WARD_ORDER_STEP, step="seal"):
            await asyncio.gather(order(traces, VISIT), order(traces, OTHER))
        with traces.of_visit(b"", SpanName.WARD_FRAME, kind=MessageKind.STATE):
            pass
    spans = await collector.until(lambda spans: len(spans) >= 6)
    assert len(spans) == 6
    frames = {span.number: span for span in spans if span.name == "ward.frame"}
    steps = [span for span in spans if span.name == "ward.order_step"]
    assert {frames[step.parent].trace for step in steps} == {frame.trace for frame in frames.values()}
    for step in steps:
        assert frames[step.parent].trace == step.trace
    assert {step.attributes["konbini.step"] for step in steps} == {"certify", "draw"}


async def test_what_goes_wrong_is_told_without_its_words(collector: Collector) -> None:
    """A refusal's code, a fault's type; no message, no stack, and the exception goes on."""
    name = "桜井"
    async with tracing(collector) as traces:
        for fault in (Refused(Code.CARD_EXPIRED, name), OSError(name)):
            with (
                pytest.raises(type(fault)),
                traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN, name=name),
            ):
                raise fault
    spans = await collector.until(lambda spans: len(spans) == 2)
    assert spans[0].attributes["konbini.code"] == "card_expired"
    assert spans[1].attributes["konbini.error"] == "OSError"
    for span in spans:
        assert span.events == 0
        assert span.attributes["konbini.withheld"] == ["name"]
        assert name not in str(span)


async def test_a_collector_that_is_away_costs_spans_and_nothing_else() -> None:
    """Nobody waits; what was not taken is counted."""
    figures = Figures(ServiceName.ISSUING)
    async with collecting() as gone:
        pass
    began = time.monotonic()
    async with tracing(gone, figures=figures) as traces:
        for _ in range(100):
            with traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
                pass
        assert time.monotonic() - began < 1.0
    assert dropped(figures, "refused") == 100


async def test_a_collector_that_refuses_is_counted(collector: Collector) -> None:
    """It says 400: no span of that request is tried again."""
    figures = Figures(ServiceName.ISSUING)
    collector.status = 400
    async with tracing(collector, figures=figures) as traces:
        with traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
            pass
    assert dropped(figures, "refused") == 1
    assert collector.spans == []


async def test_a_collector_that_hangs_fills_the_queue_and_no_more(collector: Collector) -> None:
    """Making spans goes on at the same pace; what has no room is dropped and counted, and the rest arrives later."""
    figures = Figures(ServiceName.ISSUING)
    collector.wait.clear()
    async with tracing(collector, figures=figures) as traces:
        with traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
            pass
        while not collector.requests:  # noqa: ASYNC110 - a thread hands them over
            await asyncio.sleep(0.01)
        began = time.monotonic()
        for _ in range(MOST_WAITING + 50):
            with traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
                pass
        assert time.monotonic() - began < 2.0
        assert dropped(figures, "full") == 50
        collector.wait.set()
        await collector.until(lambda spans: len(spans) == MOST_WAITING + 1)


async def test_nothing_is_traced_where_no_collector_is_named() -> None:
    """The null port: bodies run, exceptions pass."""
    async with traces_to(None, ServiceName.CENTER, "x", measures=NoMeasures(), entropy=SeededEntropy(b"x")) as traces:
        assert isinstance(traces, NoTraces)
        with traces.of_visit(VISIT, SpanName.CENTER_FRAME), traces.within(SpanName.WARD_ORDER_STEP):
            pass
        with pytest.raises(Refused), traces.of_visit(VISIT, SpanName.CENTER_FRAME):
            raise Refused(Code.BUSY)


@pytest.mark.parametrize("main", ["issuance_center.main", "kiosk.host.main", "ward_server.issuing.main"])
def test_nothing_of_the_library_is_loaded_then(main: str) -> None:
    """A process without a collector does not even import it."""
    program = f"import sys, konbini.{main}\nprint(any(name.startswith('opentelemetry') for name in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize(
    "collector",
    [
        "",
        "127.0.0.1:4318",
        "ftp://127.0.0.1/v1/traces",
        "http:///v1/traces",
        "http://a:b@127.0.0.1/",
        "http://c/?key=1",
    ],
)
def test_only_an_address_is_one(tmp_path: Path, collector: str) -> None:
    """With a scheme and a host, without a password."""
    path = tmp_path / "a.toml"
    path.write_text(f'[traces]\ncollector = "{collector}"', encoding="utf-8")
    with pytest.raises(ConfigRefused), read_table(path) as table:
        read_traces(table)
    path.write_text('[traces]\ncollector = "http://127.0.0.1:4318/v1/traces"', encoding="utf-8")
    with read_table(path) as table:
        assert read_traces(table) == TracesConfig(collector="http://127.0.0.1:4318/v1/traces")


async def test_a_collector_that_answers_without_an_end_fills_no_memory() -> None:
    """The head says that the spans were taken; of the body nothing is read, and a redirection goes nowhere."""
    taken, sent = asyncio.Event(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n\r\n")
        try:
            while sent < 64:
                writer.write(bytes(1 << 20))
                await writer.drain()
                sent += 1
        except ConnectionError:
            taken.set()
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as endless:
        address = f"http://127.0.0.1:{endless.sockets[0].getsockname()[1]}/v1/traces"
        figures = Figures(ServiceName.ISSUING)
        config = TracesConfig(collector=address)
        async with traces_to(
            config, ServiceName.ISSUING, "only", measures=figures, entropy=SeededEntropy(b"1")
        ) as traces:
            with traces.of_visit(VISIT, SpanName.WARD_FRAME, kind=MessageKind.OPEN):
                pass
            async with asyncio.timeout(20):
                await taken.wait()
    assert sent < 32
    assert dropped(figures, "refused") == 0
