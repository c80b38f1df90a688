"""What `issuing` and the clerk show of themselves: an order counted step by step, and each lack named."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from konbini.process.calls import CallClient
from konbini.process.measures.condition import Missing
from konbini.process.measures.figures import Figures
from konbini.process.measures.shapes import ServiceName
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.protocol.kinds import LeftThings, Scope
from konbini.protocol.service import Condition, State
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.calls import ClerkClient
from konbini.ward_server.following.figures import CopyCondition
from konbini.ward_server.issuing.condition import IssuingCondition
from konbini.ward_server.issuing.health import HealthNow
from konbini.ward_server.issuing.ledger.barred import Part, PartScope, bar
from konbini.ward_server.issuing.states import KioskStates
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward
from tests.measuring import Reading, missing, read


def socket(ward: Ward, process: str) -> Path:
    """Give where a process shows itself."""
    return ward.town.run / f"{process}-measures.sock"


async def seen(ward: Ward, process: str = "issuing") -> Reading:
    """Read a process's figures of now; gauges are read once a second."""
    await ward.pass_time(1.0)
    return await read(socket(ward, process))


@asynccontextmanager
async def with_link(ward: Ward) -> AsyncIterator[tuple[IssuingCondition, KioskStates]]:
    """Give the condition of an `issuing` whose link stands, and the kiosks' last words that it shows."""
    clerk, states = CallClient(ward.town.run / "clerk.sock", peers=frozenset({os.getuid()})), KioskStates(ward.desk)
    yield (
        IssuingCondition(
            ward.desk,
            copy=CopyCondition(ward.desk.ledger._rows, ward.desk.upkeep, ward.clock),
            health=HealthNow(ward.desk, clerk=ClerkClient(clerk).condition, link_up=lambda: True),
            states=states,
            frames=lambda: 0,
        ),
        states,
    )
    await clerk.close()


async def test_an_order_is_counted_step_by_step(ward: Ward) -> None:
    """Opened, issued, each step once, in calls to the clerk too; and no name is in any of it."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    told = await visit.order(scope=Scope.WHOLE)
    await visit.order(scope=Scope.WHOLE)
    figures = await seen(ward)
    assert figures.get("konbini_visits_total", outcome="opened") == 1
    assert figures.get("konbini_orders_total", kind="resident_record", outcome="issued") == 1
    for step in ("rules", "reserve", "certify", "draw", "seal", "complete"):
        assert figures.get("konbini_order_step_seconds_count", step=step) == 1, step
    assert figures.get("konbini_unsettled_orders", state="issued") == 1
    assert figures.get("konbini_open_visits") == 1
    assert figures.get("konbini_calls_total", peer="clerk", outcome="answered")
    assert figures.get("konbini_withheld_total") == 0
    clerk = await seen(ward, "clerk")
    assert clerk.get("konbini_clerk_seconds_count", step="seal") == 1
    assert clerk.get("konbini_clerk_waiting") == 1
    await visit.printed(told)
    assert (await seen(ward)).get("konbini_unsettled_orders", state="issued") == 0
    for text in (figures.text, clerk.text):
        assert told.given_document.number not in text
        assert not any(member.name in text for member in menu.members)


async def test_a_refusal_is_counted_by_its_code_and_by_nothing_else(ward: Ward) -> None:
    """A protected resident's refusal has the code of any other reason to go to the counter."""
    await ward.register.protect(ALONE)
    assert (await ward.visit(ALONE).open()).menu is None
    figures = await seen(ward)
    assert figures.get("konbini_refusals_total", at="open", code="ask_at_counter") == 1
    assert figures.get("konbini_visits_total", outcome="refused") == 1


async def test_the_copy_says_how_far_it_is(ward: Ward) -> None:
    """The lease runs out when the registry is gone; the feed's place, the log and the lag are numbers."""
    before = len(ward.audit("issuing"))  # it judges by itself what is due, beside the test
    figures = await seen(ward)
    entries = figures.get("konbini_feed_entries")
    assert entries is not None
    assert entries == ward.rows("registry", "SELECT max(last) FROM feed_block")[0][0]
    assert figures.get("konbini_feed_lag_entries") == 0
    logged = figures.get("konbini_audit_entries")
    assert logged is not None
    assert before <= logged <= len(ward.audit("issuing"))
    lease = figures.get("konbini_lease_seconds")
    assert lease is not None
    assert 0 < lease <= 60
    await ward.stop("registry")
    await ward.clock.advance(61)
    figures = await read(socket(ward, "issuing"))
    assert figures.get("konbini_lease_seconds") == 0
    unreachable = [figures.get("konbini_calls_total", peer="registry", outcome=one) for one in ("unreachable", "lost")]
    assert any(unreachable)


