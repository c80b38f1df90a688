"""What goes wrong at a real kiosk: the named sentence, money right, nothing printed that should not be."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.card.applet import Card
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.town.people import CardCondition
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh, says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def refused(guest: Guest, code: Code) -> None:
    """Hold that the visit ends with this code and prints nothing."""
    printed = guest.town.printer.impressions
    seen = await guest.reach("refused, take card", "refused")
    assert says(seen, code), seen.text
    assert guest.town.printer.impressions == printed
    await guest.leave()


async def test_jam_after_page_1_of_2(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The fee comes back, the number is void at the ward, and the next visit prints nothing of it."""
    guest, books = Guest(town, fresh(town, least=5, most=8), session), Books(town=town)
    guest.errand.scope = "scope.3"
    town.printer.jam_after(1)
    seen = await guest.reach("refused")
    assert says(seen, Code.JAM), seen.text
    assert books.last_outcome() == Outcome.JAM
    town.printer.take_paper()
    await town.printer.clear_jam()
    await guest.leave()
    await books.settled()
    assert books.last_issuance() == (4, Outcome.JAM)
    printed = town.printer.impressions
    await Guest(town, fresh(town), session).reach("end")
    assert town.printer.impressions == printed + 1
    await Guest(town, fresh(town), session).leave()
    await books.settled()
    await books.balance()


async def test_paper_runs_out_and_is_refilled(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """A page that was cancelled for want of paper is not printed when paper comes."""
    guest, books = Guest(town, fresh(town), session), Books(town=town)
    await guest.reach("pay")
    printed = town.printer.impressions
    await town.printer.paper_out()
    seen = await guest.reach("refused")
    assert says(seen, Code.PAPER_OUT), seen.text
    await town.printer.refill()
    await guest.leave()
    await books.settled()
    assert town.printer.impressions == printed
    assert books.last_issuance() == (4, Outcome.VOID)
    await books.balance()


async def test_wrong_pin_to_the_lock(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Three wrong PINs lock the card, and the screen says so."""
    person = fresh(town)
    guest = Guest(town, person, session)
    guest.pin = "9999" if person.card is not None and person.card.pin != "9999" else "8888"
    await refused(guest, Code.PIN_LOCKED)


async def test_another_card(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """A driver's licence is no individual-number card."""
    guest = Guest(town, fresh(town), session)
    guest.card = Card(None)
    await refused(guest, Code.WRONG_CARD)


@pytest.mark.parametrize(
    ("condition", "code"), [(CardCondition.EXPIRED, Code.CARD_EXPIRED), (CardCondition.REVOKED, Code.CARD_REVOKED)]
)
async def test_a_card_that_holds_no_more(
    town: RunningTown, session: aiohttp.ClientSession, condition: CardCondition, code: Code
) -> None:
    """Expired and revoked cards are refused by the ward."""
    holders = (p for p in town.town.population.people if p.card is not None and p.card.condition is condition)
    await refused(Guest(town, next(holders), session), code)


async def test_a_protected_resident(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Whoever is protected hears what anybody hears who has to ask at a counter."""
    people = town.town.population.people
    protected = (p for p in people if p.measure is not None and town.town.population.holds_good_card(p))
    await refused(Guest(town, next(protected), session), Code.ASK_AT_COUNTER)


async def test_under_15(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """A child's card opens nothing."""
    today = town.town.population.today
    children = (
        p
        for p in town.town.population.people
        if p.card is not None and p.age(today) < 15 and p.card.condition is CardCondition.GOOD and not p.restricted
    )
    await refused(Guest(town, next(children), session), Code.UNDER_AGE)


@pytest.mark.long
async def test_card_pulled_before_the_pin(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """A card that is taken at the PIN is asked for again, and the visit goes on with it."""
    guest = Guest(town, fresh(town), session)
    await guest.reach("pin")
    await town.slot.pull()
    await guest.reach("card")
    await guest.reach("end")
    await guest.leave()


async def test_card_swapped_within_one_poll(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The card that signs is the card that was read: another one in its place ends the visit."""
    guest = Guest(town, fresh(town), session)
    await guest.reach("pin")
    town.slot.swap(await town.card_of(fresh(town)))
    seen = await guest.reach("refused, take card", "refused", "card")
    assert seen.state == "card" or says(seen, Code.CARD_REMOVED) or says(seen, Code.CARD_CHANGED), seen.text
    await town.slot.pull()
    guest.coins = False
    await leave_from_anywhere(guest)


async def leave_from_anywhere(guest: Guest) -> None:
    """Cancel whatever is under way."""
    async with asyncio.timeout(30):
        while (seen := await guest.look()).state != "start":
            if "cancel" in seen.acts:
                await guest.tap(seen, "cancel")
            elif seen.state == "refused":
                await guest.tap(seen, "finish")
            await asyncio.sleep(0.05)
