"""A town whose kiosk has a card terminal instead of a coin slot: one pays there, or is declined, and reads so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.demo.hardware.server import hardware_page
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.simulation.faults.breakdowns import BREAKDOWNS, Part
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh, says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_ENGLISH = catalogues()[Language.ENGLISH]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(folder: Path) -> AsyncIterator[RunningTown]:
    """A town with one kiosk, and a terminal at it."""
    plan = TownPlan(
        directory=folder / "t", tray=folder / "tray", residents=500, latency=NO_LATENCY, means=Means.CASHLESS
    )
    async with run_town(plan, SystemClock(), SystemEntropy()) as running:
        yield running


async def test_from_start_to_paper(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The screens speak of the terminal and never of coins; the fee is captured when the paper is out."""
    guest, books = Guest(town, fresh(town), session), Books(town=town)
    before = (await town.cash(SystemClock()).state()).counts
    seen = await guest.reach("pay")
    assert seen.heading == _ENGLISH.text("cashless.pay.title")
    assert not any("coin" in text.lower() for text in seen.text)
    printed = town.printer.impressions
    seen = await guest.reach("end")
    assert _ENGLISH.text("cashless.end.belongings") in seen.text
    assert town.printer.impressions == printed + 1
    await guest.leave()
    await books.settled()
    await books.balance()
    assert books.last_outcome() == Outcome.PRINTED
    assert (await town.cash(SystemClock()).state()).counts.kept > before.kept


async def test_declined(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """The card's issuer says no: nothing is charged, nothing is printed, and the screen says both."""
    guest, books = Guest(town, fresh(town), session), Books(town=town)
    guest.approved = False
    printed, before = town.printer.impressions, (await town.cash(SystemClock()).state()).counts
    seen = await guest.reach("refused")
    assert says(seen, Code.PAYMENT_DECLINED), seen.text
    assert _ENGLISH.text("cashless.money.none_taken") in seen.text
    await guest.leave()
    await books.settled()
    await books.balance()
    assert books.last_outcome() == Outcome.CANCELLED
    assert (town.printer.impressions, (await town.cash(SystemClock()).state()).counts) == (printed, before)


async def test_the_hardware_page_has_a_terminal(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Cards to hold against it, its own faults, none of the coins, and no fault of a device that is not there."""
    async with hardware_page(town, SystemClock(), SystemEntropy()) as address, session.get(address) as answer:
        text = await answer.text()
    assert 'data-act="present"' in text
    assert 'data-act="drop"' not in text
    assert 'data-fault="slot"' not in text
    own = [each for each in BREAKDOWNS.values() if each.part is Part.TERMINAL]
    assert own
    assert all(f'data-fault="{each.key}"' in text for each in own)
    assert 'data-fault="card-mute"' in text
