"""The printer as the visit and the long-lived process use it: print once, follow, judge.

Invariants: a document is handed over at most once; what was handed over is judged by `outcome` and nothing else; on a
fault the queue is cleared before anything is judged. The kiosk is the printer's only client, so that every job it
holds is ours to cancel.

The judgement rests on the printer's lifetime counter (`IppClient`'s `counter`) because it outlives jobs, processes
and power: a process that never saw the document can read it later, where job-impressions-completed is gone with the
printer's job history (a minute or less, RFC 8011, section 5.3.7.2).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.line import ONE_SIDED, TWO_SIDED, JobStatus, PrinterLine
from konbini.kiosk.printing.outcome import Claim, Observation, Outcome, OutcomeKind, Stillness, judge
from konbini.kiosk.printing.ports import (
    Judged,
    PageHanded,
    PagePrinted,
    PrinterStatus,
    PrintProgress,
    Settled,
    check_faultless,
    check_fit,
)
from konbini.kiosk.printing.raster import COLOUR, GREY, RESOLUTION, SYNC, ColourSpace, PageRaster, Pages, Rasterise
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused

__all__ = ["IppPrinter", "Pace"]

_JOB_NAME = "certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the kiosk watches and waits, in seconds.

    Attributes:
        poll: between two questions to the printer while it prints or settles.
        still: how long an empty queue and an unmoved counter count as rest; at least what one page takes.
        patience: without a page handed or printed for this long, a printing is given up.
        settling: after which `settle` answers in doubt.
    """

    poll: float = 0.1
    still: float = 3.0
    patience: float = 60.0
    settling: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.poll <= self.still <= self.settling or self.patience <= 0:
            raise ValueError("a pace polls more often than it rests, and rests before it settles")


