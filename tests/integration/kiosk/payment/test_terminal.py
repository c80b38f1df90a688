"""The kiosk's client against the cashless terminal's own process: yes, no, silence, and kill -9."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from konbini.kiosk.payment.amounts import CashCounts, Ending, Settlement
from konbini.kiosk.payment.choosing import payment_device
from konbini.kiosk.payment.means import Means
from konbini.kiosk.payment.ports import Asking, Cash, CashFault
from konbini.kiosk.payment.terminal import CashlessTerminal
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code, Refused
from konbini.simulation.terminal.running import RejectedError, TerminalMachine

_FIRST, _SECOND = (bytes((n,)) * 16 for n in (1, 2))
_CAPTURED = Settlement(ending=Ending.CAPTURED, taken=300, returned=0, owed=0)
_VOIDED = Settlement(ending=Ending.GIVEN_BACK, taken=300, returned=300, owed=0)
_NOTHING = Settlement(ending=Ending.GIVEN_BACK, taken=0, returned=0, owed=0)


@pytest.fixture
async def machine() -> AsyncIterator[TerminalMachine]:
    """A terminal under a short path, which UNIX sockets need."""
    folder = Path(tempfile.mkdtemp(prefix="card-"))
    try:
        async with TerminalMachine(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def cash(machine: TerminalMachine) -> Cash:
    """The kiosk's client."""
    return CashlessTerminal(machine.socket, SystemClock(), poll=0.02, patience=5.0)


async def _authorised(cash: Cash, machine: TerminalMachine, key: bytes) -> None:
    await cash.ask(300, key)
    await machine.hands.present()


async def test_a_fee_is_authorised_and_captured(cash: Cash, machine: TerminalMachine) -> None:
    """Nothing, then all of it in escrow; the count proves what was kept; asked again, the same answer."""
    with pytest.raises(RejectedError, match="SHUT"):
        await machine.hands.present()
    await cash.ask(300, _FIRST)
    await cash.ask(300, _FIRST)
    seen: list[int] = []
    async with aclosing(cash.inserted(_FIRST)) as askings:
        async for asking in askings:
            seen.append(asking.escrow)
            if not asking.enough:
                await machine.hands.present()
    assert seen == [0, 300]
    assert (
        await cash.capture(_FIRST, 300) == await cash.capture(_FIRST, 300) == await cash.give_back(_FIRST) == _CAPTURED
    )
    state = await cash.state()
    assert (state.asking, state.counts) == (None, CashCounts(taken=300, returned=0, owed=0, escrow=0))


async def test_what_is_authorised_is_voided(cash: Cash, machine: TerminalMachine) -> None:
    """The printer failed: the whole amount goes back, and cannot be captured any more."""
    await _authorised(cash, machine, _FIRST)
    assert (await cash.state()).counts == CashCounts(taken=300, returned=0, owed=0, escrow=300)
    assert await cash.give_back(_FIRST) == await cash.capture(_FIRST, 300) == _VOIDED
    assert (await cash.state()).counts == CashCounts(taken=300, returned=300, owed=0, escrow=0)


async def test_several_orders_are_paid_in_one_sum(cash: Cash, machine: TerminalMachine) -> None:
    """One card for three orders: the first is captured, the second fails, and what is not earned is released."""
    await cash.ask(900, _FIRST)
    await machine.hands.present()
    assert await cash.carry(_FIRST, 300, _SECOND) == await cash.carry(_FIRST, 300, _SECOND) == _CAPTURED
    assert (await cash.state()).asking == Asking(key=_SECOND, sum=600, escrow=600)
    with pytest.raises(Refused):
        await cash.carry(_SECOND, 300, _FIRST)
    released = Settlement(ending=Ending.CAPTURED, taken=600, returned=300, owed=0)
    assert await cash.capture(_SECOND, 300) == released
    assert (await cash.state()).counts == CashCounts(taken=900, returned=300, owed=0, escrow=0)


async def test_declined(cash: Cash, machine: TerminalMachine) -> None:
    """The card's issuer says no: a code of its own, nothing taken, nothing to capture."""
    await cash.ask(300, _FIRST)
    await machine.hands.present(approved=False)
    with pytest.raises(Refused) as refused:
        await anext(cash.inserted(_FIRST))
    assert refused.value.code is Code.PAYMENT_DECLINED
    with pytest.raises(Refused):
        await cash.capture(_FIRST, 300)
    assert await cash.give_back(_FIRST) == _NOTHING
    assert (await cash.state()).counts.taken == 0


async def test_silent_after_it_authorised(cash: Cash, machine: TerminalMachine) -> None:
    """Nobody heard the yes: the visit gives up, and what was authorised is voided when the terminal is back."""
    await cash.ask(300, _FIRST)
    await machine.hands.fall_silent_after_card()
    await machine.hands.present()
    with pytest.raises(Refused) as refused:
        await anext(cash.inserted(_FIRST))
    assert refused.value.code is Code.CASH_SILENT
    with pytest.raises(Refused):
        await cash.give_back(_FIRST)
    await machine.hands.speak()
    assert await cash.give_back(_FIRST) == _VOIDED


