"""Runs one `ippeveprinter` process in a group of its own, under a D-Bus session that it needs and nobody else uses.

Nothing survives: the group is ended by `stop`, and by the kernel's parent-death signal when this process is killed.
The group must be started from a thread that lives as long as it does (the main thread): the signal goes by thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections import deque
from collections.abc import Sequence

__all__ = ["IppServer", "free_port"]

_ENDING = 2.0
_LAST_WORDS = 20

# The outer shell ends the group when its parent is gone; the inner one tells the server's process id.
_GROUP = """\
trap 'trap - TERM; kill -KILL 0' TERM
dbus-run-session -- sh -c 'DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS; export DBUS_SYSTEM_BUS_ADDRESS
echo $$; exec ippeveprinter "$@" >/dev/null' sh "$@" &
wait
"""


class IppServer:
    """One run of ippeveprinter, from `start` to `stop`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._server_pid = 0
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, arguments: Sequence[str]) -> IppServer:
        """Start it; whether it answers is for the caller to see."""
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "TERM", "sh", "-c", _GROUP, "sh"),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process)

    @property
    def running(self) -> bool:
        """Whether the group's leader is alive."""
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The end of what it logged."""
        return "\n".join(self._words)

    async def stop(self) -> None:
        """Kill the server, then what is left of its group; as abrupt for the server as a cut of the power."""
        if self._server_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._server_pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ENDING):
                    await self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        """Take the server's process id, then keep its last words."""
        if self._process.stdout is None or self._process.stderr is None:
            raise RuntimeError("the server's pipes were asked for and are not there")
        self._server_pid = int(await self._process.stdout.readline() or b"0")
        async for line in self._process.stderr:
            self._words.append(line.decode("utf-8", "replace").rstrip())


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
