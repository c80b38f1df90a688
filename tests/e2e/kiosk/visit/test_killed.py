"""kill -9 of the kiosk before and after each commit of its journal: settled from what stands, told to the ward.

What the journal is committed for, in the order of a visit: the visit opened; four steps of each order (money asked for,
ordering, printing, handed), the next one's first before the one under way is concluded; each order concluded; the visit
closed; each receipt's FINAL.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable

import aiohttp
import pytest

from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import Breaker, gone, settled
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh
from tests.e2e.kiosk.visit.pids import pids_of_visits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420), pytest.mark.faults]

_COMMITS = [("opened", 1), *(("step", nth) for nth in (1, 2, 3, 4)), ("conclude", 1), ("close", 1), ("final", 1)]
_BY_STEP = {1: Outcome.CANCELLED, 2: Outcome.VOID}
"""What a journal proves that stands at asking for money, and at ordering; from printing on the counter decides."""
_SHORT = {("before", "step", 4)}
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
    await going_on(guest, start_again())
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


async def going_on(guest: Guest, until: Awaitable[None]) -> None:
    """Let somebody do what the screen asks for until something is over."""
    going = asyncio.create_task(guest.reach("nowhere"))
    try:
        await until
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going


_NOT_CARRIED = ("after", "step", 5)
_BETWEEN = {_NOT_CARRIED, ("before", "conclude", 1)}
"""The next order is journalled and the money not yet carried to it; it is carried, and the first is not concluded."""
_EVERY_OF_TWO = [
    pytest.param((edge, step, nth), marks=() if (edge, step, nth) == _NOT_CARRIED else pytest.mark.long)
    for step, nth in (*(("step", nth) for nth in range(3, 9)), ("conclude", 1), ("conclude", 2), ("final", 1))
    for edge in ("before", "after")
]
_LEFT = {5: Outcome.CANCELLED, 6: Outcome.VOID}
"""What a journal proves of the second order, by the step that is the last one in it."""


@pytest.mark.parametrize("place", _EVERY_OF_TWO)
async def test_killed_between_two_orders(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, place: tuple[str, str, int]
) -> None:
    """Two copies paid in one sum: what is printed is kept, the rest is given back, each order has its own outcome."""
    before, (edge, step, nth) = town.printer.impressions, place
    start_again = await breaker.let_kiosk_die(edge, step, nth)
    guest = Guest(town, fresh(town), session)
    guest.errand.copies = 2
    await going_on(guest, start_again())
    books = await settled(guest, before)
    check_two(books, *place)


@pytest.mark.parametrize(
    "place",
    [pytest.param(place, marks=() if place[1] == "conclude" else pytest.mark.long) for place in sorted(_BETWEEN)],
)
async def test_a_visit_killed_between_two_orders(
    town: RunningTown, session: aiohttp.ClientSession, breaker: Breaker, place: tuple[str, str, int]
) -> None:
    """The same where the process of the visit dies: the long-lived one settles it before anybody else is served."""
    before, (edge, step, nth) = town.printer.impressions, place
    await breaker.let_kiosk_die(edge, step, nth, victim="visit")
    guest = Guest(town, fresh(town), session)
    guest.errand.copies = 2
    await guest.reach("notice")  # a kiosk that has just begun starts its first visit's process in its own time
    serving = pids_of_visits(town.processes["kiosk"])[0]
    await going_on(guest, gone((serving,)))
    books = await settled(guest, before)
    assert books.outcomes() == [Outcome.PRINTED, Outcome.CANCELLED]


def check_two(books: Books, edge: str, step: str, nth: int) -> None:
    """Hold the outcomes of two orders against where the kiosk died."""
    outcomes = books.outcomes()
    if step == "step" and nth - (edge == "before") in _LEFT:
        assert outcomes == [Outcome.PRINTED, _LEFT[nth - (edge == "before")]]
    elif (step, nth) == ("conclude", 2):
        assert outcomes == [Outcome.PRINTED, Outcome.PRINTED]
    elif (step, nth) == ("conclude", 1):
        assert outcomes == [Outcome.PRINTED, Outcome.CANCELLED]
    assert len(books.numbers()) == outcomes.count(Outcome.PRINTED)
