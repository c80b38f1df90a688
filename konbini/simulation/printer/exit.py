"""The light barrier of the paper exit: one line for one line, STATE -> CLEAR or OCCUPIED."""

from __future__ import annotations

import asyncio
from pathlib import Path

from konbini.simulation.printer.mechanism import Mechanism

__all__ = ["ExitBarrier"]


class ExitBarrier:
    """Answers the kiosk (`konbini.kiosk.printing.exit_sensor`) at a socket.

    Args:
        mechanism: whose exit.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self.mute = False
        """Its cable is out: it hangs up."""

    async def serve(self, path: Path) -> asyncio.Server:
        """Listen at `path`."""
        return await asyncio.start_unix_server(self._answer, path)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline() == b"STATE\n" and not self.mute:
            writer.write(b"OCCUPIED\n" if self._mechanism.lying else b"CLEAR\n")
        writer.close()
