"""The operators' browsers, in a process of their own: `python -m konbini.simulation.bench.watched.readers`.

They stand for other machines, and run only while nobody else of this one wants to (SCHED_IDLE). On standard input: a
line with `Seats` as JSON; each enrols its terminal and its passkey, and signs in. Then `watch` opens each one's page
and its stream of events, which is read as it comes; `rest` closes the streams. Either is answered with a line of JSON
when it is so; the answer to `rest` is how many boards each stream brought.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from http import HTTPStatus

from konbini.process.entropy import SystemEntropy
from konbini.simulation.passkeys.browser import Browser

__all__ = ["Seat", "Seats", "main"]

_BOARD = b"event: board\n"
_PATIENCE_SECONDS = 60.0
_DOCUMENTATION = "2001:db8::{:x}"
"""Addresses that nobody has (RFC 3849): each terminal asks from one of its own, as the proxy before a console says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person at one terminal, and the codes with which both are enrolled; `english`: reads the page in English."""

    person: str
    code: str
    terminal: str
    english: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """All of them, and the console: its origin and its port on this machine."""

    origin: str
    port: int
    seats: tuple[Seat, ...]

    def to_json(self) -> str:
        """Write."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Seats:
        """Read."""
        read = json.loads(line)
        return cls(origin=read["origin"], port=read["port"], seats=tuple(Seat(**one) for one in read["seats"]))


def main() -> int:
    """Do what is asked until nothing more is."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    asyncio.run(_serve())
    return 0


async def _serve() -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    seats = Seats.from_json((await lines.readline()).decode())
    async with AsyncExitStack() as ending:
        readers = []
        for number in range(1, len(seats.seats) + 1):
            address = _DOCUMENTATION.format(number)
            browser = Browser(origin=seats.origin, port=seats.port, entropy=SystemEntropy(), address=address)
            readers.append(_Reader(await ending.enter_async_context(browser)))
        await asyncio.gather(*(reader.enter(seat) for reader, seat in zip(readers, seats.seats, strict=True)))
        _answer(len(readers))
        while asked := await lines.readline():
            if asked == b"watch\n":
                await asyncio.gather(*(reader.watch() for reader in readers))
                _answer(len(readers))
            else:
                _answer([await reader.rest() for reader in readers])
        for reader in readers:
            await reader.rest()


class _Reader:
    """One operator at the live page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._boards = 0
        self._first = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def enter(self, seat: Seat) -> None:
        """Enrol the terminal and the person, and sign in.

        Raises:
            ConnectionError: the console refuses.
        """
        browser = self._browser
        if seat.english:
            await browser.get("/language/en")
        for answer, place in (
            (await browser.enrol_terminal(seat.terminal), "/sign-in"),
            (await browser.enrol(seat.person, seat.code), "/sign-in"),
            (await browser.sign_in(), "/"),
        ):
            if answer.place != place:
                raise ConnectionError(f"{seat.person} does not get to {place}: {answer.status}")

    async def watch(self) -> None:
        """Open the page and its stream, and wait for the first board.

        Raises:
            ConnectionError: the console refuses, or the stream ends.
            TimeoutError: no board comes.
        """
        if (await self._browser.get("/")).status != HTTPStatus.OK:
            raise ConnectionError("the console does not show its live page")
        self._boards = 0
        self._first.clear()
        self._reading = asyncio.create_task(self._read())
        first = asyncio.create_task(self._first.wait())
        await asyncio.wait((self._reading, first), timeout=_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self._reading.done():
            await self._reading
        if not first.done():
            raise TimeoutError("no board comes")

    async def rest(self) -> int:
        """Close the stream, and say how many boards came.

        Raises:
            ConnectionError: it ended before.
        """
        if self._reading is not None:
            if self._reading.done():
                await self._reading
            self._reading.cancel()
            await asyncio.wait((self._reading,))
            self._reading = None
        return self._boards

    async def _read(self) -> None:
        async with self._browser.stream("/live/events") as stream:
            if stream.status != HTTPStatus.OK:
                raise ConnectionError(f"the console gives no stream: {stream.status}")
            rest = b""
            async for chunk in stream.content.iter_any():
                data = rest + chunk
                came = data.count(_BOARD)
                rest = data[1 - len(_BOARD) :]
                if came:
                    self._boards += came
                    self._first.set()
        raise ConnectionError("the console ended the stream")


def _answer(said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
