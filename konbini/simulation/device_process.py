"""A simulated device in a process of its own: started, killed as by a cut of the power, started again."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from konbini.protocol.errors import Refused

__all__ = ["DeviceProcess", "DidNotStartError"]

_STARTING = 15.0
_RECHECK = 0.02


class DidNotStartError(Exception):
    """The process ended or stayed silent."""


class DeviceProcess(ABC):
    """One device; use as an async context manager.

    Args:
        home: its memory and its sockets; the path is short enough for a UNIX socket (100 bytes).
        module: what it runs.
        arguments: behind its home.
    """

    def __init__(self, home: Path, module: str, *arguments: str) -> None:
        self._home = home
        self._command = (module, str(home), *arguments)
        self._process: asyncio.subprocess.Process | None = None
        self.socket = home / "kiosk"
        """Where the kiosk finds it."""

    async def __aenter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Switch it on; returns when it answers. Nothing happens when it is on.

        Raises:
            DidNotStartError: it does not.
        """
        if self._process is not None:
            return
        self.socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", *self._command),
            stdin=asyncio.subprocess.DEVNULL,
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTING):
                while self._process.returncode is None:
                    with contextlib.suppress(Refused):
                        await self._asked()
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

    @abstractmethod
    async def _asked(self) -> None:
        """Ask it anything; raises `Refused` where it does not answer."""
