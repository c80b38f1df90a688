"""kill -9 of the kiosk before and after each commit of its journal: settled from what stands, told to the ward.

What the journal is committed for, in the order of a visit: the visit opened; four steps of the order (money asked for,
ordering, printing, handed); the order concluded; the visit closed; each receipt's FINAL.
"""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import Breaker, settled
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_COMMITS = [("opened", 1), *(("step", nth) for nth in (1, 2, 3, 4)), ("conclude", 1), ("close", 1), ("final", 1)]
_BY_STEP = {1: Outcome.CANCELLED, 2: Outcome.VOID}
"""What a journal proves that stands at asking for money, and at ordering; from printing on the counter decides."""
_SHORT = {("before", "step", 4), ("after", "conclude", 1)}
_NOT_ORDERED = {("before", "opened", 1), ("after", "opened", 1), ("before", "step", 1)}
_PRINTED = {"conclude", "close", "final"}
_EVERY = [
    pytest.param((edge, step, nth), marks=() if (edge, step, nth) in _SHORT else pytest.mark.long)
    for step, nth in _COMMITS
    for edge in ("before", "after")
]


@pytest.mark.parametrize("place", _EVERY)
async def test_killed_at_the_edge_of_a_commit(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, place: tuple[str, str, int]
) -> None:
    """Started again, the kiosk settles what its journal, its counter and its coin device say."""
    books, before = Books(town=town), town.printer.impressions
    orders = books.orders()
    edge, step, nth = place
    start_again = await breaker.let_kiosk_die(edge, step, nth)
    guest = Guest(town, fresh(town), session)
    going = asyncio.create_task(guest.reach("nowhere"))
    try:
        await start_again()
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
    if place in _NOT_ORDERED:
        await guest.leave()
        await books.settled()
        await books.balance()
        assert (books.orders(), town.printer.impressions) == (orders, before)
        return
    await settled(guest, before)
    assert books.orders() == orders + 1
    if step in _PRINTED:
        assert books.last_outcome() == Outcome.PRINTED
    elif (stood := nth - (edge == "before")) in _BY_STEP:
        assert books.last_outcome() == _BY_STEP[stood]
