"""What a process counts: only what the catalogue gives it, with labels from their sets alone."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from konbini.process.measures.catalogue import Metric
from konbini.process.measures.figures import Figures
from konbini.process.measures.ports import NoMeasures, timed
from konbini.process.measures.shapes import Kind, ServiceName
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.clock import SettableClock


def samples(figures: Figures) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the text back with the library's own reader."""
    families = text_string_to_metric_families(figures.shown().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def figures() -> Figures:
    """Count for issuing."""
    return Figures(ServiceName.ISSUING, {"kiosk": ["K-0001"]})


def test_counters_and_histograms_add_up(figures: Figures) -> None:
    """Two of one kind, one of another; seconds in their buckets."""
    for kind in (CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD, CertificateKind.SEAL_REGISTRATION):
        figures.count(Metric.ORDERS, kind=kind, outcome="issued")
    figures.count(Metric.REFUSALS, 3, at="order", code=Code.ASK_AT_COUNTER)
    figures.observe(Metric.ORDER_STEP_SECONDS, 0.02, step="draw")
    seen = samples(figures)
    assert seen["konbini_orders_total", (("kind", "resident_record"), ("outcome", "issued"))] == 2
    assert seen["konbini_orders_total", (("kind", "seal_registration"), ("outcome", "issued"))] == 1
    assert seen["konbini_refusals_total", (("at", "order"), ("code", "ask_at_counter"))] == 3
    assert seen["konbini_order_step_seconds_count", (("step", "draw"),)] == 1
    assert seen["konbini_order_step_seconds_bucket", (("le", "0.01"), ("step", "draw"))] == 0
    assert seen["konbini_order_step_seconds_bucket", (("le", "0.025"), ("step", "draw"))] == 1
    assert not [name for name, _ in seen if name.endswith("_created")]


@given(st.text())
def test_no_text_of_a_message_becomes_a_label(text: str) -> None:
    """Whatever comes, the series are those of the closed sets; the figure is withheld and that is counted."""
    figures = Figures(ServiceName.ISSUING, {"kiosk": ["K-0001"]})
    known = text in {"open", "order", "frame", "ticket", "certify", "seal", "exchange"}
    figures.count(Metric.REFUSALS, at=text, code=Code.BUSY)
    figures.gauge(Metric.KIOSK_FAULT_CODE, 1, kiosk=text)
    seen = samples(figures)
    assert seen["konbini_withheld_total", ()] == (1 if known or text == "K-0001" else 2)
    values = {value for _, labels in seen for name, value in labels if name != "le"}
    assert values <= {"open", "order", "frame", "ticket", "certify", "seal", "exchange", "busy", "K-0001"}


@pytest.mark.parametrize(
    "give",
    [
        lambda figures: figures.count(Metric.COMMITS),
        lambda figures: figures.count(Metric.COMMITS, outcome="durable", kind="x"),
        lambda figures: figures.count(Metric.COMMITS, result="durable"),
        lambda figures: figures.count(Metric.CLERK_WAITING),
        lambda figures: figures.count(Metric.TICKETS, outcome="given"),
        lambda figures: figures.gauge(Metric.COMMIT_SECONDS, 1),
        lambda figures: figures.gauge(Metric.PART, 1, part="reader"),
    ],
)
def test_what_is_not_this_services_is_withheld(figures: Figures, give: object) -> None:
    """A label missing, one too many, one of another name, a gauge that is counted, another service's figure."""
    assert callable(give)
    give(figures)
    seen = samples(figures)
    assert seen["konbini_withheld_total", ()] == 1
    assert {name for name, _ in seen if not name.endswith(("_bucket", "_sum", "_count"))} <= {
        "konbini_withheld_total",
        "konbini_unread_total",
    }


def test_withheld_is_said_once_a_figure(figures: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    """A defect in a loop does not fill the log, and the log does not have the value."""
    for _ in range(3):
        figures.count(Metric.COMMITS, outcome="住民")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["kind"]) for line in lines] == [("a figure withheld", "commits")]
    assert "住民" not in str(lines)


def test_a_gauge_is_of_its_reading_alone(figures: Figures) -> None:
    """What the next reading does not give is absent, not old."""
    figures.gauge(Metric.OPEN_CASES, 4)
    figures.gauge(Metric.KIOSK_FAULT_CODE, 603, kiosk="K-0001")
    assert samples(figures)["konbini_kiosk_fault_code", (("kiosk", "K-0001"),)] == 603
    figures.forget_gauges()
    figures.gauge(Metric.OPEN_CASES, 0)
    seen = samples(figures)
    assert seen["konbini_open_cases", ()] == 0
    assert "konbini_kiosk_fault_code" not in {name for name, _ in seen}


def test_two_processes_in_one_interpreter_share_nothing() -> None:
    """No registry is global."""
    one, other = Figures(ServiceName.CLERK), Figures(ServiceName.CLERK)
    one.count(Metric.COMMITS, outcome="durable")
    assert '"durable"' in one.shown().decode()
    assert '"durable"' not in other.shown().decode()


def test_threads_lose_no_count(figures: Figures) -> None:
    """The writer counts in a thread of its own."""

    def work() -> None:
        for _ in range(2000):
            figures.count(Metric.COMMITS, outcome="durable")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(figures)["konbini_commits_total", (("outcome", "durable"),)] == 8000


async def test_what_fails_is_timed_too(figures: Figures) -> None:
    """However the body ends."""
    clock = SettableClock(0)

    async def sealed() -> None:
        with timed(figures, clock, Metric.ORDER_STEP_SECONDS, step="seal"):
            await clock.advance(0.3)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await sealed()
    assert samples(figures)["konbini_order_step_seconds_sum", (("step", "seal"),)] == pytest.approx(0.3)


def test_nothing_is_counted_where_nobody_reads() -> None:
    """The null port takes everything and keeps nothing."""
    nothing = NoMeasures()
    nothing.count(Metric.COMMITS, outcome="no such outcome")
    nothing.observe(Metric.COMMIT_SECONDS, 1.0)
    assert NoMeasures.__slots__ == ()


@pytest.mark.parametrize("service", list(ServiceName))
def test_every_figure_of_a_service_can_be_given(service: ServiceName) -> None:
    """With the first value of each of its labels."""
    registers = {"kiosk": ["K-0001"], "ward": ["131997"], "follower": ["issuing"]}
    figures = Figures(service, registers)
    for metric in Metric:
        shape = metric.value
        if service not in shape.services or metric is Metric.WITHHELD:
            continue
        labels = {label.name: (label.values or registers[label.name])[0] for label in shape.labels}
        match shape.kind:
            case Kind.COUNTER:
                figures.count(metric, **labels)
            case Kind.HISTOGRAM:
                figures.observe(metric, 1.0, **labels)
            case Kind.GAUGE:
                figures.gauge(metric, 1.0, **labels)
    seen = samples(figures)
    assert seen["konbini_withheld_total", ()] == 0
    bare = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name, _ in seen}
    assert bare == {metric.value.name for metric in Metric if service in metric.value.services}


def test_the_librarys_own_registry_is_not_shown() -> None:
    """A figure that a library adds to the global registry is not ours to show."""
    program = (
        "from prometheus_client import Counter\n"
        "from konbini.process.measures.shapes import ServiceName\n"
        "from konbini.process.measures.figures import Figures\n"
        "Counter('stray_total', 'of a library').inc()\n"
        "print('stray' in Figures(ServiceName.CLERK).shown().decode())"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    assert answer.stdout.strip() == "False"
