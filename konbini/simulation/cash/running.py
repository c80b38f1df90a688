"""Starts, kills and ends the coin device's process, and lends a person's hands to it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from konbini.kiosk import controller
from konbini.kiosk.payment import frames
from konbini.kiosk.payment.client import CoinDevice
from konbini.process.clock import SystemClock
from konbini.protocol.errors import Refused

__all__ = ["CoinMachine", "DidNotStartError", "Hands", "RejectedError"]

_STARTING = 15.0
_RECHECK = 0.02


class DidNotStartError(Exception):
    """The process ended or stayed silent."""


class RejectedError(Exception):
    """The device did not do what the hands wanted; the text is its word (SHUT, JAM, UNKNOWN)."""


class Hands:
    """What a person can do at the device whose control socket is at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def drop(self, yen: int) -> None:
        """Put one coin or note into the slot.

        Raises:
            RejectedError: it falls through, since the slot is shut, jammed or does not know it.
        """
        await self._do(f"DROP {yen}")

    async def take(self) -> int:
        """Take everything out of the dish and return how many yen it was."""
        return int(await self._do("TAKE"))

    async def empty_hopper(self) -> None:
        """Leave nothing to pay change from."""
        await self._do("HOPPER EMPTY")

    async def fill_hopper(self) -> None:
        """Fill the hopper."""
        await self._do("HOPPER FULL")

    async def jam(self) -> None:
        """Let every piece fall through."""
        await self._do("JAM ON")

    async def unjam(self) -> None:
        """Clear the slot."""
        await self._do("JAM OFF")

    async def stick_motor(self) -> None:
        """Let nothing be paid out: what is due is owed."""
        await self._do("MOTOR STUCK")

    async def free_motor(self) -> None:
        """Let the motor turn again."""
        await self._do("MOTOR FREE")

    async def cut_link(self) -> None:
        """Pull the device's cable to the kiosk."""
        await self._do("LINK CUT")

    async def join_link(self) -> None:
        """Put the cable in again."""
        await self._do("LINK JOINED")

    async def _do(self, line: str) -> str:
        answer = await controller.ask(self._path, line, most_bytes=frames.MOST_BYTES)
        head, _, rest = answer.decode("ascii").rstrip("\n").partition(" ")
        if head != "OK":
            raise RejectedError(rest)
        return rest


class CoinMachine:
    """One coin device in a process of its own; use as an async context manager.

    Args:
        home: its memory and its sockets; the path is short enough for a UNIX socket (100 bytes).
        coin_seconds: what a falling coin takes.
    """

    def __init__(self, home: Path, *, coin_seconds: float = 0.0) -> None:
        self._home = home
        self._coin_seconds = coin_seconds
        self._process: asyncio.subprocess.Process | None = None
        self.socket = home / "kiosk"
        """Where the kiosk finds it."""
        self.hands = Hands(home / "hands")
        """What a person can do to it."""

    async def __aenter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Switch it on; returns when it answers.

        Raises:
            DidNotStartError: it does not.
        """
        self.socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "konbini.simulation.cash.device"),
            *(str(self._home), str(self._coin_seconds)),
            stdin=asyncio.subprocess.DEVNULL,
        )
        device = CoinDevice(self.socket, SystemClock())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTING):
                while self._process.returncode is None:
                    with contextlib.suppress(Refused):
                        await device.state()
                        return
                    await asyncio.sleep(_RECHECK)
        raise DidNotStartError

    async def kill(self) -> None:
        """Cut the power: kill -9, whatever it was doing."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
