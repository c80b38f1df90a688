"""The coin device's process, and a person's hands at it."""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk import controller
from konbini.kiosk.payment import frames
from konbini.kiosk.payment.client import CoinDevice
from konbini.process.clock import SystemClock
from konbini.simulation.device_process import DeviceProcess, DidNotStartError

__all__ = ["CoinMachine", "DidNotStartError", "Hands", "RejectedError"]


class RejectedError(Exception):
    """The device did not do what the hands wanted; the text is its word (SHUT, JAM, UNKNOWN, NO-CHANGE)."""


class Hands:
    """What a person can do at the device; `line` asks its controls."""

    def __init__(self, line: controller.Ask) -> None:
        self._line = line

    async def drop(self, yen: int) -> None:
        """Put one coin or note into the slot.

        Raises:
            RejectedError: it falls through, since the slot is shut, jammed, does not know it or has no change for it.
        """
        await self._do(f"DROP {yen}")

    async def take_coins(self) -> int:
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

    async def keep_last_piece(self, *, kept: bool) -> None:
        """Let the last piece of each payout stay behind, counted as paid; or let it fall again."""
        await self._do(f"SHORT {'ON' if kept else 'OFF'}")

    async def miscount(self, yen: int) -> None:
        """Let its count of what was taken be this much too high; 0 for right."""
        await self._do(f"COUNT {yen}")

    async def hang_up_once(self) -> None:
        """Let it carry out the next end of an asking, and answer nothing."""
        await self._do("HANG-UP")

    async def fall_silent_after_coin(self) -> None:
        """Let it take the next piece, and answer the kiosk no more."""
        await self._do("SILENT ON")

    async def speak(self) -> None:
        """Let it answer again."""
        await self._do("SILENT OFF")

    async def cut_link(self) -> None:
        """Pull the device's cable to the kiosk."""
        await self._do("LINK CUT")

    async def join_link(self) -> None:
        """Put the cable in again."""
        await self._do("LINK JOINED")

    async def _do(self, line: str) -> str:
        answer = await self._line(line, most_bytes=frames.MOST_BYTES)
        head, _, rest = answer.decode("ascii").rstrip("\n").partition(" ")
        if head != "OK":
            raise RejectedError(rest)
        return rest


class CoinMachine(DeviceProcess):
    """One coin device in a process of its own; use as an async context manager.

    Args:
        home: its memory and its sockets; the path is short enough for a UNIX socket (100 bytes).
        coin_seconds: what a falling coin takes.
    """

    def __init__(self, home: Path, *, coin_seconds: float = 0.0) -> None:
        super().__init__(home, "konbini.simulation.cash.device", str(coin_seconds))
        self.hands = Hands(controller.at(home / "hands"))
        """What a person can do to it."""

    async def _asked(self) -> None:
        await CoinDevice(controller.at(self.socket), SystemClock()).state()
