"""Processes of the real town killed at the worst moments: money right, receipts FINAL, nothing printed twice."""

from __future__ import annotations

import asyncio
import os
import signal

import aiohttp
import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import Breaker, gone, settled
from tests.e2e.kiosk.visit.guest import Guest, fresh, says
from tests.e2e.kiosk.visit.pids import pids_of_visits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420), pytest.mark.faults]
_SECONDS = 20.0


async def to_moment(guest: Guest, moment: str) -> None:
    """Bring a visit to a moment: one coin in escrow, or the page under way."""
    if moment == "escrow":
        guest.coins = False
        await guest.reach("pay")
        await drop(guest)
        guest.coins = True
    else:
        await guest.reach("printing")


async def drop(guest: Guest) -> None:
    """Drop a coin as soon as the slot takes it."""
    async with asyncio.timeout(_SECONDS):
        while True:
            try:
                await guest.town.coins.hands.drop(100)
            except RejectedError:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.mark.parametrize("moment", [pytest.param("escrow", marks=pytest.mark.long), "printing"])
async def test_kill_9_of_the_visit(town: RunningTown, session: aiohttp.ClientSession, moment: str) -> None:
    """The long-lived process settles what the dead visit left."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    await to_moment(guest, moment)
    pid = pids_of_visits(town.processes["kiosk"])[0]
    os.kill(pid, signal.SIGKILL)
    await gone((pid,))
    books = await settled(guest, before)
    if moment == "escrow":
        assert books.last_outcome() == Outcome.CANCELLED


@pytest.mark.parametrize("dies", ["visit", pytest.param("kiosk", marks=pytest.mark.long)])
async def test_a_dead_visit_that_cannot_be_settled_yet(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, dies: str
) -> None:
    """While the coin device is silent the screen says that the kiosk is out of service; it serves once all is settled.

    After a restart of the whole kiosk as after the death of one visit.
    """
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    await to_moment(guest, "escrow")
    await town.coins.hands.cut_link()
    if dies == "kiosk":
        await breaker.restart("kiosk")
    else:
        pid = pids_of_visits(town.processes["kiosk"])[0]
        os.kill(pid, signal.SIGKILL)
        await gone((pid,))
    assert (await guest.reach("out of service", "start")).state == "out of service"
    await town.coins.hands.join_link()
    books = await settled(guest, before)
    assert books.last_outcome() == Outcome.CANCELLED


@pytest.mark.parametrize("moment", ["escrow", pytest.param("printing", marks=pytest.mark.long)])
async def test_kill_9_of_the_kiosk(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, moment: str
) -> None:
    """Its visit ends with it; started again, it settles what its journal says."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    await to_moment(guest, moment)
    await breaker.restart("kiosk")
    books = await settled(guest, before)
    if moment == "escrow":
        assert books.last_outcome() == Outcome.CANCELLED


async def test_the_center_restarts_in_a_visit(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker
) -> None:
    """The links come back, and the visit goes on."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    await breaker.restart("center")
    guest.coins = True
    await guest.reach("end", "refused")
    await settled(guest, before)


async def test_issuing_dies_before_its_document(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker
) -> None:
    """ORDER has no answer: the money comes back, and the receipt reaches the ward when it is up again."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.coins = False
    await guest.reach("pay")
    start = await breaker.kill("issuing")
    guest.coins = True
    seen = await guest.reach("refused")
    assert says(seen, Code.WARD_UNREACHABLE), seen.text
    assert town.printer.impressions == before
    await start()
    await settled(guest, before)
    await Guest(town, fresh(town), session).reach("end")
    await Guest(town, fresh(town), session).leave()
