"""The IPP side of the printer of our own: its queue, the marking of its jobs, and what it says of both.

Answers requests whole (RFC 8011): Print-Job, Cancel-Job, Get-Jobs, Get-Job-Attributes, Get-Printer-Attributes. A
document lives in memory and is let go of with its job. Unlike `ippeveprinter` it stops and says so
(processing-stopped), names the paper that is loaded, and has the bad habits of `konbini.simulation.printer.jobs.Lie`.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable

from konbini.kiosk.printing.ports import A4
from konbini.process.clock import Clock
from konbini.simulation.printer.engine import Habits
from konbini.simulation.printer.jobs import Job, JobState, Lie
from konbini.simulation.printer.mechanism import Mechanism
from konbini.simulation.printer.sheets import NotRasterError, Sheet, read_sheets
from konbini.simulation.printer.wire import BadRequestError, Field, Request, answer, read_request

__all__ = ["COUNTER", "Spooler"]

COUNTER = "printer-impressions-completed"
"""The printer attribute that carries the lifetime counter (PWG 5100.22)."""
_RECHECK = 0.03
_OK, _BAD_REQUEST, _NOT_POSSIBLE, _NOT_FOUND, _NO_OPERATION = 0, 0x400, 0x404, 0x406, 0x501
_FORMAT_NOT_SUPPORTED = 0x40A
_JOB_GROUP, _PRINTER_GROUP = 2, 4
_IDLE, _PROCESSING, _STOPPED = 3, 4, 5
_TWO_SIDED = "two-sided-long-edge"


class Spooler:
    """Takes jobs and puts their pages out.

    Args:
        mechanism: what it works.
        habits: what kind of printer it is.
        two_sided_default: it prints on both sides unless it is asked not to.
        clock: what a page takes.
        printed: told of each page that is out, by its number.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        *,
        habits: Habits,
        two_sided_default: bool,
        clock: Clock,
        printed: Callable[[int], None],
    ) -> None:
        self._mechanism = mechanism
        self._habits = habits
        self._two_sided_default = two_sided_default
        self._clock = clock
        self._printed = printed
        self._jobs: dict[int, Job] = {}
        self._taken = 0
        self._news = asyncio.Event()
        self.lies: set[Lie] = set()
        """The bad habits that it has now."""
        self.paused = False
        """Somebody stopped it at its panel."""
        self.page_seconds = habits.page_seconds
        """What a page takes."""

    @property
    def held(self) -> tuple[Job, ...]:
        """The jobs that are not over, as it tells it."""
        return tuple(job for job in self._jobs.values() if not job.over)

    def clear(self) -> None:
        """Forget every job, as without power."""
        self._jobs.clear()

    def take_foreign_job(self) -> None:
        """Begin a job of somebody else, which stays until `finish_foreign_jobs`."""
        self._taken += 1
        job = Job(number=self._taken, document=b"", two_sided=False, foreign=True, state=JobState.PROCESSING)
        self._jobs[job.number] = job

    def finish_foreign_jobs(self) -> None:
        """End the jobs of others; nothing of them is printed."""
        for job in self._jobs.values():
            job.state = JobState.COMPLETED if job.foreign else job.state

    def answer(self, data: bytes) -> bytes:
        """Answer one request."""
        try:
            request = read_request(data)
        except BadRequestError:
            return answer(0, _BAD_REQUEST)
        operations = {2: self._print_job, 8: self._cancel, 9: self._job, 10: self._held_jobs, 11: self._printer}
        operation = operations.get(request.operation)
        return answer(request.request_id, _NO_OPERATION) if operation is None else operation(request)

    async def work(self) -> None:
        """Mark job after job until cancelled."""
        while True:
            job = next((each for each in self._jobs.values() if each.document), None)
            if job is None:
                self._news.clear()
                await self._news.wait()
                continue
            try:
                await self._mark(job)
            except NotRasterError:
                job.state = JobState.ABORTED
            job.document = b""

    def _print_job(self, request: Request) -> bytes:
        if request.text("document-format") != "image/pwg-raster":
            return answer(request.request_id, _FORMAT_NOT_SUPPORTED)
        asked = request.text("sides") or (_TWO_SIDED if self._two_sided_default else "one-sided")
        self._taken += 1
        job = Job(
            number=self._taken,
            document=request.document,
            two_sided=asked == _TWO_SIDED or Lie.IGNORES_SIDES in self.lies,
        )
        self._jobs[job.number] = job
        self._news.set()
        return answer(request.request_id, _OK, ((_JOB_GROUP, _of_job(job)),))

    def _cancel(self, request: Request) -> bytes:
        job = self._jobs.get(request.number("job-id"))
        if job is None or job.over:
            return answer(request.request_id, _NOT_FOUND if job is None else _NOT_POSSIBLE)
        job.cancelled = True
        if Lie.PRINTS_CANCELLED in self.lies:
            job.state = JobState.CANCELED
        return answer(request.request_id, _OK)

    def _job(self, request: Request) -> bytes:
        job = self._jobs.get(request.number("job-id"))
        if job is None:
            return answer(request.request_id, _NOT_FOUND)
        return answer(request.request_id, _OK, ((_JOB_GROUP, _of_job(job)),))

    def _held_jobs(self, request: Request) -> bytes:
        return answer(request.request_id, _OK, [(_JOB_GROUP, _of_job(job)) for job in self.held])

    def _printer(self, request: Request) -> bytes:
        wanted = set(request.attributes.get("requested-attributes", ()))
        fields = [field for field in self._of_printer() if field.name in wanted or not wanted]
        return answer(request.request_id, _OK, ((_PRINTER_GROUP, fields),))

    def _of_printer(self) -> Iterable[Field]:
        reasons = self._reasons()
        working = any(job.state is not JobState.PENDING for job in self.held)
        state = _STOPPED if reasons else _PROCESSING if working else _IDLE
        told = ("none",) if Lie.NAMES_NO_REASON in self.lies or not reasons else reasons
        media = (self._mechanism.medium,) if self._mechanism.paper else ("none",)
        types = ("sgray_8", "srgb_8") if self._habits.colour else ("sgray_8",)
        return (
            Field(name="printer-state", syntax="enum", values=(state,)),
            Field(name="printer-state-reasons", syntax="keyword", values=told),
            Field(name="printer-is-accepting-jobs", syntax="boolean", values=(True,)),
            Field(name="queued-job-count", syntax="integer", values=(len(self.held),)),
            Field(name=COUNTER, syntax="integer", values=(self._mechanism.impressions,)),
            *([] if media == ("none",) else [Field(name="media-ready", syntax="keyword", values=media)]),
            Field(name="media-supported", syntax="keyword", values=(A4, "jis_b5_182x257mm")),
            Field(name="sides-supported", syntax="keyword", values=("one-sided", _TWO_SIDED)),
            Field(name="sides-default", syntax="keyword", values=(self._default_sides(),)),
            Field(name="pwg-raster-document-type-supported", syntax="keyword", values=types),
            Field(name="pwg-raster-document-resolution-supported", syntax="resolution", values=(300,)),
            Field(name="pwg-raster-document-sheet-back", syntax="keyword", values=("normal",)),
            Field(name="print-color-mode-default", syntax="keyword", values=(self._colour_mode(),)),
        )

    def _default_sides(self) -> str:
        return _TWO_SIDED if self._two_sided_default else "one-sided"

    def _colour_mode(self) -> str:
        return "color" if self._habits.colour else "monochrome"

    def _reasons(self) -> tuple[str, ...]:
        return (*self._mechanism.reasons, *(("paused",) if self.paused else ()))

    async def _mark(self, job: Job) -> None:
        """Put the pages of a job out, and say of it what this printer says."""
        sheets = read_sheets(io.BytesIO(job.document))
        page = 0
        while await self._may_mark(job, page):
            sheet = await asyncio.to_thread(next, sheets, None)
            if sheet is None or (page and Lie.COMPLETES_EARLY in self.lies):
                break
            page += 1
            await self._clock.sleep(self.page_seconds)
            await asyncio.to_thread(self._put_out, sheet, page, job)
            job.impressions = page
            self._printed(page)
        if not job.over:
            job.state = JobState.CANCELED if job.cancelled else JobState.COMPLETED

    def _put_out(self, sheet: Sheet, page: int, job: Job) -> None:
        counted = 0 if Lie.COUNTER_STANDS in self.lies else 2 if Lie.COUNTS_TWICE in self.lies else 1
        self._mechanism.put_out(sheet, page, counted=counted, back=job.two_sided and page % 2 == 0)

    async def _may_mark(self, job: Job, page: int) -> bool:
        """Wait until nothing hinders; False when the job was cancelled and is given up."""
        while True:
            if job.cancelled and Lie.PRINTS_CANCELLED not in self.lies and self._habits.honours_cancel:
                return False
            if not any(other.foreign for other in self.held):
                self._mechanism.feed(page)
                if not self._reasons():
                    job.state = job.state if job.over else JobState.PROCESSING
                    return True
                job.state = job.state if job.over else JobState.PROCESSING_STOPPED
            await self._clock.sleep(_RECHECK)


def _of_job(job: Job) -> Iterable[Field]:
    return (
        Field(name="job-id", syntax="integer", values=(job.number,)),
        Field(name="job-uri", syntax="uri", values=(f"ipps://localhost/ipp/print/{job.number}",)),
        Field(name="job-state", syntax="enum", values=(int(job.state),)),
        Field(name="job-state-reasons", syntax="keyword", values=job.reasons),
        Field(name="job-impressions-completed", syntax="integer", values=(job.impressions,)),
    )
