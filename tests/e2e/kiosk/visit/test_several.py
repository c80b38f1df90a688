"""Several certificates of one visit in the real town: one sum, a paper and a receipt for each, balanced books."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import settled
from tests.e2e.kiosk.visit.guest import Guest, fresh

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420)]
_SECONDS = 40.0
_PRINTED = Outcome.PRINTED


async def test_three_copies_are_paid_in_one_sum(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Three papers, three numbers, three receipts that the ward has, and the fees of three in the machine."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.errand.copies = 3
    assert (await guest.reach("end", "refused")).state == "end"
    assert town.printer.impressions == before + 3
    books = await settled(guest, before)
    assert books.outcomes() == [_PRINTED] * 3
    assert len(set(books.numbers())) == 3


async def test_the_second_of_three_jams(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The first is kept and paid; the fees of the second and of the third, which is never ordered, come back.

    A sheet that jams is not counted: the counter stood still, and the second order is void.
    """
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.errand.copies = 3
    going = asyncio.create_task(guest.reach("take paper", "refused"))
    async with asyncio.timeout(_SECONDS):
        while town.printer.impressions == before:  # noqa: ASYNC110 - a printer has no bell
            await asyncio.sleep(0.01)
    town.printer.jam_after(0)
    assert (await going).state == "take paper"
    await guest.reach("end")
    await town.printer.clear_jam()
    books = await settled(guest, before)
    assert books.outcomes() == [_PRINTED, Outcome.VOID]
    assert town.printer.impressions == before + 1
    assert len(books.numbers()) == 1


async def test_one_beside_another_and_one_more_after_the_end(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Two kinds paid together, and another one once they are taken: three orders of one visit."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.errand.add, guest.errand.more = ["kind."], ["kind."]
    await guest.reach("take paper")
    assert town.printer.impressions == before + 2
    while guest.errand.more:
        assert (await guest.reach("end", "refused")).state == "end"
        await guest.act()
    assert (await guest.reach("end", "refused")).state == "end"
    books = await settled(guest, before)
    assert books.outcomes() == [_PRINTED] * 3
    assert town.printer.impressions == before + 3
    assert len(set(books.numbers())) == 3


@pytest.mark.long
async def test_no_more_than_five(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Five copies end the visit's orders: the screen offers no sixth, and the next visit begins anew."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    guest.errand.copies = 5
    seen = await guest.reach("end", "refused")
    assert (seen.state, "more" in seen.acts) == ("end", False)
    books = await settled(guest, before)
    assert books.outcomes() == [_PRINTED] * 5
