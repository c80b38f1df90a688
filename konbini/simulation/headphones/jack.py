"""The controller of a headphone jack: one line for one line over its UNIX socket, as `konbini.kiosk.speech.jack` asks.

Its bad habits on demand: a loose contact answers nothing that is known, a dead controller nothing at all.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["SimulatedJack"]


class SimulatedJack:
    """One jack; use as an async context manager.

    Args:
        socket: where it answers.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.is_in = False
        """Whether a plug is in it; hands set it."""
        self.is_loose = False
        """Whether its contact is loose."""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._answer, self.socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline() == b"STATE\n":
            writer.write(b"?\n" if self.is_loose else b"IN\n" if self.is_in else b"OUT\n")
        writer.close()
