"""What `konbini.kiosk.printing.printer` needs of the way to a printer, and of the pages of a document.

`konbini.kiosk.printing.client` is the way over IPP, `konbini.kiosk.printing.raster` draws the pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Protocol

from konbini.kiosk.printing.ports import A4, PrinterStatus

__all__ = ["ONE_SIDED", "TWO_SIDED", "Capabilities", "JobStatus", "PrinterLine"]

ONE_SIDED = "one-sided"
TWO_SIDED = "two-sided-long-edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """One job as the printer tells it.

    Attributes:
        job_id: its number.
        state: job-state (RFC 8011, section 5.3.7); 7 and above are over.
        reasons: job-state-reasons.
    """

    job_id: int
    state: int
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the printer takes.

    Attributes:
        raster_types: keywords of pwg-raster-document-type-supported (PWG 5102.4).
        resolutions: dots per inch, the same across and along the page.
        colour: whether it prints in colour unasked.
        sides: keywords of sides-supported (RFC 8011, section 5.2.8); empty where it names none.
        media: names of media-supported; empty where it names none.
        sheet_back: how the back of a sheet is to be drawn (PWG 5102.4, section 5.1.1); "normal" as the front.
    """

    raster_types: frozenset[str]
    resolutions: frozenset[int]
    colour: bool
    sides: frozenset[str]
    media: frozenset[str]
    sheet_back: str

    def prints(self, sides: str) -> bool:
        """Whether it prints A4 on these sides, the back drawn as the front."""
        of_sides = sides in self.sides or (sides == ONE_SIDED and not self.sides)
        back_as_front = sides == ONE_SIDED or self.sheet_back == "normal"
        return of_sides and back_as_front and (A4 in self.media or not self.media)


class PrinterLine(Protocol):
    """The way to one printer, open.

    Every method raises `Refused`: `PRINTER_OFFLINE` where nobody answers, `PRINTER_UNAVAILABLE` for the rest.
    """

    async def status(self) -> PrinterStatus:
        """Ask the printer how it is."""

    async def capabilities(self) -> Capabilities:
        """Ask the printer what it takes."""

    async def jobs(self) -> tuple[JobStatus, ...]:
        """Return the jobs that are not over."""

    async def cancel(self, job_id: int) -> None:
        """Ask the printer to give a job up; that it agrees proves nothing, the queue and the counter do."""

    async def print_job(
        self, document: AsyncIterable[bytes], *, name: str, colour: bool, sides: str = ONE_SIDED
    ) -> JobStatus:
        """Send a PWG raster as one job; returns only when all of it went out and the printer acknowledged the job.

        An exception of `document` cuts the upload and comes out of here.
        """