@pytest.mark.parametrize("end", ["capture", "give back"])
async def test_an_end_that_is_not_answered_is_asked_for_again(cash: Cash, machine: TerminalMachine, end: str) -> None:
    """Carried out, no answer: the repeat gets the answer, and the money moved once."""
    await _authorised(cash, machine, _FIRST)
    await machine.hands.hang_up_once()
    if end == "capture":
        assert await cash.capture(_FIRST, 300) == _CAPTURED
        assert (await cash.state()).counts.kept == 300
    else:
        assert await cash.give_back(_FIRST) == _VOIDED
        assert (await cash.state()).counts == CashCounts(taken=300, returned=300, owed=0, escrow=0)


async def test_kill_between_authorise_and_capture(cash: Cash, machine: TerminalMachine) -> None:
    """What was authorised is there when the power is back, and captured once."""
    await _authorised(cash, machine, _FIRST)
    await machine.kill()
    with pytest.raises(Refused):
        await cash.capture(_FIRST, 300)
    await machine.start()
    assert (await cash.state()).asking == Asking(key=_FIRST, sum=300, escrow=300)
    assert await cash.capture(_FIRST, 300) == _CAPTURED
    await machine.kill()
    await machine.start()
    assert await cash.capture(_FIRST, 300) == _CAPTURED
    assert (await cash.state()).counts.kept == 300


async def test_one_payment_at_a_time_and_a_spent_key_stays_spent(cash: Cash, machine: TerminalMachine) -> None:
    """A late ask of a dead visit is refused, and the next payment is not touched."""
    assert await cash.give_back(_FIRST) == _NOTHING
    with pytest.raises(Refused):
        await cash.ask(300, _FIRST)
    await _authorised(cash, machine, _SECOND)
    with pytest.raises(Refused):
        await cash.ask(300, bytes(16))
    assert await cash.give_back(_FIRST) == _NOTHING
    assert await cash.capture(_SECOND, 300) == _CAPTURED


async def test_without_its_network_it_accepts_nothing(cash: Cash, machine: TerminalMachine) -> None:
    """It is told as a slot that is jammed: the kiosk is out of service, and back by itself."""
    await machine.hands.lose_network()
    assert (await cash.state()).faults == {CashFault.JAM}
    with pytest.raises(Refused):
        await cash.ask(300, _FIRST)
    await machine.hands.find_network()
    assert not (await cash.state()).faults


async def test_nobody_is_left_waiting_where_the_network_goes(cash: Cash, machine: TerminalMachine) -> None:
    """While it waits for a card: no card can be approved any more, and the visit hears of it."""
    await cash.ask(300, _FIRST)
    await machine.hands.lose_network()
    with pytest.raises(RejectedError, match="DOWN"):
        await machine.hands.present()
    with pytest.raises(Refused) as refused:
        await anext(cash.inserted(_FIRST))
    assert refused.value.code is Code.CASH_UNAVAILABLE
    assert await cash.give_back(_FIRST) == _NOTHING


async def test_what_is_authorised_is_captured_without_the_network(cash: Cash, machine: TerminalMachine) -> None:
    """A yes that came stays one: the terminal settles with its network when that is back."""
    await _authorised(cash, machine, _FIRST)
    await machine.hands.lose_network()
    assert (await anext(cash.inserted(_FIRST))).enough
    assert await cash.capture(_FIRST, 300) == _CAPTURED


async def test_no_issuer_approves(cash: Cash, machine: TerminalMachine) -> None:
    """Every card is declined, until they approve again."""
    await machine.hands.decline_all(declined=True)
    await cash.ask(300, _FIRST)
    await machine.hands.present()
    with pytest.raises(Refused) as refused:
        await anext(cash.inserted(_FIRST))
    assert refused.value.code is Code.PAYMENT_DECLINED
    await cash.give_back(_FIRST)
    await machine.hands.decline_all(declined=False)
    await _authorised(cash, machine, _SECOND)


async def test_its_count_can_be_wrong(cash: Cash, machine: TerminalMachine) -> None:
    """What it says that it captured is not what it did."""
    await _authorised(cash, machine, _FIRST)
    await cash.capture(_FIRST, 300)
    await machine.hands.miscount(100)
    assert (await cash.state()).counts.kept == 400
    await machine.hands.miscount(0)
    assert (await cash.state()).counts.kept == 300


def test_the_configuration_chooses(tmp_path: Path) -> None:
    """One word decides which device stands behind the socket."""
    assert isinstance(payment_device(Means("cashless"), tmp_path, SystemClock()), CashlessTerminal)
    assert not isinstance(payment_device(Means("coins"), tmp_path, SystemClock()), CashlessTerminal)
