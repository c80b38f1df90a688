"""The coin device's process: `python -m konbini.simulation.cash.device HOME [COIN-SECONDS]`.

Listens in HOME at `kiosk` (the kiosk's line protocol, `konbini.kiosk.payment.frames`) and at `hands` (a person's
doings: coins in, coins out of the dish, and everything that breaks). Each step is on disk before it is answered.

The hands' lines, answered by OK with words or NO with one: DROP <yen>; TAKE (-> yen taken out of the dish);
HOPPER EMPTY|FULL; JAM ON|OFF; MOTOR STUCK|FREE; LINK CUT|JOINED; SHORT ON|OFF (the last piece of each payout stays
behind and is counted); COUNT <yen> (its count of what was taken is that much too high); HANG-UP (the next end of an
asking is carried out and not answered); SILENT ON|OFF (the next piece goes in, and from then on the kiosk gets no
answer).
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from konbini.kiosk.payment import frames
from konbini.process.clock import Clock, SystemClock
from konbini.simulation.cash.box import Box
from konbini.simulation.cash.memory import Memory

__all__ = ["Device", "main"]

_Answering = Callable[[bytes], Awaitable[bytes]]


class Device:
    """One coin device; `home` holds its memory and its sockets, `coin_seconds` is what a falling coin takes."""

    def __init__(self, home: Path, clock: Clock, *, coin_seconds: float) -> None:
        self._home = home
        self._box = Box(Memory(home / "memory"), clock, coin_seconds=coin_seconds)
        self._kiosk: asyncio.Server | None = None

    async def run(self) -> None:
        """Serve until cancelled; what the last run left unpaid is paid before any other command is taken."""
        async with self._box.powering_on():
            hands = await self._listen("hands", self._answer_hands)
            await self._join()
        async with hands:
            await hands.serve_forever()

    async def _join(self) -> None:
        if self._kiosk is None:
            self._kiosk = await self._listen("kiosk", self._box.answer_kiosk)

    async def _answer_hands(self, line: bytes) -> bytes:
        match line.decode("ascii", "replace").split():
            case ["LINK", "CUT" | "JOINED" as link]:
                await (self._cut() if link == "CUT" else self._join())
                return b"OK\n"
        return await self._box.answer_hands(line)

    async def _cut(self) -> None:
        server, self._kiosk = self._kiosk, None
        if server is not None:
            server.close()
            (self._home / "kiosk").unlink()

    async def _listen(self, name: str, answer: _Answering) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while line := await reader.readline():
                    said = await answer(line)
                    if not said:
                        return
                    writer.write(said)
                    await writer.drain()
            except (ConnectionError, ValueError):
                pass  # the peer is gone, or sent a line beyond the limit: this connection is over, the count is not
            finally:
                writer.close()

        path = self._home / name
        path.unlink(missing_ok=True)
        return await asyncio.start_unix_server(serve, path, limit=frames.MOST_BYTES)


async def _serve(home: Path, coin_seconds: float) -> None:
    serving = asyncio.ensure_future(Device(home, SystemClock(), coin_seconds=coin_seconds).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        return


def main() -> None:
    """Run the device until SIGTERM."""
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))  # noqa: PLR2004 - argv


if __name__ == "__main__":
    main()
