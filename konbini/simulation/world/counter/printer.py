"""A printer in the same process: its queue, the marking of its jobs, and what it says of both, true or not.

Behind `konbini.kiosk.printing.line.PrinterLine`, where production has IPP: a job is pages of bytes, and a page that
came out is told to the witness. It works on while a kiosk's process dies, keeps its counter without power, and forgets
its jobs with it. It marks in tasks of its own, which exist only while something is to be marked and nothing hinders.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field

from konbini.kiosk.printing.line import ONE_SIDED, TWO_SIDED, Capabilities, JobStatus
from konbini.kiosk.printing.ports import A4, PrinterState, PrinterStatus
from konbini.kiosk.printing.raster import GREY, RESOLUTION, SYNC
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.jobs import Job, JobState, Lie
from konbini.simulation.printer.paper_path import FULL_TRAY, PaperPath
from konbini.simulation.world.counter.life import Being, Home, check
from konbini.simulation.world.counter.witness import Flow, Sheet

__all__ = ["SimulatedPrinter", "Temper"]

_SILENCE_SECONDS = 5.0
"""As long as production's client waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What kind of printer this is; times in seconds.

    Attributes:
        page_seconds: what a page takes.
        hand_seconds: what the handing over of a page takes.
        honours_cancel: a cancelled job stops before its next page.
        as_it_comes: pages are printed as they arrive, also those of an upload that is cut.
    """

    page_seconds: float = 1.0
    hand_seconds: float = 0.05
    honours_cancel: bool = True
    as_it_comes: bool = False


@dataclass(slots=True, kw_only=True)
class _Job(Job):
    """A job, page by page; `whole` once its upload has ended, `cut` if it broke off."""

    pages: list[bytes] = field(default_factory=list, repr=False)
    printed: int = 0
    whole: bool = False
    cut: bool = False


class SimulatedPrinter(PaperPath):
    """One printer.

    Args:
        flow: told of each side that comes out.
        clock: what a page takes; the world's, as a printer's time is nobody's.
        home: where it works.
        temper: what kind of printer it is.
        paper: sheets loaded.
    """

    def __init__(self, flow: Flow, clock: Clock, home: Home, *, temper: Temper, paper: int = FULL_TRAY) -> None:
        super().__init__(paper=paper)
        self._flow = flow
        self._clock = clock
        self.temper = temper
        self.impressions = 0
        """Its counter, as it says it."""
        self.sides = 0
        """What was printed in truth."""
        self.exit: list[Sheet] = []
        """What lies in the exit, in the order of coming out."""
        self.lies: tuple[Lie, ...] = ()
        """Its bad habits now."""
        self.paused = False
        """Somebody stopped it at its panel."""
        self.on = True
        self.silent = False
        """It hears, and answers nothing."""
        self._jobs: dict[int, _Job] = {}
        self._taken = 0
        self._marking: asyncio.Task[None] | None = None
        self._home = home

    @property
    def held(self) -> tuple[Job, ...]:
        """The jobs that are not over, as it tells it."""
        return tuple(job for job in self._jobs.values() if not job.over)

    def line(self, being: Being | None) -> SimulatedLine:
        """Give the way to it for one process."""
        return SimulatedLine(self, being)

    def moved(self) -> None:
        """Look anew whether something can be marked: a hand has done something."""
        if self._marking is None and self.on and self._jobs:
            self._marking = self._home.start(self._mark_jobs())

    def switch_off(self) -> None:
        """Take its power: the page under way is not counted and stays inside, every job is forgotten."""
        self.on = False
        self._jobs.clear()
        if self._marking is not None:
            self._marking.cancel()

    def switch_on(self) -> None:
        """Give it its power back."""
        self.on = True

    def take(self, who: str) -> tuple[Sheet, ...]:
        """Take everything out of the exit."""
        moment = self._clock.now()
        taken = tuple(self._flow.was_taken(sheet, who, moment) for sheet in self.exit)
        self.exit.clear()
        self.take_paper()
        return taken

    async def pass_time(self, seconds: float) -> None:
        """Let what it takes time over take its time."""
        await self._clock.sleep(seconds)

    def status(self) -> PrinterStatus:
        """Give what it says of itself."""
        reasons = self._hindrances()
        working = any(job.state is not JobState.PENDING for job in self.held)
        state = PrinterState.STOPPED if reasons else PrinterState.PROCESSING if working else PrinterState.IDLE
        return PrinterStatus(
            state=state,
            reasons=frozenset(() if Lie.NAMES_NO_REASON in self.lies else reasons),
            impressions=self.impressions,
            jobs_held=len(self.held),
            accepting=True,
            media=frozenset((self.medium,) if self.paper else ()),
        )

    def begin_job(self, *, two_sided: bool) -> _Job:
        """Take a job whose pages come."""
        self._taken += 1
        job = _Job(number=self._taken, document=b"", two_sided=two_sided or Lie.IGNORES_SIDES in self.lies)
        self._jobs[job.number] = job
        return job

    def end_job(self, job: _Job, *, whole: bool) -> None:
        """Take the end of a job's pages; one that was cut is dropped, but for what was to be printed as it came."""
        job.whole, job.cut = whole, not whole
        if job.cut and not self.temper.as_it_comes:
            self._jobs.pop(job.number, None)
        self.moved()

    def cancel(self, job_id: int) -> None:
        """Hear that a job is to be given up.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`: it is over, or unknown.
        """
        job = self._jobs.get(job_id)
        if job is None or job.over:
            raise Refused(Code.PRINTER_UNAVAILABLE, "no such job")
        job.cancelled = True
        if Lie.PRINTS_CANCELLED in self.lies:
            job.state = JobState.CANCELED
        self.moved()

    def _hindrances(self) -> tuple[str, ...]:
        return (*self.reasons, *(("paused",) if self.paused else ()))

    async def _mark_jobs(self) -> None:
        """Mark what can be marked, job after job; a page that jams or lacks paper waits for a hand."""
        try:
            while (job := next(iter(self._jobs.values()), None)) is not None and await self._mark_next(job):
                pass
        finally:
            self._marking = None  # here and not behind its end, lest a hand that moves in between be missed

    async def _mark_next(self, job: _Job) -> bool:
        """Do the next thing for a job; False: nothing can be done until something moves."""
        if job.cancelled and Lie.PRINTS_CANCELLED not in self.lies and self.temper.honours_cancel:
            self._finish(job, JobState.CANCELED)
            return True
        came = job.whole or job.cut
        if not came and (job.printed == len(job.pages) or not self.temper.as_it_comes):
            return False
        if job.printed == len(job.pages) or (job.printed and Lie.COMPLETES_EARLY in self.lies):
            self._finish(job, JobState.CANCELED if job.cancelled else JobState.COMPLETED)
            return True
        self.feed(job.printed)
        if self._hindrances():
            job.state = job.state if job.over else JobState.PROCESSING_STOPPED
            return False
        job.state = job.state if job.over else JobState.PROCESSING
        await self._clock.sleep(self.temper.page_seconds)
        if not self._hindrances():
            self._put_out(job)
        return True

    def _finish(self, job: _Job, state: JobState) -> None:
        job.state = job.state if job.over else state
        self._jobs.pop(job.number, None)

    def _put_out(self, job: _Job) -> None:
        """Count a side, and let it lie in the exit."""
        content = job.pages[job.printed]
        job.printed += 1
        self.sides += 1
        self.impressions += 0 if Lie.COUNTER_STANDS in self.lies else 2 if Lie.COUNTS_TWICE in self.lies else 1
        if not job.two_sided or job.printed % 2:
            self.paper, self.lying = self.paper - 1, self.lying + 1
        self.exit.append(self._flow.came_out(self.sides, job.number, job.printed, content, self._clock.now()))