async def test_a_kiosks_last_word_is_shown(ward: Ward) -> None:
    """Each part, what keeps it from serving and what lies there, under its name in the register."""
    kiosk = ward.kiosk()
    state = State(
        kiosk=kiosk.name,
        reader=Condition.GOOD,
        printer=Condition.FAULT,
        paper=Condition.GOOD,
        coins=Condition.WARNING,
        version="0.1.0",
        at=ward.clock.now() // 1000 - 30,
        fault=int(Code.JAM),
        left=int(LeftThings.PAPER),
    )
    figures = Figures(ServiceName.ISSUING, {"kiosk": ward.desk.register.names})
    async with with_link(ward) as (condition, states):
        await states.take(kiosk.name, state.sign(kiosk.signing))
        await condition.read(figures)
    shown = Reading(figures.shown().decode())
    assert shown.get("konbini_kiosk_part", kiosk="K-0001", part="printer") == 2
    assert shown.get("konbini_kiosk_part", kiosk="K-0001", part="coins") == 1
    assert shown.get("konbini_kiosk_fault_code", kiosk="K-0001") == Code.JAM
    assert shown.get("konbini_kiosk_left", kiosk="K-0001", thing="paper") == 1
    assert shown.get("konbini_kiosk_word_age_seconds", kiosk="K-0001") == 30


async def test_with_a_link_it_is_ready(ward: Ward) -> None:
    """Nothing is missing then."""
    async with with_link(ward) as (condition, _):
        assert await condition.missing() == frozenset()


async def test_a_ward_that_is_held_is_not_ready(ward: Ward) -> None:
    """Whole; where a kiosk alone is held the ward serves on."""

    def hold(scope: PartScope, name: str) -> Callable[[Connection], bool]:
        return lambda connection: bar(connection, Part(scope=scope, name=name), ward.clock.now(), 0, "a test")

    async with with_link(ward) as (condition, _):
        await ward.desk.ledger._rows.write(hold(PartScope.KIOSK, "K-0001"))
        assert await condition.missing() == frozenset()
        await ward.desk.ledger._rows.write(hold(PartScope.WARD, ""))
        assert await condition.missing() == {Missing.HELD}


async def test_what_keeps_a_paper_from_being_issued_is_named(ward: Ward) -> None:
    """No link here ever; then the clerk's stop, the clerk gone, the lease, a broken feed, a stop, the hours."""
    issuing, clerk = socket(ward, "issuing"), socket(ward, "clerk")
    assert await missing(issuing) == ["LINK_DOWN"]
    assert await missing(clerk) == []
    await ward.say("clerk", "stop", "--reason", "a test")
    assert await missing(issuing) == ["CLERK_NOT_READY", "LINK_DOWN"]
    assert await missing(clerk) == ["STOPPED"]
    await ward.stop("clerk")
    assert await missing(issuing) == ["CLERK_AWAY", "LINK_DOWN"]
    await ward.stop("registry")
    await ward.clock.advance(61)
    assert await missing(issuing) == ["CLERK_AWAY", "LINK_DOWN", "NOT_CURRENT"]
    await ward.desk.upkeep.standing.broke(Code.FEED_FORKED, ward.clock.now())
    entry = AuditEntry(moment=ward.clock.now(), event=AuditEvent.ISSUING_STOPPED, code=Code.SUBJECT_MISMATCH)
    await ward.desk.ledger.stop.set(entry, "a mismatch")
    await ward.clock.advance(12 * 3600)
    assert await missing(issuing) == [
        "CLERK_AWAY",
        "FEED_BROKEN",
        "LINK_DOWN",
        "NOT_CURRENT",
        "OUT_OF_HOURS",
        "STOPPED",
    ]
    figures = await read(issuing)
    assert figures.get("konbini_stop_code") == Code.SUBJECT_MISMATCH
    assert figures.get("konbini_feed_break_code") == Code.FEED_FORKED
    assert figures.get("konbini_clerk_serves") == 0
    assert await missing(issuing, "health") == []


async def test_an_outage_makes_up_for_the_lease(ward: Ward) -> None:
    """Two persons declared it at both: what is missing is the link alone."""
    await ward.stop("registry")
    await ward.clock.advance(61)
    for process in ("issuing", "clerk"):
        await ward.decide(process, "outage", "--hours", "4")
    assert await missing(socket(ward, "issuing")) == ["LINK_DOWN"]
    assert (await read(socket(ward, "issuing"))).get("konbini_outage") == 1
