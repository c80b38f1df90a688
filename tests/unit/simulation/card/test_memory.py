"""What outlives a card's power, and how long a card takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.latency import MEASURED_LATENCY, NO_LATENCY
from konbini.simulation.card.memory import CardMemory, FileMemory, PinRecord, VolatileMemory

SELECT_PIN = (bytes.fromhex("00A4040C0AD392F000260100000001"), bytes.fromhex("00A4020C020018"))
MISS = bytes.fromhex("002000800430303030")


def miss(card: Card) -> str:
    """One wrong PIN, from power-up on; the card's status word."""
    card.reset()
    for command in SELECT_PIN:
        card.transmit(command)
    return card.transmit(MISS).hex()


@pytest.mark.parametrize("kind", ["volatile", "file"])
def test_the_counter_survives_the_card_object(content: CardContent, tmp_path: Path, kind: str) -> None:
    """The same memory in a new card goes on where the old one stopped, down to the lock."""
    memory: CardMemory = VolatileMemory() if kind == "volatile" else FileMemory(tmp_path / "card")
    assert [miss(Card(content, memory=memory)) for _ in range(4)] == ["63c2", "63c1", "63c0", "6984"]
    assert Card(content, memory=memory).tries_left(0x0018) == 0


def test_a_file_keeps_what_was_stored(tmp_path: Path) -> None:
    """Records come back as they were; a file that never was is an unused card."""
    memory = FileMemory(tmp_path / "card")
    assert memory.load() == ()
    records = (PinRecord(fid=0x18, value=b"1234", tries_left=2), PinRecord(fid=0x1B, value=b"ABC123", tries_left=5))
    memory.store(records)
    assert FileMemory(tmp_path / "card").load() == records
    assert [path.name for path in tmp_path.iterdir()] == ["card"]


def test_the_counter_is_down_before_the_pin_is_compared(content: CardContent) -> None:
    """A card pulled between writing and comparing has spent the try: the first write of a VERIFY is the counter."""
    written: list[int] = []

    class Recording(VolatileMemory):
        def store(self, records: tuple[PinRecord, ...]) -> None:
            written.extend(record.tries_left for record in records if record.fid == 0x0018)
            super().store(records)

    card = Card(content, memory=Recording())
    for command in SELECT_PIN:
        card.transmit(command)
    written.clear()
    assert card.transmit(bytes.fromhex("002000800431323334")).hex() == "9000"
    assert written == [2, 3]


def test_a_pin_is_not_in_a_repr(content: CardContent) -> None:
    """Neither content nor record shows its secrets when printed."""
    assert "1234" not in repr(content)
    assert "1234" not in repr(PinRecord(fid=0x18, value=b"1234", tries_left=3))


def test_the_measured_latency_tells_signing_from_reading() -> None:
    """A signature takes about 200 ms more than another exchange; without latency nothing takes anything."""
    read, sign = bytes.fromhex("00B0000000"), bytes.fromhex("802A008003ABCDEF00")
    answer = bytes(258)
    assert 0.02 < MEASURED_LATENCY.seconds(read, answer) < 0.04
    assert MEASURED_LATENCY.seconds(sign, answer) > 0.2
    assert NO_LATENCY.seconds(sign, answer) == 0.0
    assert NO_LATENCY.seconds(b"", b"") == 0.0
