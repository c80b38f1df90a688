"""A small controller that answers one line for one line over a UNIX socket, and can be cut off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["LineDevice"]


class LineDevice:
    """One controller; use as an async context manager.

    Args:
        path: its socket, short enough for one (100 bytes).
        answer: gives the answer to a line, both without their ends.
    """

    def __init__(self, path: Path, answer: Callable[[str], str]) -> None:
        self.path = path
        self.cut = False
        """Cut off, it takes the call and hangs up without a word."""
        self._answer = answer
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readline()).decode("ascii", "replace").rstrip("\n")
            if not self.cut:
                writer.write(f"{self._answer(line)}\n".encode("ascii"))
        finally:
            writer.close()
            with contextlib.suppress(OSError):  # the kiosk has hung up
                await writer.wait_closed()
