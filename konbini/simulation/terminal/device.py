"""The cashless terminal's process: `python -m konbini.simulation.terminal.device HOME`.

Listens in HOME at `kiosk` (`konbini.kiosk.payment.terminal_frames`) and at `hands`. Each step is on disk before it is
answered. The hands' lines, answered by OK or NO with a word: PRESENT GOOD|POOR (a card whose issuer approves, or does
not); DECLINING ON|OFF (no issuer approves any card); NETWORK UP|DOWN (down, no issuer is asked); LINK CUT|JOINED;
HANG-UP (the next end is carried out and not answered); SILENT ON|OFF (the next card is approved, and from then on the
kiosk gets no answer); COUNT <yen> (its count of what it captured is that much too high).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from konbini.kiosk.payment.terminal_frames import MOST_BYTES, Phase
from konbini.protocol.codec import Value, decode, encode
from konbini.simulation.terminal import machine as steps
from konbini.simulation.terminal.machine import Ended, SaidError, Terminal

__all__ = ["Device", "main"]

_MOST_MEMORY = 64 * 1024


class Device:
    """One terminal; `home` holds its memory and its sockets."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._terminal = _load(home / "memory")
        self._up = True
        self._declining = False
        self._hangs_up = False
        self._silenced_by_card = False
        self._silent = False
        self._miscounted = 0
        self._kiosk: asyncio.Server | None = None
        self._joining: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        hands = await self._listen("hands", self._answer_hands)
        await self._join()
        async with hands:
            await hands.serve_forever()

    async def _listen(self, name: str, answer: Callable[[list[str]], bytes]) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                line = await reader.readline()
                writer.write(answer(line.decode("ascii", "replace").split()))
                await writer.drain()
            except SaidError as said:
                writer.write(f"NO {said}\n".encode("ascii"))
            except (ConnectionError, ValueError):
                pass  # the peer is gone, or sent a line beyond the limit
            finally:
                writer.close()

        path = self._home / name
        path.unlink(missing_ok=True)
        return await asyncio.start_unix_server(serve, path, limit=MOST_BYTES)

    async def _join(self) -> None:
        if self._kiosk is None:
            self._kiosk = await self._listen("kiosk", self._answer_kiosk)

    def _cut(self) -> None:
        server, self._kiosk = self._kiosk, None
        if server is not None:
            server.close()
            (self._home / "kiosk").unlink()

    def _answer_kiosk(self, words: list[str]) -> bytes:
        if self._silent:
            return b""
        match words:
            case ["STATE"]:
                return self._state()
            case ["AUTHORISE", yen, key] if yen.isdigit():
                if not self._up:
                    raise SaidError("DOWN")
                self._step(steps.authorise(self._terminal, int(yen), bytes.fromhex(key)))
                return b"OK\n"
            case ["CAPTURE", yen, key] if yen.isdigit():
                spent = bytes.fromhex(key)
                return self._end(steps.capture(self._terminal, spent, int(yen)), spent)
            case ["CARRY", yen, key, following] if yen.isdigit():
                spent = bytes.fromhex(key)
                return self._end(steps.carry(self._terminal, spent, int(yen), bytes.fromhex(following)), spent)
            case ["VOID", key]:
                spent = bytes.fromhex(key)
                return self._end(steps.void(self._terminal, spent), spent)
        raise SaidError("MALFORMED")

    def _state(self) -> bytes:
        one = self._terminal
        key, network = one.key.hex() or "-", "UP" if self._up else "DOWN"
        captured = one.captured + self._miscounted
        return f"OK {key} {one.yen} {one.phase.value} {captured} {one.voided} {network}\n".encode("ascii")

    def _end(self, after: Terminal, key: bytes) -> bytes:
        self._step(after)
        ended = self._terminal.end_of(key)
        if ended is None:
            raise SaidError("UNKNOWN")
        if self._hangs_up:
            self._hangs_up = False
            return b""
        word = "CAPTURED" if ended.captured else "VOIDED"
        return f"OK {word} {ended.held} {ended.released}\n".encode("ascii")

    def _answer_hands(self, words: list[str]) -> bytes:
        match words:
            case ["PRESENT", "GOOD" | "POOR" as card]:
                self._present(approved=card == "GOOD" and not self._declining)
            case ["NETWORK", "UP" | "DOWN" as network]:
                self._up = network == "UP"
            case ["LINK", "CUT"]:
                self._cut()
            case ["LINK", "JOINED"]:
                self._joining = asyncio.ensure_future(self._join())
            case _:
                self._misbehave(words)
        return b"OK\n"

    def _present(self, *, approved: bool) -> None:
        if not self._up:
            raise SaidError("DOWN")
        self._step(steps.present(self._terminal, approved=approved))
        self._silent = self._silenced_by_card

    def _misbehave(self, words: list[str]) -> None:
        """Take on a bad habit, or drop it."""
        match words:
            case ["DECLINING", "ON" | "OFF" as declining]:
                self._declining = declining == "ON"
            case ["HANG-UP"]:
                self._hangs_up = True
            case ["SILENT", "ON" | "OFF" as silent]:
                self._silenced_by_card = silent == "ON"
                self._silent = False
            case ["COUNT", yen] if yen.isdigit():
                self._miscounted = int(yen)
            case _:
                raise SaidError("MALFORMED")

    def _step(self, after: Terminal) -> None:
        if after is not self._terminal:
            _keep(self._home / "memory", after)
            self._terminal = after


def _keep(path: Path, one: Terminal) -> None:
    """Return only when the state would survive a cut of the power."""
    ends: list[Value] = [[ended.key, ended.captured, ended.held, ended.released] for ended in one.ends]
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(encode([one.key, one.yen, one.phase.value, one.captured, one.voided, ends]))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def _load(path: Path) -> Terminal:
    """Read back what `_keep` wrote; the file is the terminal's own, so that anything else is a defect and raises."""
    if not path.exists():
        return Terminal()
    key, yen, phase, captured, voided, ends = cast(
        "_Stored", tuple(cast("list[Value]", decode(path.read_bytes(), _MOST_MEMORY)))
    )
    return Terminal(
        key=key,
        yen=yen,
        phase=Phase(phase),
        captured=captured,
        voided=voided,
        ends=tuple(Ended(key=each[0], captured=each[1], held=each[2], released=each[3]) for each in ends),
    )


_Stored = tuple[bytes, int, str, int, int, list[tuple[bytes, bool, int, int]]]


async def _serve(home: Path) -> None:
    serving = asyncio.ensure_future(Device(home).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        return


def main() -> None:
    """Run the terminal until SIGTERM."""
    asyncio.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
