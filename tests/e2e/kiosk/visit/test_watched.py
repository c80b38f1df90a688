"""A town that somebody watches: one visit is one trace through kiosk, center and ward, and stands in all figures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.traces.attributes import ORDER_STEPS, WITHHELD, Attribute
from konbini.process.traces.exporting import trace_of
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.town.people import Townsperson
from tests.collector import CollectedSpan, Collector, collecting
from tests.e2e.kiosk.visit.breaking import Breaker
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh
from tests.measuring import Reading, missing, read

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_SERVICES = ("kiosk", "center", "issuing")
_PROCESSES = ("K-0001", "center", "issuing", "registry", "clerk")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def collector() -> AsyncIterator[Collector]:
    """Somebody who takes spans."""
    async with collecting() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(folder: Path, collector: Collector) -> AsyncIterator[RunningTown]:
    """A town whose processes are told of the collector."""
    plan = TownPlan(
        directory=folder / "t", tray=folder / "tray", residents=500, latency=NO_LATENCY, collector=collector.port
    )
    async with run_town(plan, SystemClock(), SystemEntropy()) as running:
        yield running


async def figures(town: RunningTown, process: str) -> Reading:
    """Read the figures of a process."""
    return await read(town.town.run / f"{process}-measures.sock")


def kinds(spans: list[CollectedSpan], service: str) -> set[object]:
    """Give the kinds of message in a service's spans."""
    return {span.attributes.get("konbini.kind") for span in spans if span.service == f"konbini-{service}"} - {None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The town's one visit, and what every process shows right after it."""

    person: Townsperson
    visit_id: bytes
    readings: Mapping[str, Reading]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def visited(town: RunningTown) -> Watched:
    """Make the visit, at a town of which nothing was broken yet: whoever breaks something asks for it first."""
    person, books = fresh(town), Books(town=town)
    async with aiohttp.ClientSession() as session:
        guest = Guest(town, person, session)
        assert (await guest.reach("end")).state == "end"
        await guest.leave()
    await books.settled()
    (visit_id,) = books.rows("K-0001", "SELECT visit_id FROM visit ORDER BY rowid DESC LIMIT 1")[0]
    assert isinstance(visit_id, bytes)
    return Watched(person=person, visit_id=visit_id, readings={name: await figures(town, name) for name in _PROCESSES})


async def test_one_visit_is_followed_through_all_three(visited: Watched, collector: Collector) -> None:
    """The same trace at each, found from the visit id of the kiosk's journal; steps, times, and nothing of a person."""
    person, visit_id = visited.person, visited.visit_id
    visit = trace_of(visit_id)
    trace, parent = visit.trace_id.to_bytes(16), visit.span_id.to_bytes(8)

    def whole(spans: list[CollectedSpan]) -> bool:
        seen = {(span.service, span.attributes.get("konbini.kind")) for span in spans if span.trace == trace}
        return all((f"konbini-{service}", "receipt") in seen for service in _SERVICES)

    spans = [span for span in await collector.until(whole) if span.trace == trace]
    for service in _SERVICES:
        assert {"open", "order", "receipt"} <= kinds(spans, service), service
    steps = [span for span in spans if span.name == "ward.order_step"]
    assert {span.attributes["konbini.step"] for span in steps} == ORDER_STEPS
    orders = {span.number for span in spans if span.name == "ward.frame" and span.attributes["konbini.kind"] == "order"}
    assert {span.parent for span in steps} == orders
    assert {span.parent for span in spans if span not in steps} == {parent}
    allowed = {f"konbini.{one}" for one in Attribute}
    for span in spans:
        assert set(span.attributes) <= allowed, span
        assert WITHHELD not in span.attributes
        assert span.nanoseconds > 0
        assert visit_id.hex() not in str(span)
        assert not any(word in str(span) for word in (person.record.resident, person.record.name))


async def test_the_visit_stands_in_every_figure(visited: Watched) -> None:
    """Counted at each process; healthy and ready; nothing withheld; nobody's name."""
    kiosk, center, issuing, registry, clerk = [visited.readings[name] for name in _PROCESSES]
    assert kiosk.get("konbini_outcomes_total", outcome="printed") == 1
    assert kiosk.get("konbini_visits_ended_total", ending="wiped") == 1
    assert kiosk.get("konbini_exchange_seconds_count", kind="order") == 1
    assert kiosk.get("konbini_part", part="printer") == 0
    assert kiosk.get("konbini_link_up") == 1
    assert center.get("konbini_tickets_total", outcome="given") == 1
    assert center.get("konbini_connected", end="kiosk") == 1
    assert issuing.get("konbini_orders_total", kind="resident_record", outcome="issued") == 1
    assert issuing.get("konbini_frame_seconds_count", kind="order") == 1
    assert issuing.get("konbini_kiosk_part", kiosk="K-0001", part="reader") == 0
    assert registry.get("konbini_follower_lag_entries", follower="issuing") == 0
    assert registry.get("konbini_changes_waiting") == 0
    assert clerk.get("konbini_clerk_seconds_count", step="seal") == 1
    for name, shown in (("kiosk", kiosk), ("center", center), ("issuing", issuing), ("registry", registry)):
        assert shown.get("konbini_withheld_total") == 0, name
        assert shown.get("konbini_unread_total") == 0, name
    for reading in (kiosk, center, issuing):
        assert reading.get("konbini_spans_dropped_total", reason="refused") is None


async def test_every_process_is_healthy_and_ready(town: RunningTown) -> None:
    """All five, whatever another test broke before; a paper that came out lies no more, or the kiosk would say so."""
    for process in _PROCESSES:
        socket = town.town.run / f"{process}-measures.sock"
        assert await missing(socket, "health") == [], process
        await until(socket, [])


@pytest.mark.usefixtures("visited")
async def test_what_a_kiosk_lacks_is_named(town: RunningTown, breaker: Breaker) -> None:
    """The center gone: its link is down and no ward can be asked, while it is healthy; it all comes back."""
    socket = town.town.run / "K-0001-measures.sock"
    restore = await breaker.kill("center")
    await until(socket, ["LINK_DOWN", "NO_WARD"])
    assert await missing(socket, "health") == []
    await asyncio.sleep(1.0)  # gauges are read once a second
    assert (await read(socket)).get("konbini_link_up") == 0
    await restore()
    await until(socket, [])


async def until(socket: Path, lacks: list[str]) -> None:
    """Wait until a process lacks just this."""
    async with asyncio.timeout(60):
        while await missing(socket) != lacks:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)
