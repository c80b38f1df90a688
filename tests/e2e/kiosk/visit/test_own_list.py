"""The card's own list in the real town: what was issued stands in it at the next visit, and on no other card."""

from __future__ import annotations

import aiohttp
import pytest

from konbini.simulation.demo.robot import Seen
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.town.people import Townsperson
from tests.e2e.kiosk.visit.breaking import settled
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420)]

LIST, NONE = "the card's list", "no list"


async def see_list(guest: Guest) -> Seen:
    """Ask for the list at the first question."""
    seen = await guest.reach("kind")
    assert "own_list" in seen.acts
    await guest.tap(seen, "own_list")
    return await guest.reach(LIST, NONE)


async def go(guest: Guest, seen: Seen) -> None:
    """Cancel, and leave the kiosk free."""
    await guest.tap(seen, "cancel")
    await guest.leave()


async def listed(town: RunningTown, session: aiohttp.ClientSession, person: Townsperson) -> str:
    """Give what a visit that only looks is shown."""
    guest = Guest(town, person, session)
    seen = await see_list(guest)
    assert seen.state == LIST
    await go(guest, seen)
    return " ".join(seen.text)


async def test_what_was_issued_is_found_at_the_next_visit(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """By its number, as issued, at this machine; on the card of nobody else."""
    person, other = fresh(town), fresh(town)
    assert "Nothing was issued" in await listed(town, session, person)
    guest, before = Guest(town, person, session), town.printer.impressions
    guest.errand.copies = 2
    assert (await guest.reach("end", "refused")).state == "end"
    books = await settled(guest, before)
    first, second = books.numbers()
    shown = await listed(town, session, person)
    assert 0 <= shown.find(second) < shown.find(first)
    assert shown.count("Issued") >= 2
    assert shown.count("This machine, K-0001") == 2
    aside = await listed(town, session, other)
    assert first not in aside
    assert second not in aside
    await books.settled()


async def test_three_times_a_visit_and_then_on_to_the_paper(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The button goes; the certificate is issued all the same."""
    books, guest = Books(town=town), Guest(town, fresh(town), session)
    for _ in range(3):
        seen = await see_list(guest)
        assert seen.state == LIST
        await guest.tap(seen, "back")
    seen = await guest.reach("kind")
    assert "own_list" not in seen.acts
    assert (await guest.reach("end", "refused")).state == "end"
    await guest.leave()
    await books.settled()
