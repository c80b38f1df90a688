"""Processes of the real town that stand still (SIGSTOP) in the middle of visits, and go on: nothing wrong is issued."""

from __future__ import annotations

import asyncio
import os
import time

import aiohttp
import pytest

from konbini.process.calls import CallClient
from konbini.protocol.errors import Code
from konbini.simulation.demo.town_running import RunningTown
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import ChangeKind, Restriction, new_change
from konbini.ward_server.residents.feed import LEASE_SECONDS
from tests.e2e.kiosk.visit.breaking import Breaker, serves_again, settled
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh, says

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
    pytest.mark.faults,
    pytest.mark.long,
]

_STILL_SECONDS = 25.0
"""Longer than a kiosk waits for a ward, and than a link's frame may wait."""


@pytest.mark.parametrize("name", ["center", "issuing", "clerk", "registry"])
async def test_standing_still_at_an_order(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, name: str
) -> None:
    """It is stopped when the money is asked for and goes on later: paid iff printed, and the next visit is served."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    with breaker.stopped(name):
        guest.coins = True
        going = asyncio.create_task(guest.reach("end", "refused"))
        await asyncio.sleep(_STILL_SECONDS)
    await going
    await settled(guest, before)
    await serves_again(town, session)


async def test_the_lease_runs_out_while_the_registry_stands_still(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker
) -> None:
    """No heartbeat for longer than a lease: an order of a visit that is open then is not completed."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    with breaker.stopped("registry"):
        begun = time.monotonic()
        await asyncio.sleep(LEASE_SECONDS - 25)
        guest.coins = False
        await guest.reach("pay")
        await asyncio.sleep(max(0.0, begun + LEASE_SECONDS + 2 - time.monotonic()))
        guest.coins = True
        seen = await guest.reach("refused")
        assert says(seen, Code.WARD_NOT_CURRENT), seen.text
        assert town.printer.impressions == before
    await settled(guest, before)
    await serves_again(town, session)


async def test_a_measure_that_is_set_while_issuing_stands_still(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker
) -> None:
    """An order waits at `issuing`, which stands still; the measure is acknowledged when the lease has run out.

    Going on, `issuing` finds the order and completes nothing with it.
    """
    person, before = fresh(town), town.printer.impressions
    guest, books = Guest(town, person, session), Books(town=town)
    issued = "SELECT count(*) FROM issuance WHERE state IN (2, 4)"
    had = books.rows("issuing", issued)
    guest.coins = False
    await guest.reach("pay")
    operators = CallClient(town.town.run / "operators.sock", peers=frozenset({os.getuid()}))
    try:
        with breaker.stopped("issuing"):
            guest.coins = True
            going = asyncio.create_task(guest.reach("refused"))
            measure = Restriction(name="S-2026-0077", planned_end=None)
            change = new_change(
                ChangeKind.MEASURE_SET, person.record.resident, measure, seen=0, effective=20261120, source="申出"
            )
            entered = await operators.call(OperatorMethod.ENTER, "aoki", change.to_bytes())
            begun = time.monotonic()
            await operators.call(OperatorMethod.APPROVE, "bando", entered, within=LEASE_SECONDS + 30)
            waited = time.monotonic() - begun
        await going
    finally:
        await operators.close()
    assert waited <= LEASE_SECONDS + 5
    await settled(guest, before)
    assert town.printer.impressions == before
    assert books.rows("issuing", issued) == had
    protected = Guest(town, person, session)
    assert says(await protected.reach("refused", "refused, take card"), Code.ASK_AT_COUNTER)
    await protected.leave()
    await serves_again(town, session)
