"""The cashless terminal's process, and a person's hands at it."""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk import controller
from konbini.kiosk.payment.terminal import CashlessTerminal
from konbini.kiosk.payment.terminal_frames import MOST_BYTES
from konbini.process.clock import SystemClock
from konbini.simulation.device_process import DeviceProcess

__all__ = ["Hands", "RejectedError", "TerminalMachine"]


class RejectedError(Exception):
    """The terminal did not do what the hands wanted; the text is its word (SHUT, DOWN)."""


class Hands:
    """What a person can do at the terminal whose control socket is at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def present(self, *, approved: bool = True) -> None:
        """Hold a card against it, whose issuer approves or declines.

        Raises:
            RejectedError: it does not ask for one, or reaches no issuer.
        """
        await self._do(f"PRESENT {'GOOD' if approved else 'POOR'}")

    async def decline_all(self, *, declined: bool) -> None:
        """Let no issuer approve any card, or let them again."""
        await self._do(f"DECLINING {'ON' if declined else 'OFF'}")

    async def fall_silent_after_card(self) -> None:
        """Let the next card be approved, and give the kiosk no answer from then on."""
        await self._do("SILENT ON")

    async def speak(self) -> None:
        """Answer again."""
        await self._do("SILENT OFF")

    async def miscount(self, yen: int) -> None:
        """Let its count of what it captured be that much too high."""
        await self._do(f"COUNT {yen}")

    async def lose_network(self) -> None:
        """Let its payment network not answer."""
        await self._do("NETWORK DOWN")

    async def find_network(self) -> None:
        """Let it answer again."""
        await self._do("NETWORK UP")

    async def hang_up_once(self) -> None:
        """Let it carry out the next end of a payment, and answer nothing."""
        await self._do("HANG-UP")

    async def cut_link(self) -> None:
        """Pull its cable to the kiosk."""
        await self._do("LINK CUT")

    async def join_link(self) -> None:
        """Put the cable in again."""
        await self._do("LINK JOINED")

    async def _do(self, line: str) -> None:
        answer = await controller.ask(self._path, line, most_bytes=MOST_BYTES)
        if answer != b"OK\n":
            raise RejectedError(answer.decode("ascii").removeprefix("NO ").rstrip())


class TerminalMachine(DeviceProcess):
    """One cashless terminal in a process of its own; use as an async context manager.

    Args:
        home: its memory and its sockets; the path is short enough for a UNIX socket (100 bytes).
    """

    def __init__(self, home: Path) -> None:
        super().__init__(home, "konbini.simulation.terminal.device")
        self.hands = Hands(home / "hands")
        """What a person can do to it."""

    async def _asked(self) -> None:
        await CashlessTerminal(self.socket, SystemClock()).state()
