"""The coin device of the simulated world behind production's client."""

from __future__ import annotations

import asyncio

import pytest

from konbini.kiosk.payment.client import CoinDevice
from konbini.protocol.errors import Code, Refused
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.clock import SettableClock
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.life import PlainBeing
from konbini.simulation.world.counter.witness import Records
from tests.unit.simulation.world.counter.passing import passing

KEY = bytes(16)


def client(counter: Counter, being: PlainBeing | None = None) -> CoinDevice:
    """Give the device as a process uses it."""
    return CoinDevice(counter.cash.line(being), counter.clock)


async def test_what_goes_in_and_comes_out_is_told(clock: SettableClock, counter: Counter, records: Records) -> None:
    """A note pays a fee, and the change is taken out of the dish."""
    cash = client(counter)
    with pytest.raises(RejectedError):
        await counter.cash.drop("somebody", 1000)
    await cash.ask(300, KEY)
    await counter.cash.drop("somebody", 1000)
    settlement = await passing(clock, cash.capture(KEY, 300))
    assert (settlement.taken, settlement.returned) == (1000, 700)
    assert (await cash.state()).dish
    assert await counter.cash.take("somebody") == 700
    assert await counter.cash.take("somebody") == 0
    assert not (await cash.state()).dish
    assert [(one.who, one.yen) for one in records.money] == [("somebody", 1000), ("somebody", -700)]


async def test_a_payout_goes_on_when_who_asked_is_dead(clock: SettableClock, counter: Counter) -> None:
    """Coins that fall do not wait for anybody."""
    being = PlainBeing()
    cash = client(counter, being)
    await cash.ask(300, KEY)
    await counter.cash.drop("somebody", 1000)
    work = being.start(cash.give_back(KEY))
    await clock.advance(0.05)
    being.kill()
    await asyncio.wait((work,))
    assert work.cancelled()
    assert (await client(counter).state()).counts.escrow == 1000
    await clock.advance(5)
    assert await counter.cash.take("somebody") == 1000
    with pytest.raises(asyncio.CancelledError):
        await cash.state()


async def test_a_cable_that_is_pulled_and_a_device_that_hangs_up(clock: SettableClock, counter: Counter) -> None:
    """Nobody heard the question; or it was carried out, and nobody knows."""
    cash = client(counter)
    counter.cash.cut = True
    with pytest.raises(Refused) as refused:
        await cash.ask(300, KEY)
    assert refused.value.code is Code.CASH_UNAVAILABLE
    counter.cash.cut = False
    await cash.ask(300, KEY)
    await counter.cash.hands.hang_up_once()
    with pytest.raises(Refused) as refused:
        await passing(clock, cash.give_back(KEY))
    assert refused.value.code is Code.CASH_SILENT


async def test_its_word_is_new_when_something_changed(counter: Counter) -> None:
    """A count that runs wrong, a jam and a motor that sticks are said at once."""
    cash, hands = client(counter), counter.cash.hands
    assert (await cash.state()) == (await cash.state())
    await hands.miscount(100)
    assert (await cash.state()).counts.taken == 100
    await hands.miscount(0)
    await hands.jam()
    await hands.stick_motor()
    assert len((await cash.state()).faults) == 2
