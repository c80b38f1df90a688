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
from dataclasses import replace
from pathlib import Path

from konbini.kiosk.payment import frames
from konbini.kiosk.payment.ports import CashFault, CashState
from konbini.process.clock import Clock, SystemClock
from konbini.protocol.errors import Refused
from konbini.simulation.cash import machine as steps
from konbini.simulation.cash.coins import NOTHING
from konbini.simulation.cash.machine import Machine, Said
from konbini.simulation.cash.memory import FULL_HOPPER, Memory

__all__ = ["Device", "main"]

_Answering = Callable[[bytes], Awaitable[bytes]]


class Device:
    """One coin device; `home` holds its memory and its sockets, `coin_seconds` is what a falling coin takes."""

    def __init__(self, home: Path, clock: Clock, *, coin_seconds: float) -> None:
        self._home = home
        self._clock = clock
        self._coin_seconds = coin_seconds
        self._memory = Memory(home / "memory")
        self._machine = self._memory.load()
        self._turn = asyncio.Lock()
        self._jammed = False
        self._stuck = False
        self._short = False
        self._miscounted = 0
        self._hangs_up = False
        self._silenced_by_coin = False
        self._silent = False
        self._kiosk: asyncio.Server | None = None

    async def run(self) -> None:
        """Serve until cancelled; what the last run left unpaid is paid before any other command is taken."""
        async with self._turn:
            hands = await self._listen("hands", self._answer_hands)
            await self._join()
            await self._pay_out()
        async with hands:
            await hands.serve_forever()

    async def _join(self) -> None:
        if self._kiosk is None:
            self._kiosk = await self._listen("kiosk", self._answer_kiosk)

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

    async def _answer_kiosk(self, line: bytes) -> bytes:
        if self._silent:
            return b""
        try:
            request = frames.read_request(line)
            if request[0] == "STATE":
                return frames.write_state(self._state())
            async with self._turn:
                return await self._do(request)
        except Refused:
            return b"NO MALFORMED\n"
        except Said as said:
            return f"NO {said.word}\n".encode("ascii")

    async def _do(self, request: frames.Request) -> bytes:
        verb, amount, key, following = request
        match verb:
            case "ASK" if self._jammed:
                raise Said("JAM")
            case "ASK":
                self._step(steps.ask(self._machine, amount, key))
                return b"OK\n"
            case "CAPTURE":
                self._step(steps.capture(self._machine, key, amount, stuck=self._stuck))
            case "CARRY":
                self._step(steps.carry(self._machine, key, amount, following))
            case _:
                self._step(steps.give_back(self._machine, key, stuck=self._stuck))
        await self._pay_out()
        settlement = self._machine.end_of(key)
        if settlement is None:
            raise Said("UNKNOWN")
        if self._hangs_up:
            self._hangs_up = False
            return b""
        return frames.write_settlement(settlement)

    async def _pay_out(self) -> None:
        while self._machine.payout is not None:
            await self._clock.sleep(self._coin_seconds)
            last = len(self._machine.payout.pieces) == 1
            self._step(steps.drop_coin(self._machine, sticks=last and self._short))

    def _step(self, after: Machine) -> None:
        if after is not self._machine:
            self._memory.keep(after)
            self._machine = after

    def _state(self) -> CashState:
        empty = self._stuck or not self._machine.hopper.yen
        faults = {CashFault.JAM: self._jammed, CashFault.CANNOT_PAY_OUT: empty}
        counts = self._machine.counts
        return CashState(
            asking=self._machine.asking,
            counts=replace(counts, taken=counts.taken + self._miscounted),
            faults=frozenset(fault for fault, there in faults.items() if there),
            dish=self._machine.dish > 0,
        )

    async def _answer_hands(self, line: bytes) -> bytes:
        try:
            async with self._turn:
                return await self._handle(line.decode("ascii", "replace").split())
        except Said as said:
            return f"NO {said.word}\n".encode("ascii")

    async def _handle(self, words: list[str]) -> bytes:
        match words:
            case ["DROP", yen] if yen.isdigit():
                if self._jammed:
                    raise Said("JAM")
                self._step(steps.insert(self._machine, int(yen)))
                self._silent = self._silenced_by_coin
            case ["TAKE"]:
                there = self._machine.dish
                self._step(replace(self._machine, dish=0))
                return f"OK {there}\n".encode("ascii")
            case ["HOPPER", "EMPTY" | "FULL" as level]:
                self._step(replace(self._machine, hopper=NOTHING if level == "EMPTY" else FULL_HOPPER))
            case ["JAM", "ON" | "OFF" as jam]:
                self._jammed = jam == "ON"
            case ["MOTOR", "STUCK" | "FREE" as motor]:
                self._stuck = motor == "STUCK"
            case ["LINK", "CUT" | "JOINED" as link]:
                await (self._cut() if link == "CUT" else self._join())
            case _:
                self._misbehave(words)
        return b"OK\n"

    def _misbehave(self, words: list[str]) -> None:
        """Take on a bad habit of the counting, or drop it."""
        match words:
            case ["SHORT", "ON" | "OFF" as short]:
                self._short = short == "ON"
            case ["COUNT", yen] if yen.isdigit():
                self._miscounted = int(yen)
            case ["HANG-UP"]:
                self._hangs_up = True
            case ["SILENT", "ON" | "OFF" as silent]:
                self._silenced_by_coin = silent == "ON"
                self._silent = False
            case _:
                raise Said("MALFORMED")


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
