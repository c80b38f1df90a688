"""The marking engine: takes documents, puts pages into the tray, counts, and has a printer's bad habits on demand.

Works the mechanism for `ippeveprinter`, one document at a time, for that starts one command at a time.

A cancelled document stops between two pages where the engine honours cancels; a printer that does not prints it all
once it can, and both kinds exist.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from konbini.process.clock import Clock
from konbini.simulation.printer.mechanism import Mechanism
from konbini.simulation.printer.sheets import NotRasterError, Sheet, read_sheets

__all__ = ["COUNTER", "SERVICE_JOB", "Engine", "Habits"]

COUNTER = "marker-life-count"
"""The printer attribute that carries the lifetime counter, after prtMarkerLifeCount (RFC 3805): ippeveprinter lets its
command change no other kind."""
SERVICE_JOB = "service"
_RECHECK = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What kind of printer this is.

    Attributes:
        honours_cancel: a cancelled job stops before its next page.
        page_seconds: what a page takes, apart from writing its picture.
        colour: it prints colour unasked.
    """

    honours_cancel: bool = True
    page_seconds: float = 0.0
    colour: bool = False


class Engine:
    """Marks documents that the command brings over a UNIX socket.

    Args:
        mechanism: what it works.
        habits: what kind of printer it is.
        clock: what a page takes.
        is_cancelled: tells whether the IPP server was asked to cancel a job.
    """

    def __init__(
        self, mechanism: Mechanism, *, habits: Habits, clock: Clock, is_cancelled: Callable[[int], Awaitable[bool]]
    ) -> None:
        self._mechanism = mechanism
        self._habits = habits
        self._clock = clock
        self._is_cancelled = is_cancelled
        self.busy = False

    async def serve(self, path: Path) -> asyncio.Server:
        """Listen for the command at `path`."""
        return await asyncio.start_unix_server(self._job, path)

    async def _job(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one document from the command and answer until the engine is through with it."""
        self.busy = True
        try:
            pid, descriptor, job_id, name = (await reader.readline()).decode().split(maxsplit=3)
            say = _Voice(writer)
            if name.strip() != SERVICE_JOB:
                with await asyncio.to_thread(Path(f"/proc/{int(pid)}/fd/{int(descriptor)}").open, "rb") as document:
                    await self._mark(read_sheets(document), int(job_id), say)
            say.state(self._mechanism.reasons)
            say.end()
        except NotRasterError as error:
            writer.write(f"ERROR: {error}\nFAILED\n".encode())
        finally:
            self.busy = False
            writer.close()
            with contextlib.suppress(ConnectionError):  # the command was ended under us: the power went
                await writer.wait_closed()

    async def _mark(self, sheets: Iterator[Sheet], job_id: int, say: _Voice) -> None:
        page = 0
        while await self._may_mark(job_id, page, say):
            sheet = await asyncio.to_thread(next, sheets, None)
            if sheet is None:
                return
            page += 1
            await self._clock.sleep(self._habits.page_seconds)
            await asyncio.to_thread(self._mechanism.put_out, sheet, page)
            say.counted(page, self._mechanism.impressions)

    async def _may_mark(self, job_id: int, page: int, say: _Voice) -> bool:
        """Wait for paper and a clear path; False when the job was cancelled and this printer honours that."""
        while True:
            if self._habits.honours_cancel and await self._is_cancelled(job_id):
                return False
            self._mechanism.feed(page)
            if not self._mechanism.reasons:
                return True
            say.state(self._mechanism.reasons)
            await self._clock.sleep(_RECHECK)


class _Voice:
    """What the engine says to ippeveprinter through its command; a state is said when it changes."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._said: tuple[str, ...] | None = None

    def state(self, reasons: tuple[str, ...]) -> None:
        if reasons != self._said:
            self._said = reasons
            self._writer.write(f"STATE: {','.join(reasons) or 'none'}\n".encode())

    def counted(self, page: int, impressions: int) -> None:
        self._writer.write(f"ATTR: job-impressions-completed={page} {COUNTER}={impressions}\n".encode())

    def end(self) -> None:
        self._writer.write(b"DONE\n")
