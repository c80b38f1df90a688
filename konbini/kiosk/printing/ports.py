"""What the visit and the long-lived process see of the printer.

Owns the words: status, faults, progress. Nothing here holds a byte of a document.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Protocol, TypeAlias

from konbini.kiosk.printing.outcome import Claim, Outcome
from konbini.protocol.errors import Code, Refused

__all__ = [
    "A4",
    "FAULTS",
    "Judged",
    "PageHanded",
    "PagePrinted",
    "PrintProgress",
    "Printer",
    "PrinterState",
    "PrinterStatus",
    "Settled",
    "check_faultless",
    "check_fit",
    "fault_code",
]

A4 = "iso_a4_210x297mm"
"""The only paper that a certificate is printed on (PWG 5101.1)."""

FAULTS = frozenset(
    {
        "cover-open",
        "door-open",
        "fuser-over-temp",
        "fuser-under-temp",
        "input-tray-missing",
        "interlock-open",
        "marker-supply-empty",
        "marker-waste-full",
        "media-empty",
        "media-jam",
        "media-needed",
        "opc-life-over",
        "output-area-full",
        "output-tray-missing",
        "paused",
        "shutdown",
        "spool-area-full",
        "stopped-partly",
        "stopping",
        "toner-empty",
    }
)
"""Keywords of printer-state-reasons (RFC 8011, section 5.4.12; PWG 5100.13) with which no page can be promised.

They are compared without their severity (-report, -warning, -error): printers exist that call an empty tray a report
while they wait for paper for ever.
"""

_STOPPED = "stopped"
_NOT_A4 = "media-not-a4"
"""Two faults that are no keywords: the printer stopped and names no reason; another paper than A4 is loaded."""
_NAMED = (
    (frozenset({"media-jam"}), Code.JAM),
    (frozenset({"cover-open", "door-open", "interlock-open"}), Code.COVER_OPEN),
    (frozenset({_NOT_A4}), Code.WRONG_PAPER),
    (frozenset({"media-empty", "media-needed", "input-tray-missing"}), Code.PAPER_OUT),
    (frozenset({"toner-empty", "marker-supply-empty"}), Code.TONER_OUT),
    (frozenset({"output-area-full"}), Code.PAPER_IN_EXIT),
    (frozenset({"shutdown"}), Code.PRINTER_OFFLINE),
)
"""What the resident or the shop can mend, what hides behind it last: an open cover and a jam are one jam."""


@unique
class PrinterState(Enum):
    """printer-state (RFC 8011, section 5.4.11)."""

    IDLE = 3
    PROCESSING = 4
    STOPPED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterStatus:
    """One answer of the printer.

    Attributes:
        state: what it says it does.
        reasons: its reasons, keywords without severity; empty when it names none.
        impressions: sides printed in its life.
        jobs_held: jobs pending, held, processing or stopped; a cancelled one counts until it is gone.
        accepting: whether it takes a new job.
        media: names of the paper that is loaded (media-ready); empty where it names none.
    """

    state: PrinterState
    reasons: frozenset[str]
    impressions: int
    jobs_held: int
    accepting: bool
    media: frozenset[str] = field(default=frozenset())

    @property
    def faults(self) -> frozenset[str]:
        """What no page can be promised with: reasons, another paper than A4 alone, a stop without a reason."""
        faults = self.reasons & FAULTS
        if self.media and A4 not in self.media:
            faults |= {_NOT_A4}
        if self.state is PrinterState.STOPPED and not faults:
            faults |= {_STOPPED}
        return faults


def fault_code(faults: frozenset[str]) -> Code:
    """Return the refusal that names the printer's faults best: what can be mended before what hides behind it."""
    return next((code for words, code in _NAMED if faults & words), Code.PRINTER_UNAVAILABLE)


def check_faultless(status: PrinterStatus) -> PrinterStatus:
    """Return the status of a printer that could print, now or when its queue is empty.

    Raises:
        Refused: the fault's own code, or `PRINTER_UNAVAILABLE`: it accepts no job and does not say why.
    """
    if status.faults:
        raise Refused(fault_code(status.faults), ", ".join(sorted(status.faults)))
    if not status.accepting:
        raise Refused(Code.PRINTER_UNAVAILABLE, "accepts no job")
    return status


def check_fit(status: PrinterStatus) -> PrinterStatus:
    """Return the status of a printer that could print at once; asked before money is asked for.

    Raises:
        Refused: as `check_faultless`; `PRINTER_BUSY` where it holds a job.
    """
    if check_faultless(status).jobs_held:
        raise Refused(Code.PRINTER_BUSY, f"holds {status.jobs_held} job")
    return status


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The judgement with the counter readings that it rests on; what RECEIPT says of the paper.

    Attributes:
        outcome: printed, void, jam after page k, or in doubt.
        before: lifetime impressions before the document.
        after: the last reading; None when the printer has not answered since.
        faults: the faults that were seen, for the operator.
    """

    outcome: Outcome
    before: int
    after: int | None
    faults: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHanded:
    """Page `page` (from 1) of `pages` has gone to the printer whole."""

    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePrinted:
    """The counter says that `page` pages of `pages` are out."""

    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The last word of a printing; always given, and once."""

    settled: Settled


PrintProgress: TypeAlias = PageHanded | PagePrinted | Judged


class Printer(Protocol):
    """One printer of one kiosk, which nobody else sends jobs to."""

    async def status(self) -> PrinterStatus:
        """Ask the printer now.

        Raises:
            Refused: `PRINTER_OFFLINE` where nobody answers, `PRINTER_UNAVAILABLE` where the answer cannot be used.
        """

    async def ready(self) -> PrinterStatus:
        """Return once the printer could begin a visit: no job held, counter stood still, no fault, accepting.

        Raises:
            Refused: a fault's own code (`fault_code`); `PRINTER_OFFLINE`; `PRINTER_BUSY` where a job does not go away
                or the counter does not stand still; `PRINTER_UNAVAILABLE` for the rest.
        """

    def print_document(
        self, pdf: bytes | bytearray | memoryview, pages: int, before: int
    ) -> AsyncGenerator[PrintProgress, None]:
        """Print the document once and follow it to its judgement.

        Close the generator if it is not read to its end: that ends the upload, and `settle` judges what came of it.

        Args:
            pdf: the very buffer that was verified; read in place and never written anywhere.
            pages: the pages due, as the ward signed them.
            before: the counter that was journalled; a printer that has moved since is not printed on.

        Raises:
            Refused: nothing was handed over. `DOCUMENT_INVALID` if the buffer is no document of `pages` A4 pages;
                a fault's own code, `PRINTER_BUSY`, `PRINTER_UNAVAILABLE` if the printer is not as journalled.
        """

    async def settle(self, claim: Claim) -> Settled:
        """Clear the queue and judge a document that this process may never have seen.

        Returns in doubt when the printer does not come to rest in time; asking again later is allowed.
        """
