"""The kiosk's client against the coin device's own process: payments, bad habits, and kill -9 between any two steps."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from konbini.kiosk import controller
from konbini.kiosk.payment.amounts import CashCounts, Ending, Settlement
from konbini.kiosk.payment.client import CoinDevice
from konbini.kiosk.payment.ports import Asking, CashFault
from konbini.kiosk.payment.reckoning import Reckoning
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code, Refused
from konbini.simulation.cash.running import CoinMachine, RejectedError

_FIRST, _SECOND, _THIRD = (bytes((n,)) * 16 for n in (1, 2, 3))


@dataclass(slots=True, kw_only=True)
class Stand:
    """The machine, and the kiosk's client in front of it."""

    machine: CoinMachine
    cash: CoinDevice

    async def pay(self, fee: int, key: bytes, *pieces: int) -> None:
        """Ask, and put these pieces in."""
        await self.cash.ask(fee, key)
        for piece in pieces:
            await self.machine.hands.drop(piece)

    async def counts(self) -> CashCounts:
        """The device's count."""
        return (await self.cash.state()).counts


def _stand(home: Path, coin_seconds: float = 0.0) -> Stand:
    machine = CoinMachine(home, coin_seconds=coin_seconds)
    return Stand(
        machine=machine, cash=CoinDevice(controller.at(machine.socket), SystemClock(), poll=0.02, patience=5.0)
    )


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: UNIX sockets have a limit, and pytest's own folders are deep."""
    folder = Path(tempfile.mkdtemp(prefix="coins-"))
    yield folder
    shutil.rmtree(folder)


async def test_a_fee_is_paid_kept_and_changed(home: Path) -> None:
    """Coin by coin until it is enough, then captured with change; the count proves what was kept."""
    stand = _stand(home)
    async with stand.machine:
        await stand.cash.ask(300, _FIRST)
        seen: list[Asking] = []
        async with aclosing(stand.cash.inserted(_FIRST)) as escrow:
            async for asking in escrow:
                seen.append(asking)
                if not asking.enough:
                    await stand.machine.hands.drop(100 if len(seen) < 3 else 500)
        assert [asking.escrow for asking in seen] == [0, 100, 200, 700]
        with pytest.raises(RejectedError, match="SHUT"):
            await stand.machine.hands.drop(10)
        settlement = await stand.cash.capture(_FIRST, 300)
        assert settlement == Settlement(ending=Ending.CAPTURED, taken=700, returned=400, owed=0)
        assert (await stand.counts()).kept == 300
        assert await stand.machine.hands.take_coins() == 400
        state = await stand.cash.state()
        assert (state.asking, state.faults) == (None, frozenset())


async def test_an_escrow_is_given_back_whole(home: Path) -> None:
    """Before or after it is enough; asked again, the same answer and no second payout."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 100, 50)
        back = Settlement(ending=Ending.GIVEN_BACK, taken=150, returned=150, owed=0)
        assert await stand.cash.give_back(_FIRST) == back
        assert await stand.cash.give_back(_FIRST) == back
        assert await stand.cash.capture(_FIRST, 300) == back
        assert await stand.counts() == CashCounts(taken=150, returned=150, owed=0, escrow=0)
        assert await stand.machine.hands.take_coins() == 150


async def test_what_cannot_be_paid_out_is_owed(home: Path) -> None:
    """An empty hopper owes the change, a stuck motor the whole escrow; both are named, and counted."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 1000)
        await stand.machine.hands.empty_hopper()
        assert (await stand.cash.state()).faults == {CashFault.CANNOT_PAY_OUT}
        captured = await stand.cash.capture(_FIRST, 300)
        assert captured == Settlement(ending=Ending.CAPTURED, taken=1000, returned=0, owed=700)
        await stand.machine.hands.stick_motor()
        await stand.pay(300, _SECOND, 100)
        back = await stand.cash.give_back(_SECOND)
        assert back == Settlement(ending=Ending.GIVEN_BACK, taken=100, returned=0, owed=100)
        assert await stand.counts() == CashCounts(taken=1100, returned=0, owed=800, escrow=0)
        await stand.machine.hands.fill_hopper()
        await stand.machine.hands.free_motor()
        assert not (await stand.cash.state()).faults


async def test_a_piece_without_change_falls_through(home: Path) -> None:
    """An empty hopper takes the exact sum: nothing is put in that could not be given back as change."""
    stand = _stand(home)
    async with stand.machine:
        await stand.machine.hands.empty_hopper()
        await stand.cash.ask(300, _FIRST)
        for piece in (1000, 500):
            with pytest.raises(RejectedError, match="NO-CHANGE"):
                await stand.machine.hands.drop(piece)
        for piece in (100, 100, 100):
            await stand.machine.hands.drop(piece)
        assert await stand.cash.capture(_FIRST, 300) == Settlement(
            ending=Ending.CAPTURED, taken=300, returned=0, owed=0
        )


