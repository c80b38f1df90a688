"""One buffer for all connections: what was read is handed on whole, and nothing of it stays."""

from __future__ import annotations

import asyncio

from konbini.process.wiped_reading import ReadBuffer, WipedReading


class Heard(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note it."""
        self.told.append(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.told.append(exc)

    def data_received(self, data: bytes) -> None:
        """Note it."""
        self.told.append(data)

    def eof_received(self) -> bool | None:
        """Note it, and keep the connection."""
        self.told.append("eof")
        return True

    def pause_writing(self) -> None:
        """Note it."""
        self.told.append("pause")

    def resume_writing(self) -> None:
        """Note it."""
        self.told.append("resume")


def test_what_was_read_is_handed_on_and_wiped() -> None:
    """Two connections in turn, the second with less: it gets its own bytes and nothing of the first's is left."""
    buffer, first, second = ReadBuffer(), Heard(), Heard()
    for heard, data in ((first, b"a sealed body"), (second, b"another")):
        reading = WipedReading(heard, buffer)
        lent = reading.get_buffer(1 << 20)
        lent[: len(data)] = data
        reading.buffer_updated(len(data))
        assert heard.told == [data]
        assert not any(buffer.whole)


def test_a_whole_buffer_is_handed_on() -> None:
    """A read that fills it."""
    buffer, heard = ReadBuffer(), Heard()
    reading = WipedReading(heard, buffer)
    size = len(reading.get_buffer(-1))
    buffer.whole[:] = b"x" * size
    reading.buffer_updated(size)
    assert heard.told == [b"x" * size]
    assert not any(buffer.whole)


def test_everything_else_is_handed_on() -> None:
    """As the loop says it, in its order."""
    heard, transport, fault = Heard(), asyncio.Transport(), OSError()
    reading = WipedReading(heard, ReadBuffer())
    reading.connection_made(transport)
    reading.pause_writing()
    reading.resume_writing()
    assert reading.eof_received() is True
    reading.connection_lost(fault)
    assert heard.told == [transport, "pause", "resume", "eof", fault]