class IppPrinter:
    """A `konbini.kiosk.printing.ports.Printer` behind a line that is open already.

    Args:
        line: the way to the printer.
        clock: paces the questions.
        pace: how long to watch and to wait.
        paper_exit: a second witness beside the counter; None where there is none.
        two_sided: whether sheets are printed on both sides.
        rasterise: draws the pages.
    """

    def __init__(  # noqa: PLR0913 - what a printer is used with, each named
        self,
        line: PrinterLine,
        clock: Clock,
        pace: Pace,
        *,
        paper_exit: PaperExit | None = None,
        two_sided: bool = False,
        rasterise: Rasterise = PageRaster,
    ) -> None:
        self._line = line
        self._clock = clock
        self._pace = pace
        self._exit = paper_exit
        self._sides = TWO_SIDED if two_sided else ONE_SIDED
        self._rasterise = rasterise
        self._stillness = Stillness()
        self._still = 0.0
        self._mended: float | None = None
        self._space: ColourSpace | None = None

    async def status(self) -> PrinterStatus:
        """Ask the printer now; see `ports.Printer`."""
        try:
            status = await self._line.status()
        except Refused:
            self._stillness.forget()
            self._still, self._mended = 0.0, None
            raise
        moment = self._clock.monotonic()
        self._mended = None if status.faults else moment if self._mended is None else self._mended
        self._still = self._stillness.note(impressions=status.impressions, jobs_held=status.jobs_held, moment=moment)
        return status

    async def ready(self) -> PrinterStatus:
        """Wait for rest while no fault is seen, then say that a visit may begin; see `ports.Printer`.

        Readings of earlier calls count, so that a kiosk that polls between visits does not wait here. Those with a
        fault do not: what a printer held back behind an open cover comes out when it is closed.
        """
        deadline = self._clock.monotonic() + self._pace.settling
        while True:
            status = check_faultless(await self.status())
            if self._mended is not None:
                whole = self._clock.monotonic() - self._mended
                if min(self._still, whole) >= self._pace.still:
                    await self._colour_space()
                    return status
            if self._clock.monotonic() > deadline:
                raise Refused(Code.PRINTER_BUSY, f"not at rest, holds {status.jobs_held} job")
            await self._clock.sleep(self._pace.poll)

    async def print_document(
        self, pdf: bytes | bytearray | memoryview, pages: int, before: int
    ) -> AsyncGenerator[PrintProgress, None]:
        """Print once and follow to the judgement; see `ports.Printer`."""
        space = await self._colour_space()
        with self._rasterise(pdf, space, two_sided=self._sides == TWO_SIDED) as raster:
            if raster.pages != pages:
                raise Refused(Code.DOCUMENT_INVALID, f"{raster.pages} pages where {pages} are due")
            if check_fit(await self.status()).impressions != before:
                raise Refused(Code.PRINTER_UNAVAILABLE, "the counter moved since it was journalled")
            run = _Run(raster=raster, before=before, clock=self._clock, exit_was_clear=not await self._paper_lies())
            sending = self._line.print_job(run.stream(), name=_JOB_NAME, colour=space is COLOUR, sides=self._sides)
            upload = asyncio.create_task(sending)
            watch = asyncio.create_task(self._watch(run, upload))
            try:
                async for progress in run.news(until=watch):
                    yield progress
            finally:
                await _end(upload, watch)
        yield Judged(settled=await self._judged(run))
        _raise_unforeseen(watch, upload)

    async def settle(self, claim: Claim) -> Settled:
        """Clear the queue, wait for rest, judge; see `ports.Printer`.

        Rest is counted from here: before, a job may have been on its way that the queue did not show yet. A page in the
        exit counts as one of this document: no visit begins before the exit is clear.
        """
        return await self._settle(claim, exit_tells=True)

    async def _settle(self, claim: Claim, *, exit_tells: bool) -> Settled:
        self._stillness.forget()
        deadline = self._clock.monotonic() + self._pace.settling
        after: int | None = None
        faults: frozenset[str] = frozenset()
        while True:
            with contextlib.suppress(Refused):  # a silent printer is asked again; in the end it is in doubt
                status = await self.status()
                after, faults = status.impressions, faults | status.faults
                if exit_tells and after == claim.before and await self._paper_lies():
                    claim = replace(claim, paper_seen=True)
                settled = _settled(claim, status.impressions, faults, at_rest=self._still >= self._pace.still)
                if settled.outcome.final or self._still >= self._pace.still:
                    return settled
                await self._clear_queue()
            if self._clock.monotonic() > deadline:
                return _in_doubt(claim, after, faults)
            await self._clock.sleep(self._pace.poll)

    async def _colour_space(self) -> ColourSpace:
        """Choose once what the printer would choose: colour where it prints colour unasked, else grey."""
        if self._space is None:
            can = await self._line.capabilities()
            wanted = (COLOUR, GREY) if can.colour else (GREY, COLOUR)
            self._space = next((space for space in wanted if space.name in can.raster_types), None)
            if self._space is None or RESOLUTION not in can.resolutions or not can.prints(self._sides):
                self._space = None
                raise Refused(Code.PRINTER_UNAVAILABLE, "the printer takes no raster that we make, or no such sheets")
        return self._space

    async def _watch(self, run: _Run, upload: asyncio.Task[JobStatus]) -> None:
        """Note faults and printed pages until all are out or nothing more can be expected.

        Nothing more comes of a job that is sent and gone from the queue while the counter stands still, whatever the
        printer calls its end.
        """
        sent_at = None
        while True:
            with contextlib.suppress(Refused):  # the patience below ends a silence
                status = await self.status()
                run.note(status, paper_lies=status.impressions == run.claim.before and await self._paper_lies())
            run.sent = upload.done() and not upload.cancelled() and upload.exception() is None
            cut = upload.done() and not run.sent
            moment = self._clock.monotonic()
            sent_at = moment if run.sent and sent_at is None else sent_at
            given_up = sent_at is not None and min(self._still, moment - sent_at) >= self._pace.still
            if run.over or cut or run.faults or given_up or run.idle > self._pace.patience:
                return
            await self._clock.sleep(self._pace.poll)

    async def _judged(self, run: _Run) -> Settled:
        """Judge at once where the pages are out already, else after the queue is cleared."""
        if run.last is not None:
            settled = _settled(run.claim, run.last, run.faults, at_rest=False)
            if settled.outcome.final:
                return settled
        return await self._settle(run.claim, exit_tells=run.exit_tells)

    async def _paper_lies(self) -> bool:
        """Whether a page lies in the exit; where the sensor does not answer the counter stands alone."""
        if self._exit is None:
            return False
        try:
            return await self._exit.occupied()
        except Refused:
            return False

    async def _clear_queue(self) -> None:
        for job in await self._line.jobs():
            with contextlib.suppress(Refused):  # it may be over by now; the next reading of the queue tells
                await self._line.cancel(job.job_id)