async def test_the_dish_sensor_sees_coins_and_counts_nothing(home: Path) -> None:
    """Coins lie there over a cut of the power, until a hand has taken them."""
    stand = _stand(home)
    async with stand.machine:
        assert not (await stand.cash.state()).dish
        await stand.pay(300, _FIRST, 500)
        await stand.cash.capture(_FIRST, 300)
        assert (await stand.cash.state()).dish
        await stand.machine.kill()
        await stand.machine.start()
        assert (await stand.cash.state()).dish
        assert await stand.machine.hands.take_coins() == 200
        assert not (await stand.cash.state()).dish


async def test_a_short_payout_is_counted_whole(home: Path) -> None:
    """The piece that stays behind under a blind sensor is a loss that no count shows: the resident's word does."""
    stand = _stand(home)
    async with stand.machine:
        await stand.machine.hands.keep_last_piece(kept=True)
        await stand.pay(300, _FIRST, 500)
        assert (await stand.cash.capture(_FIRST, 300)).returned == 200
        assert (await stand.counts()).returned == 200
        assert await stand.machine.hands.take_coins() == 100


async def test_a_count_that_disagrees_is_found_by_the_orders(home: Path) -> None:
    """Its count of what was taken runs ahead of what the order says."""
    stand, reckoning = _stand(home), Reckoning()
    async with stand.machine:
        assert reckoning.agrees(await stand.counts())
        for key, wrong in ((_FIRST, 0), (_SECOND, 100)):
            await stand.machine.hands.miscount(wrong)
            await stand.pay(300, key, 500)
            end = await stand.cash.capture(key, 300)
            reckoning.note(taken=end.taken, returned=end.returned, owed=end.owed)
            assert reckoning.agrees(await stand.counts()) is (wrong == 0)


async def test_an_end_that_is_not_answered_moved_the_money_once(home: Path) -> None:
    """Captured, then silence: asked again it says the same, and pays no change twice."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 500)
        await stand.machine.hands.hang_up_once()
        with pytest.raises(Refused):
            await stand.cash.capture(_FIRST, 300)
        assert (await stand.cash.capture(_FIRST, 300)).returned == 200
        assert await stand.machine.hands.take_coins() == 200


async def test_a_jammed_slot_takes_nothing(home: Path) -> None:
    """Pieces fall through and are not counted; the escrow so far can still be returned."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 100)
        await stand.machine.hands.jam()
        with pytest.raises(RejectedError, match="JAM"):
            await stand.machine.hands.drop(100)
        assert (await stand.cash.state()).faults == {CashFault.JAM}
        with pytest.raises(Refused) as refused:
            await anext(stand.cash.inserted(_FIRST))
        assert refused.value.code is Code.CASH_UNAVAILABLE
        assert (await stand.cash.give_back(_FIRST)).returned == 100
        with pytest.raises(Refused):
            await stand.cash.ask(100, _SECOND)
        await stand.machine.hands.unjam()
        await stand.pay(100, _SECOND, 100)


async def test_one_asking_at_a_time(home: Path) -> None:
    """Another key is refused while one is open; the same again is no second asking; an unknown coin falls through."""
    stand = _stand(home)
    async with stand.machine:
        with pytest.raises(RejectedError, match="SHUT"):
            await stand.machine.hands.drop(100)
        await stand.pay(300, _FIRST, 100)
        await stand.cash.ask(300, _FIRST)
        for fee, key in ((300, _SECOND), (200, _FIRST)):
            with pytest.raises(Refused) as refused:
                await stand.cash.ask(fee, key)
            assert refused.value.code is Code.CASH_UNAVAILABLE
        with pytest.raises(RejectedError, match="UNKNOWN"):
            await stand.machine.hands.drop(5)
        with pytest.raises(Refused):
            await stand.cash.capture(_FIRST, 300)
        with pytest.raises(Refused):
            await anext(stand.cash.inserted(_SECOND))
        asking = (await stand.cash.state()).asking
        assert asking == Asking(key=_FIRST, sum=300, escrow=100)


