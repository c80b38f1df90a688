"""At the real kiosk: what nobody took is told, an opened cabinet stops it, a test print is nobody's."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable

import aiohttp
import pytest

from konbini.kiosk import controller
from konbini.kiosk.payment.client import CoinDevice
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.kiosk.visit.guest import Books, Guest, fresh, says
from tests.e2e.kiosk.visit.pids import pids_of_visits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

_SECONDS = 60.0
_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(_SECONDS):
        while not true():  # noqa: ASYNC110 - another process has no bell for us
            await asyncio.sleep(0.05)


class Maintainer:
    """A maintainer at the service page."""

    def __init__(self, town: RunningTown, session: aiohttp.ClientSession) -> None:
        self._shop = town.shop
        self._page = town.shop.service_page
        self._session = session
        self._cookie = ""

    async def sign_in(self) -> str:
        """Sign in; the page."""
        fields = {"name": self._shop.maintainer, "password": self._shop.password}
        async with self._session.post(
            f"{self._page}en/sign-in", data=fields, headers=self._headers(), allow_redirects=False
        ) as answer:
            self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return await self.read()

    async def read(self) -> str:
        """Read the page."""
        async with self._session.get(f"{self._page}en", headers=self._headers()) as answer:
            return await answer.text()

    async def act(self, act: str) -> str:
        """Press a button; what the page says in a word."""
        found = _TOKEN.search(await self.read())
        assert found is not None
        fields = {"act": act, "token": found[1]}
        async with self._session.post(
            f"{self._page}en/act", data=fields, headers=self._headers(), allow_redirects=False
        ) as answer:
            return answer.headers["Location"].partition("said=")[2]

    def _headers(self) -> dict[str, str]:
        return {"Origin": self._page.rstrip("/"), "Cookie": self._cookie}


async def test_a_paper_of_a_visit_that_died_is_told_until_it_is_gone(
    town: RunningTown, session: aiohttp.ClientSession
) -> None:
    """The process is killed while the paper lies there: the bell rings, the ward knows which order, which stays."""
    books, guest = Books(town=town), Guest(town, fresh(town), session)
    await guest.reach("take paper")
    os.kill(pids_of_visits(town.processes["kiosk"])[0], signal.SIGKILL)
    await until(lambda: town.shop.bell.words == ("PAPER",))

    await until(lambda: books.rows("issuing", "SELECT 1 FROM receipt WHERE left_since > 0 AND left_gone IS NULL") != [])
    town.printer.take_paper()
    await until(lambda: not town.shop.bell.lit)
    await until(lambda: books.rows("issuing", "SELECT 1 FROM receipt WHERE left_gone >= left_since") != [])
    assert books.rows("issuing", "SELECT outcome FROM receipt WHERE left_since > 0") == [(Outcome.PRINTED,)]
    await guest.leave()
    await books.settled()


async def test_a_cabinet_that_is_forced_ends_a_visit_and_stays_out_of_service(
    town: RunningTown, session: aiohttp.ClientSession
) -> None:
    """The coin in escrow goes back; the screen says so; shut, it waits for a maintainer who looked."""
    books, guest = Books(town=town), Guest(town, fresh(town), session)
    guest.coins = False
    await guest.reach("pay")
    await guest.drop()
    town.shop.door.open()
    town.shop.door.shut()
    seen = await guest.reach("refused")
    assert says(seen, Code.CABINET_OPEN)
    assert (await CoinDevice(controller.at(town.coins.socket), SystemClock()).state()).counts.escrow == 0
    await until(lambda: town.shop.bell.words == ("CABINET",))
    seen = await guest.reach("out of service")
    assert says(seen, Code.CABINET_OPEN)
    maintainer = Maintainer(town, session)
    assert "Opened without a maintainer" in await maintainer.sign_in()
    await until(lambda: not town.shop.bell.lit)
    assert await maintainer.act("confirm") == "done"
    await guest.reach("start")
    await books.settled()
    await books.balance()


async def test_a_test_print_is_in_no_order(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Refused in a visit; else one page, out of service until it is taken; the next visit's paper counts as printed."""
    books, guest, maintainer = Books(town=town), Guest(town, fresh(town), session), Maintainer(town, session)
    await guest.reach("kind")
    await maintainer.sign_in()
    before = town.printer.impressions
    assert await maintainer.act("test") == "visit_under_way"
    seen = await guest.look()
    await guest.tap(seen, "cancel")
    await guest.leave()
    await books.settled()
    assert await maintainer.act("test") == "test_printed"
    assert town.printer.impressions == before + 1
    await guest.reach("out of service")
    town.printer.take_paper()
    await guest.reach("start")
    await maintainer.act("sign_out")
    another = Guest(town, fresh(town), session)
    await another.reach("end")
    await another.leave()
    await books.settled()
    await books.balance()
    assert books.last_outcome() == Outcome.PRINTED