class _Run:
    """One document on its way: what was handed over, what came out, what the printer complained of."""

    def __init__(self, *, raster: Pages, before: int, clock: Clock, exit_was_clear: bool) -> None:
        self._raster = raster
        self._before = before
        self.exit_tells = exit_was_clear
        self._clock = clock
        self._moved = clock.monotonic()
        self._printed = 0
        self._held = 0
        self._news: asyncio.Queue[PrintProgress | None] = asyncio.Queue()
        self._pages = raster.pages
        self._paper_seen = False
        self.sent = False
        self.faults: frozenset[str] = frozenset()
        self.last: int | None = None

    @property
    def claim(self) -> Claim:
        return Claim(
            before=self._before,
            due=self._pages,
            sent=self.sent,
            fault_seen=bool(self.faults),
            paper_seen=self._paper_seen,
        )

    @property
    def over(self) -> bool:
        """All pages are out and acknowledged and the printer holds no job, or more than all are out.

        While it holds the job a full count is not believed yet: a counter that runs too fast is full before the pages
        are out.
        """
        return self._printed > self._pages or (self._printed == self._pages and self.sent and not self._held)

    @property
    def idle(self) -> float:
        """Seconds since a page was last handed over or printed."""
        return self._clock.monotonic() - self._moved

    async def stream(self) -> AsyncIterator[bytes]:
        """Draw and hand over page after page, the next one only when the last has gone."""
        yield SYNC
        for index in range(self._pages):
            yield self._raster.page(index)
            self._tell(PageHanded(page=index + 1, pages=self._pages))
            await self._clock.sleep(0)  # whoever listens hears of this page before the next one takes the thread

    def note(self, status: PrinterStatus, *, paper_lies: bool) -> None:
        """Take one reading of the printer and of its exit."""
        self._paper_seen |= paper_lies and self.exit_tells
        self._held = status.jobs_held
        self.last, self.faults = status.impressions, self.faults | status.faults
        out = status.impressions - self._before
        for page in range(self._printed + 1, min(out, self._pages) + 1):
            self._tell(PagePrinted(page=page, pages=self._pages))
        self._printed = out

    async def news(self, until: asyncio.Task[None]) -> AsyncIterator[PrintProgress]:
        """Report progress until the task is done and everything before that is told."""
        until.add_done_callback(lambda _: self._news.put_nowait(None))
        while (progress := await self._news.get()) is not None:
            yield progress

    def _tell(self, progress: PrintProgress) -> None:
        self._moved = self._clock.monotonic()
        self._news.put_nowait(progress)


def _settled(claim: Claim, impressions: int, faults: frozenset[str], *, at_rest: bool) -> Settled:
    known = replace(claim, fault_seen=claim.fault_seen or bool(faults))
    outcome = judge(known, Observation(impressions=impressions, settled=at_rest))
    return Settled(outcome=outcome, before=claim.before, after=impressions, faults=faults)


def _in_doubt(claim: Claim, after: int | None, faults: frozenset[str]) -> Settled:
    pages = 0 if after is None else max(after - claim.before, 0)
    outcome = Outcome(kind=OutcomeKind.IN_DOUBT, pages=pages)
    return Settled(outcome=outcome, before=claim.before, after=after, faults=faults)


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are gone; what they ended with is looked at by the caller."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _raise_unforeseen(*tasks: asyncio.Task[Any]) -> None:
    """Raise what is no refusal, after the last word was said: a defect of ours is never silent."""
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Refused):
            raise error