class SimulatedLine:
    """A `konbini.kiosk.printing.line.PrinterLine` to a simulated printer, for one process."""

    def __init__(self, printer: SimulatedPrinter, being: Being | None) -> None:
        self._printer = printer
        self._being = being

    async def status(self) -> PrinterStatus:
        """See `PrinterLine`."""
        await self._reach()
        return self._printer.status()

    async def capabilities(self) -> Capabilities:
        """See `PrinterLine`."""
        await self._reach()
        return Capabilities(
            raster_types=frozenset((GREY.name,)),
            resolutions=frozenset((RESOLUTION,)),
            colour=False,
            sides=frozenset((ONE_SIDED, TWO_SIDED)),
            media=frozenset((A4,)),
            sheet_back="normal",
        )

    async def jobs(self) -> tuple[JobStatus, ...]:
        """See `PrinterLine`."""
        await self._reach()
        return tuple(_told(job) for job in self._printer.held)

    async def cancel(self, job_id: int) -> None:
        """See `PrinterLine`."""
        await asyncio.sleep(0)
        await self._reach()
        self._printer.cancel(job_id)

    async def print_job(
        self, document: AsyncIterable[bytes], *, name: str, colour: bool, sides: str = ONE_SIDED
    ) -> JobStatus:
        """See `PrinterLine`."""
        del name, colour
        await asyncio.sleep(0)
        await self._reach()
        job = self._printer.begin_job(two_sided=sides == TWO_SIDED)
        whole = False
        try:
            async for part in document:
                await self._hand(job, part)
            whole = True
        finally:
            self._printer.end_job(job, whole=whole)
        await self._reach()
        return _told(job)

    async def _hand(self, job: _Job, part: bytes) -> None:
        """Bring a page over; the stream's first part is no page."""
        await self._printer.pass_time(self._printer.temper.hand_seconds)
        await self._reach()
        if part != SYNC:
            job.pages.append(part)
            self._printer.moved()

    async def _reach(self) -> None:
        """Come to the printer and wait for its word.

        Raises:
            Refused: `PRINTER_OFFLINE`.
        """
        check(self._being)
        if self._printer.silent:
            await self._printer.pass_time(_SILENCE_SECONDS)
            check(self._being)
        if self._printer.silent or not self._printer.on:
            raise Refused(Code.PRINTER_OFFLINE, "no answer")


def _told(job: Job) -> JobStatus:
    return JobStatus(job_id=job.number, state=int(job.state), reasons=frozenset(job.reasons))