async def test_a_cut_link_is_a_device_that_does_not_answer(home: Path) -> None:
    """The kiosk hears nothing, the escrow stays, and the asking goes on when the cable is back."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 100)
        await stand.machine.hands.cut_link()
        with pytest.raises(Refused) as refused:
            await stand.cash.state()
        assert refused.value.code is Code.CASH_UNAVAILABLE
        await stand.machine.hands.drop(500)
        await stand.machine.hands.join_link()
        assert (await stand.cash.capture(_FIRST, 300)).kept == 300


async def test_kill_between_escrow_and_capture(home: Path) -> None:
    """The device is killed with the money in escrow: it is there when it is back, and captured once."""
    stand = _stand(home)
    async with stand.machine:
        await stand.pay(300, _FIRST, 500)
        await stand.machine.kill()
        with pytest.raises(Refused):
            await stand.cash.capture(_FIRST, 300)
        await stand.machine.start()
        assert (await stand.cash.state()).asking == Asking(key=_FIRST, sum=300, escrow=500)
        settlement = Settlement(ending=Ending.CAPTURED, taken=500, returned=200, owed=0)
        assert await stand.cash.capture(_FIRST, 300) == settlement
        await stand.machine.kill()
        await stand.machine.start()
        assert await stand.cash.capture(_FIRST, 300) == settlement
        assert await stand.counts() == CashCounts(taken=500, returned=200, owed=0, escrow=0)
        assert await stand.machine.hands.take_coins() == 200


async def test_kill_between_two_coins_of_a_payout(home: Path) -> None:
    """Ten coins, killed again and again while they fall: 990 yen fall in the end, and not a coin more."""
    stand = _stand(home, coin_seconds=0.1)
    unpaid = []
    async with stand.machine:
        await stand.pay(10, _FIRST, 1000)
        for _ in range(3):
            asking = asyncio.ensure_future(stand.cash.capture(_FIRST, 10))
            await asyncio.sleep(0.12)
            await stand.machine.kill()
            with pytest.raises(Refused):
                await asking
            await stand.machine.start()
            unpaid.append((await stand.counts()).escrow)
        assert unpaid[0] > unpaid[2] > 0
        settlement = await stand.cash.capture(_FIRST, 10)
        assert settlement == Settlement(ending=Ending.CAPTURED, taken=1000, returned=990, owed=0)
        assert await stand.counts() == CashCounts(taken=1000, returned=990, owed=0, escrow=0)
        assert await stand.machine.hands.take_coins() == 990


async def test_whoever_settles_a_dead_visit_need_not_know_how_far_it_came(home: Path) -> None:
    """Never asked: nothing comes back, and the visit's late ask is refused; the next visit is not touched."""
    stand = _stand(home)
    async with stand.machine:
        nothing = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)
        assert await stand.cash.give_back(_FIRST) == nothing
        with pytest.raises(Refused):
            await stand.cash.ask(300, _FIRST)
        await stand.pay(300, _SECOND, 500)
        assert await stand.cash.give_back(_THIRD) == nothing
        assert await stand.cash.give_back(_FIRST) == nothing
        assert (await stand.cash.capture(_SECOND, 300)).kept == 300


async def test_the_ledger_is_proven_by_the_device_s_own_count(home: Path) -> None:
    """Ten orders, printed and not, with change owed in between: kept = the fees of what was captured."""
    stand = _stand(home)
    async with stand.machine:
        fees = 0
        for number in range(10):
            key = bytes((100 + number,)) * 16
            await stand.pay(300, key, 500)
            if number == 5:
                await stand.machine.hands.stick_motor()
            if number % 3:
                fees += (await stand.cash.capture(key, 300)).kept
            else:
                await stand.cash.give_back(key)
        counts = await stand.counts()
        assert counts.kept == fees == 6 * 300
        assert counts.owed > 0
        assert counts.taken == 10 * 500


@pytest.mark.parametrize("answer", [b"", b"OK", b"OK - 0 0 0 0 0 -\n", b"X" * 5000 + b"\n", b"NO POWER\n", b"\xff\n"])
async def test_a_device_that_talks_nonsense_is_unavailable(home: Path, answer: bytes) -> None:
    """Cut, short, long or foreign answers are no answer, and none is believed; a no is one."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(speak, home / "kiosk"):
        with pytest.raises(Refused) as refused:
            await CoinDevice(controller.at(home / "kiosk"), SystemClock(), patience=1.0).state()
        assert refused.value.code is (Code.CASH_UNAVAILABLE if answer.startswith(b"NO") else Code.CASH_SILENT)


async def test_silent_right_after_a_coin(home: Path) -> None:
    """The coin is in, and the kiosk hears nothing of it until the device speaks again; then it is given back."""
    stand = _stand(home)
    async with stand.machine:
        await stand.cash.ask(300, _FIRST)
        await stand.machine.hands.fall_silent_after_coin()
        assert (await stand.counts()).escrow == 0
        await stand.machine.hands.drop(100)
        for question in (stand.cash.state(), stand.cash.give_back(_FIRST)):
            with pytest.raises(Refused) as refused:
                await question
            assert refused.value.code is Code.CASH_SILENT
        await stand.machine.hands.speak()
        assert (await stand.counts()).escrow == 100
        assert (await stand.cash.give_back(_FIRST)).returned == 100


async def test_a_device_that_cannot_be_asked_has_heard_nothing(home: Path) -> None:
    """A cable that is out, and a device that says no, are told from one that did not answer."""
    stand = _stand(home)
    async with stand.machine:
        await stand.machine.hands.jam()
        with pytest.raises(Refused) as refused:
            await stand.cash.ask(300, _FIRST)
        assert refused.value.code is Code.CASH_UNAVAILABLE
        await stand.machine.hands.cut_link()
        with pytest.raises(Refused) as refused:
            await stand.cash.ask(300, _FIRST)
        assert refused.value.code is Code.CASH_UNAVAILABLE
