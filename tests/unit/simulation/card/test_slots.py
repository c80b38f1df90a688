"""A slot keeps its line to the reader, and has its habits when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.habits import At, Garble, Mute, Pull, Swap, bit_flipped, cut_to_one_octet, random_status
from konbini.simulation.card.latency import NO_LATENCY
from konbini.simulation.card.layout import CONTACTLESS_ATR
from konbini.simulation.card.slots import ReaderSlot

SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = bytes.fromhex("00A4020C020018")
PIN_1234 = bytes.fromhex("002000800431323334")
SELECT_KEY = bytes.fromhex("00A4020C020017")
SIGN = bytes.fromhex("802A008003ABCDEF00")
OK = b"\x90\x00"
SELECT = At(instruction=0xA4)


class Line:
    """One card's line, from the reader's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def tell(self, body: bytes) -> None:
        """Send a frame."""
        self._writer.write(len(body).to_bytes(2, "big") + body)

    async def ask(self, body: bytes) -> bytes:
        """Send a frame, get the card's."""
        self.tell(body)
        length = int.from_bytes(await self._reader.readexactly(2), "big")
        return await self._reader.readexactly(length)

    async def gone(self) -> bool:
        """Wait until the card has closed its end, be it on frames it never read."""
        try:
            return await self._reader.read(1) == b""
        except ConnectionResetError:
            return True


class ListeningReader:
    """The reader's end, as vsmartcard keeps it: it listens, one card at a time."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def listen(self) -> None:
        """Listen, on the same port when it did before."""
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, with every line."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._lines.put_nowait(Line(reader, writer))

    async def card(self) -> Line:
        """Wait for a card."""
        return await self._lines.get()


@pytest.fixture
async def reader() -> AsyncIterator[ListeningReader]:
    """A reader that listens."""
    listening = ListeningReader()
    await listening.listen()
    yield listening
    await listening.stop()


@pytest.fixture
async def slot(reader: ListeningReader) -> AsyncIterator[ReaderSlot]:
    """An empty slot of that reader."""
    slot = ReaderSlot(reader.port, latency=NO_LATENCY)
    yield slot
    await slot.pull()


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x02"])
async def test_power_and_reset_are_not_answered(
    reader: ListeningReader, slot: ReaderSlot, content: CardContent, control: bytes
) -> None:
    """0, 1 and 2 drop the selection and get no frame; 4 gets the ATR."""
    slot.insert(Card(content, atr=CONTACTLESS_ATR))
    line = await reader.card()
    assert [await line.ask(SELECT_JPKI), await line.ask(SELECT_PIN)] == [OK, OK]
    line.tell(control)
    assert await line.ask(b"\x04") == CONTACTLESS_ATR
    assert await line.ask(SELECT_PIN) == b"\x6a\x82"


async def test_a_pulled_card_closes_its_line(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """Pulling at rest ends the line, and the slot is empty for the next card."""
    slot.insert(Card(content))
    line = await reader.card()
    with pytest.raises(RuntimeError, match="a card lies"):
        slot.insert(Card(content))
    await slot.pull()
    assert await line.gone()
    assert slot.card is None
    slot.insert(Card(content))
    assert await (await reader.card()).ask(SELECT_JPKI) == OK


async def test_a_card_survives_the_reader(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """Pcscd stopped and started again: the card that still lies there is found, without its selection."""
    slot.insert(Card(content))
    line = await reader.card()
    assert await line.ask(SELECT_JPKI) == OK
    await reader.stop()
    await reader.listen()
    line = await reader.card()
    assert await line.ask(SELECT_PIN) == b"\x6a\x82"


async def test_pull_in_the_middle_of_a_command(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """The command is never answered, the line ends, the slot is empty; `skip` lets commands pass before."""
    slot.arm(Pull(at=At(instruction=0xA4, skip=1)))
    slot.insert(Card(content))
    line = await reader.card()
    assert await line.ask(SELECT_JPKI) == OK
    line.tell(SELECT_PIN)
    assert await line.gone()
    assert slot.card is None


async def test_a_mute_card_answers_nothing_any_more(
    reader: ListeningReader, slot: ReaderSlot, content: CardContent
) -> None:
    """Not the command, not a question for the ATR; taking it off ends it."""
    slot.arm(Mute(at=SELECT))
    slot.insert(Card(content))
    line = await reader.card()
    line.tell(SELECT_JPKI)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await line.ask(b"\x04")
    await slot.pull()
    assert await line.gone()


@pytest.mark.parametrize(
    ("how", "received"), [(bit_flipped, b"\x91\x00"), (cut_to_one_octet, b"\x90"), (random_status, b"\x9f\x0f")]
)
async def test_a_damaged_answer_comes_once(
    reader: ListeningReader, slot: ReaderSlot, content: CardContent, how: Callable[[bytes], bytes], received: bytes
) -> None:
    """The card did what it was told, the answer is damaged, the next one is not."""
    slot.arm(Garble(at=SELECT, how=how))
    slot.insert(Card(content))
    line = await reader.card()
    assert await line.ask(SELECT_JPKI) == received
    assert await line.ask(SELECT_PIN) == OK


@pytest.mark.parametrize("mimic", [False, True])
async def test_a_swapped_card_answers_on_the_same_line(
    reader: ListeningReader,
    slot: ReaderSlot,
    content: CardContent,
    mimic: bool,  # noqa: FBT001 - a parameter
) -> None:
    """An ordinary card comes without power's gifts; one that mimics stands where the first one stood."""
    other = Card(content)
    slot.arm(Swap(at=At(instruction=0x2A), to=other, mimic=mimic))
    slot.insert(Card(content))
    line = await reader.card()
    for command in (SELECT_JPKI, SELECT_PIN, PIN_1234, SELECT_KEY):
        assert await line.ask(command) == OK
    answer = await line.ask(SIGN)
    assert slot.card is other
    assert len(answer) == (258 if mimic else 2)
    assert answer[-2:] == (OK if mimic else b"\x69\x86")


async def test_a_habit_that_is_forgotten(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """What was mended before it happened does not happen."""
    slot.arm(Garble(at=SELECT, how=random_status))
    slot.disarm()
    slot.insert(Card(content))
    assert await (await reader.card()).ask(SELECT_JPKI) == OK


async def test_a_reader_that_shows_another_atr(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """The card is the same, whatever the answer to reset says; mended, it says its own."""
    slot.show_atr(CONTACTLESS_ATR)
    card = Card(content)
    slot.insert(card)
    line = await reader.card()
    assert card.atr != CONTACTLESS_ATR == await line.ask(b"\x04")
    assert await line.ask(SELECT_JPKI) == OK
    slot.show_atr(None)
    assert await line.ask(b"\x04") == card.atr


async def test_locked_pins(reader: ListeningReader, slot: ReaderSlot, content: CardContent) -> None:
    """The card that lies there and each that is laid have no try left, until all of them are set anew."""
    lies, laid = Card(content), Card(content)
    slot.insert(lies)
    line = await reader.card()
    slot.lock_pins()
    assert [await line.ask(each) for each in (SELECT_JPKI, SELECT_PIN, PIN_1234)] == [OK, OK, b"\x69\x84"]
    await slot.pull()
    slot.insert(laid)
    assert (lies.tries_left(0x18), laid.tries_left(0x18)) == (0, 0)
    await slot.pull()
    slot.insert(Card(None))
    slot.unlock_pins()
    assert (lies.tries_left(0x18), laid.tries_left(0x18)) == (3, 3)
