"""The reader's service and the printer are restarted in the middle of a visit, as by a supervisor or a power strip."""

from __future__ import annotations

import signal

import aiohttp
import pytest

from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import serves_again, settled, settled_however
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(420),
    pytest.mark.faults,
    pytest.mark.long,
]

_WITH_THE_CARD = {"card", "pin"}
"""Screens at which the card is still wanted."""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda how: how.name)
@pytest.mark.parametrize("at", ["card", "pin", "take card", "kind", "pay", "printing"])
async def test_the_readers_service_is_restarted(
    town: RunningTown, session: aiohttp.ClientSession, at: str, how: signal.Signals
) -> None:
    """With the card in use the visit ends or goes on, paid iff printed; once it is taken back nobody notices."""
    guest, before, orders = Guest(town, fresh(town), session), town.printer.impressions, Books(town=town).orders()
    await guest.reach(at)
    await town.pcscd.stop(how)
    await town.pcscd.start()
    seen = await guest.reach("end", "refused", "refused, take card", "start")
    if at not in _WITH_THE_CARD | {"take card"}:
        assert seen.state == "end", seen.text
    await settled_however(guest, before, orders)
    await serves_again(town, session)


@pytest.mark.parametrize("at", ["kind", "pay", "printing", "take paper"])
async def test_the_printer_is_restarted(town: RunningTown, session: aiohttp.ClientSession, at: str) -> None:
    """Its job is gone and its counter stays: printed, void or in doubt, and never a second page."""
    guest, before = Guest(town, fresh(town), session), town.printer.impressions
    await guest.reach(at)
    await town.printer.unplug()
    await town.printer.plug_in()
    await guest.reach("end", "refused")
    await settled(guest, before)
    await serves_again(town, session)
