"""Keeps one browser before the screen, and ends it with each visit.

A page that showed a name leaves it in the renderer's heap, in the browser's caches and in what the GPU process drew;
no navigation clears these. So the browser's whole process group is killed when a visit ends, its profile directory is
removed, and a new one starts on the same address while the next visit's process waits.

Invariants: two browsers never run at once; a profile is never used again; what the browser says is not logged, since
its own messages may quote a page.
Limits: a browser that leaves its process group is not found here (Chromium does not; its crash reporter would, and
must be off); the profile belongs on a tmpfs; a page of shared memory is gone with its last process.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Protocol

from konbini.process.clock import Clock
from konbini.process.log import logger

__all__ = ["Browser", "BrowserKeeper", "OwnBrowser"]

_PAUSE_SECONDS = 1.0
_GONE_SECONDS = 5.0
_LOOK_SECONDS = 0.02
# Translation would send a page's text away; the switch is a preference alone.
_PREFERENCES = '{"translate":{"enabled":false}}'

_log = logger("konbini.kiosk.browser")


class Browser(Protocol):
    """What visits need of a browser."""

    async def renew(self) -> None:
        """End the browser with all that it holds, and let a new one start."""

    async def end(self) -> None:
        """End the browser."""


class OwnBrowser:
    """No browser of the kiosk's: who looks at the screen brings one, as in a demo, and it is not cleared."""

    async def renew(self) -> None:
        """Nothing is there to end."""

    async def end(self) -> None:
        """Nothing is there to end."""


class BrowserKeeper:
    """One browser at a time.

    Args:
        program: the command and its options; `--user-data-dir` and the address are added.
        profile: a directory on a tmpfs, this keeper's alone; removed with each browser.
        address: where the screen is.
        clock: for the pause before a browser that ended by itself is started again.
    """

    def __init__(self, *, program: tuple[str, ...], profile: Path, address: str, clock: Clock) -> None:
        self._program = program
        self._profile = profile
        self._address = address
        self._clock = clock
        self._keeping: asyncio.Task[None] | None = None

    async def renew(self) -> None:
        """End the browser with all that it holds, and let a new one start; returns when the old one is gone."""
        await self.end()
        self._keeping = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """End the browser."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait((keeping,))
            self._remove_profile()  # whatever the task came to: a start that was cut leaves a folder too
            if not keeping.cancelled():
                keeping.result()  # a defect of the keeper's own ends who asks for the next browser

    async def _keep(self) -> None:
        """Run a browser; one that ends by itself is followed by another, which finds the visit where it stands."""
        while True:
            try:
                await self._run()
            except OSError as error:
                _log.error("browser did not start", reason=error.strerror)
            await self._clock.sleep(_PAUSE_SECONDS)

    async def _run(self) -> None:
        self._remove_profile()
        preferences = self._profile / "Default" / "Preferences"
        self._profile.mkdir(mode=0o700)
        preferences.parent.mkdir()
        preferences.write_text(_PREFERENCES, "utf-8")
        process = await asyncio.create_subprocess_exec(
            *self._program,
            f"--user-data-dir={self._profile}",
            self._address,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _log.warning("browser ended", code=await process.wait(), pid=process.pid)
        finally:
            await asyncio.shield(asyncio.create_task(self._kill(process)))
            self._remove_profile()

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill the whole group, and wait until none of it runs."""
        group = process.pid
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return  # ended, and nobody of it was left
        await process.wait()
        try:
            async with asyncio.timeout(_GONE_SECONDS):
                while _runs(group):
                    await self._clock.sleep(_LOOK_SECONDS)
        except TimeoutError:
            _log.error("browser not gone", pid=group)

    def _remove_profile(self) -> None:
        if self._profile.exists():
            shutil.rmtree(self._profile)


def _runs(group: int) -> bool:
    """Say whether any process of a group still has memory; one that only waits to be reaped has none (proc(5))."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, of_group, *_ = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except (OSError, ValueError):
            continue  # it ended meanwhile
        if of_group == str(group) and state not in ("Z", "X"):
            return True
    return False
