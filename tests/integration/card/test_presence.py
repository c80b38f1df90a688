"""The monitor: what it sees at once, each change, and how it outlives pcscd and the reader."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import pytest

from konbini.kiosk.card.ports import Presence
from konbini.kiosk.card.reader import PcscCardReader
from konbini.kiosk.host.devices import DeviceWatch
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Code, Refused
from konbini.protocol.service import Condition
from konbini.simulation.card.applet import Card
from konbini.simulation.card.habits import At, Mute
from konbini.simulation.card.pcsc import PrivatePcscd
from konbini.simulation.card.slots import ReaderSlot
from tests.unit.kiosk.visit.parts import CoinBox, PaperPrinter

Lay = Callable[[Card], Awaitable[None]]
NewCard = Callable[..., Card]
Next = Callable[[], Awaitable[Presence]]

NOTHING = Presence(reader=False, card=False)
EMPTY = Presence(reader=True, card=False)
LAID = Presence(reader=True, card=True)


@contextlib.asynccontextmanager
async def watching(reader: PcscCardReader) -> AsyncIterator[Next]:
    """What the monitor says next, within five seconds."""

    async def following(seen: AsyncGenerator[Presence, None]) -> Presence:
        async with asyncio.timeout(5):
            return await anext(seen)

    async with contextlib.aclosing(reader.presence()) as seen:
        yield lambda: following(seen)


@pytest.fixture
async def plugged_again(pcscd: PrivatePcscd) -> AsyncIterator[None]:
    """Whatever a test does to the daemon, the next test finds it running with its reader."""
    yield
    await pcscd.stop()
    await pcscd.start()


async def test_first_what_is_there_then_each_change(
    reader: PcscCardReader, slot: ReaderSlot, new_card: NewCard
) -> None:
    """Empty at once, laid, empty again; and nothing else in between."""
    async with watching(reader) as following:
        assert await following() == EMPTY
        slot.insert(new_card())
        assert await following() == LAID
        await slot.pull()
        assert await following() == EMPTY


async def test_a_session_is_no_change(reader: PcscCardReader, lay: Lay, new_card: NewCard, slot: ReaderSlot) -> None:
    """Connecting to the card and unpowering it wakes the monitor, and it says nothing."""
    await lay(new_card())
    async with watching(reader) as following:
        assert await following() == LAID
        session = await reader.open()
        await session.close()
        await slot.pull()
        assert await following() == EMPTY


async def test_a_mute_card_hides_nothing(reader: PcscCardReader, lay: Lay, new_card: NewCard, slot: ReaderSlot) -> None:
    """While a command hangs the card still lies there; pulling it is seen."""
    slot.arm(Mute(at=At(instruction=0xA4)))
    impatient = PcscCardReader("Virtual PCD 00 00", watchdog=0.3)
    await lay(new_card())
    async with watching(reader) as following:
        assert await following() == LAID
        with pytest.raises(Refused):
            await impatient.open()
        await slot.pull()
        assert await following() == EMPTY


@pytest.mark.usefixtures("plugged_again")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_a_restarted_daemon_is_found_again(  # noqa: PLR0913, PLR0917 - fixtures
    pcscd: PrivatePcscd,
    reader: PcscCardReader,
    slot: ReaderSlot,
    lay: Lay,
    new_card: NewCard,
    how: signal.Signals,
) -> None:
    """Stopped or killed: out of service, the open session over; started: back by itself, the card still lying there."""
    card = new_card()
    await lay(card)
    async with watching(reader) as following:
        assert await following() == LAID
        session = await reader.open()
        await pcscd.stop(how)
        assert await following() == NOTHING
        assert await refused(session.verify_pin(bytearray(b"1234"))) == Code.READER_UNAVAILABLE
        await session.close()
        assert await refused(reader.open()) == Code.READER_UNAVAILABLE
        await pcscd.start()
        seen = await following()
        assert seen in {EMPTY, LAID}
        if seen == EMPTY:
            assert await following() == LAID
        session = await reader.open()
        await session.verify_pin(bytearray(b"1234"))
        await session.close()
    assert slot.card is card


@pytest.mark.usefixtures("plugged_again")
async def test_an_unplugged_reader_is_out_of_service_until_it_is_back(
    pcscd: PrivatePcscd, reader: PcscCardReader, slot: ReaderSlot
) -> None:
    """A daemon without a reader is a kiosk without a reader; plugged in again it is seen."""
    assert slot.card is None
    async with watching(reader) as following:
        assert await following() == EMPTY
        await pcscd.stop()
        await pcscd.start(plugged=False)
        assert await following() == NOTHING
        assert await refused(reader.open()) == Code.READER_UNAVAILABLE
        await pcscd.stop()
        await pcscd.start()
        assert await following() == EMPTY


class Tray:
    """A paper exit in which nothing lies."""

    async def occupied(self) -> bool:
        """Say so."""
        return False

    async def taken(self) -> None:
        """Return at once."""


@pytest.mark.usefixtures("plugged_again")
async def test_a_kiosk_without_its_reader_is_out_of_service_and_back_by_itself(
    pcscd: PrivatePcscd, reader: PcscCardReader, slot: ReaderSlot
) -> None:
    """What every visit is told: the reader's fault while it is unplugged, none when it is back."""
    assert slot.card is None
    watch = DeviceWatch(reader=reader, printer=PaperPrinter(), cash=CoinBox(), paper_exit=Tray(), clock=SystemClock())

    async def until(fault: int) -> Condition:
        async with asyncio.timeout(10):
            while watch.devices.fault != fault:
                await watch.after(watch.devices.serial, 1.0)
        return watch.conditions.reader

    watching_devices = asyncio.create_task(watch.run())
    try:
        assert await until(0) is Condition.GOOD
        await pcscd.stop()
        await pcscd.start(plugged=False)
        assert await until(int(Code.READER_UNAVAILABLE)) is Condition.FAULT
        await pcscd.stop()
        await pcscd.start()
        assert await until(0) is Condition.GOOD
    finally:
        watching_devices.cancel()
        await asyncio.gather(watching_devices, return_exceptions=True)


async def test_a_reader_of_another_name_is_not_ours(pcscd: PrivatePcscd) -> None:
    """The configured prefix decides."""
    assert pcscd.process_id
    other = PcscCardReader("Another Make")
    async with watching(other) as following:
        assert await following() == NOTHING
    assert await refused(other.open()) == Code.READER_UNAVAILABLE


async def test_the_monitors_thread_ends_with_it(reader: PcscCardReader) -> None:
    """Closing the iterator leaves no thread behind."""
    async with watching(reader) as following:
        assert await following() == EMPTY
        assert "card monitor" in {thread.name for thread in threading.enumerate()}
    assert "card monitor" not in {thread.name for thread in threading.enumerate()}


async def refused(doing: Awaitable[object]) -> Code:
    """The code that this is refused with."""
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value.code
