"""What the visit and the long-lived process see of the printer.

Owns the words: status, faults, progress. Nothing here holds a byte of a document.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum, unique
from typing import Protocol, TypeAlias

from konbini.kiosk.printing.outcome import Claim, Outcome
from konbini.protocol.errors import Code

__all__ = [
    "FAULTS",
    "Judged",
    "PageHanded",
    "PagePrinted",
    "PrintProgress",
    "Printer",
    "PrinterState",
    "PrinterStatus",
    "Settled",
    "fault_code",
]

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

_PAPER = frozenset({"media-empty", "media-needed", "input-tray-missing"})


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
    """

    state: PrinterState
    reasons: frozenset[str]
    impressions: int
    jobs_held: int
    accepting: bool

    @property
    def faults(self) -> frozenset[str]:
        """The reasons with which no page can be promised."""
        return self.reasons & FAULTS


def fault_code(faults: frozenset[str]) -> Code:
    """Return the refusal that names the printer's faults best; a jam before missing paper before the rest."""
    if "media-jam" in faults:
        return Code.JAM
    return Code.PAPER_OUT if faults & _PAPER else Code.PRINTER_UNAVAILABLE


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
            Refused: `PRINTER_UNAVAILABLE`.
        """

    async def ready(self) -> PrinterStatus:
        """Return once the printer could begin a visit: no job held, counter stood still, no fault, accepting.

        Raises:
            Refused: `PAPER_OUT`, `JAM`, `PRINTER_UNAVAILABLE`; the last also where a job does not go away.
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
                `PAPER_OUT`, `JAM`, `PRINTER_UNAVAILABLE` if the printer is not as journalled.
        """

    async def settle(self, claim: Claim) -> Settled:
        """Clear the queue and judge a document that this process may never have seen.

        Returns in doubt when the printer does not come to rest in time; asking again later is allowed.
        """
