"""A bad network on every link of the real town in the middle of visits: paid iff printed, and all settles afterwards.

The proxies stand between kiosk and center, between ward and center, and between kiosk and printer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from konbini.simulation.demo.robot import VisitFailedError
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.breaking import Breaker, serves_again, settled
from tests.e2e.kiosk.visit.guest import Guest, fresh
from tests.fault_proxy import Fault, FaultProxy, proxied

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
    pytest.mark.faults,
    pytest.mark.long,
]

_LINK = re.compile(r'\[link\]\nhost = "127\.0\.0\.1"\nport = ([0-9]+)\n')
_PRINTER = re.compile(r"ipps://localhost:([0-9]+)/")
_PLACES = {"kiosk-center": ("kiosk", _LINK), "ward-center": ("issuing", _LINK), "printer": ("kiosk", _PRINTER)}
_BAD_SECONDS = 20.0
_HELD_SECONDS = 45.0
"""So long a printer may need to come to rest by itself."""
_FRAME_BYTES = 1_000
"""What is smaller is no frame of a visit and no page."""
_LATE_SECONDS = {Fault.DELAY: 0.3, Fault.TRICKLE: 0.005}
"""A chunk is late, or half a kilobyte takes: a document of 128 KB arrives in time all the same."""
_HARMLESS = {Fault.DELAY, Fault.TRICKLE}


def config_of(town: RunningTown, process: str) -> Path:
    """Give a process's configuration."""
    return town.town.configs / f"{town.kiosk if process == 'kiosk' else process}.toml"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def proxies(town: RunningTown, breaker: Breaker) -> AsyncIterator[Mapping[str, FaultProxy]]:
    """Put a proxy on every link, and start both ends' processes anew behind them."""
    async with AsyncExitStack() as ending:
        made: dict[str, FaultProxy] = {}
        replacing: dict[str, dict[str, str]] = {}
        for link, (process, where) in _PLACES.items():
            found = where.search(config_of(town, process).read_text("utf-8"))
            assert found is not None, link
            made[link] = await ending.enter_async_context(proxied(int(found[1])))
            replacing.setdefault(process, {})[found[0]] = found[0].replace(found[1], str(made[link].port))
        for process, texts in replacing.items():
            await breaker.rewire(process, replacing=texts)
        yield made
        for process in replacing:
            await breaker.kill(process)


async def freed(guest: Guest) -> None:
    """Wait until the kiosk is free; where its printer holds what is left of a job, do as a person does who is called.

    `ippeveprinter` keeps a job whose upload was cut, and a kiosk begins no visit while its printer holds one.
    """
    patience, guest.seconds = guest.seconds, _HELD_SECONDS
    try:
        await guest.leave()
    except VisitFailedError:
        await guest.town.printer.unplug()
        await guest.town.printer.plug_in()
    finally:
        guest.seconds = patience


@pytest.mark.parametrize("times", [1, None], ids=["once", "until mended"])
@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.NONE], ids=lambda fault: fault.value)
@pytest.mark.parametrize("link", _PLACES)
async def test_a_bad_link_at_an_order(  # noqa: PLR0913, PLR0917 - the town's fixtures
    town: RunningTown,
    session: aiohttp.ClientSession,
    proxies: Mapping[str, FaultProxy],
    link: str,
    fault: Fault,
    times: int | None,
) -> None:
    """It is bad from the payment on: to the first frame alone, or for twenty seconds."""
    guest, before, proxy = Guest(town, fresh(town), session), town.printer.impressions, proxies[link]
    guest.coins = False
    await guest.reach("pay")
    harmed = proxy.harmed
    proxy.set(fault, seconds=_LATE_SECONDS.get(fault, 0.0), least=_FRAME_BYTES, times=times)
    try:
        guest.coins = True
        going = asyncio.create_task(guest.reach("end", "refused"))
        await asyncio.wait((going,), timeout=_BAD_SECONDS)
    finally:
        proxy.mend()
    seen = await going
    assert proxy.harmed > harmed
    if fault in _HARMLESS:
        assert seen.state == "end", seen.text
    if link == "printer":
        await freed(guest)
    await settled(guest, before)
    await serves_again(town, session)
