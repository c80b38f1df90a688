"""The judge: what became of one document, from counters and our own facts alone (pure).

Invariant "paid iff printed": a certificate is *printed* when the printer's counter moved by exactly the pages due and
we know that we sent the whole document. Everything else waits until the printer holds no job and its counter stood
still; only then is an unmoved counter *void*, and a counter that stopped short with a fault seen a *jam after page
k*. An unmoved counter with a page in the exit that was not there before is no void: a counter may stand still. Whatever
remains is *in doubt* and goes to a person.

Job states are no evidence: printers call a job "canceled" whose pages they print later, and "completed" whose upload
was cut half way (RFC 8011, section 5.3.7, leaves both open).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["Claim", "Observation", "Outcome", "OutcomeKind", "Stillness", "judge"]


@unique
class OutcomeKind(Enum):
    """The four ends of a document at the printer."""

    PRINTED = "printed"
    VOID = "void"
    JAM = "jam"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a document.

    Attributes:
        kind: its end.
        pages: pages that came out; all of them when printed, 0 when void, k of "jam after page k"; what the counter
            says when in doubt, 0 where it says nothing of use.
    """

    kind: OutcomeKind
    pages: int

    @property
    def final(self) -> bool:
        """Whether this never changes; in doubt may be followed by one of the others."""
        return self.kind is not OutcomeKind.IN_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What we know of a document on our side of the cable; it can be journalled without a word of the document.

    Attributes:
        before: the printer's lifetime impressions before anything was handed over.
        due: pages of the document, at least 1.
        sent: the whole document went out and the printer acknowledged it.
        fault_seen: the printer showed a fault (`konbini.kiosk.printing.ports.PrinterStatus.faults`) meanwhile.
        paper_seen: a page lay in the exit that was not there before.
    """

    before: int
    due: int
    sent: bool
    fault_seen: bool
    paper_seen: bool = False

    def __post_init__(self) -> None:
        if self.before < 0 or self.due < 1:
            raise ValueError("a claim counts from a counter and has at least one page due")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the printer says.

    Attributes:
        impressions: its lifetime counter now.
        settled: it holds no job, and its counter stood still for as long as one page takes.
    """

    impressions: int
    settled: bool


def judge(claim: Claim, seen: Observation) -> Outcome:
    """Return what became of the document.

    A counter that went back, or on past the pages due, is never explained away.
    """
    moved = seen.impressions - claim.before
    if moved == claim.due and claim.sent:
        return Outcome(kind=OutcomeKind.PRINTED, pages=moved)
    if seen.settled and moved == 0 and not claim.paper_seen:
        return Outcome(kind=OutcomeKind.VOID, pages=0)
    if seen.settled and 0 < moved < claim.due and claim.fault_seen:
        return Outcome(kind=OutcomeKind.JAM, pages=moved)
    return Outcome(kind=OutcomeKind.IN_DOUBT, pages=max(moved, 0))


class Stillness:
    """Tells how long the printer held no job while its counter did not move.

    The counter only grows, so that two equal readings say that nothing was printed between them, however far apart
    they are.
    """

    __slots__ = ("_impressions", "_since")

    def __init__(self) -> None:
        self._impressions: int | None = None
        self._since = 0.0

    def note(self, *, impressions: int, jobs_held: int, moment: float) -> float:
        """Take one reading at `moment` (seconds, monotonic) and return the seconds of stillness so far."""
        if jobs_held:
            self._impressions = None
            return 0.0
        if impressions != self._impressions:
            self._impressions, self._since = impressions, moment
        return moment - self._since

    def forget(self) -> None:
        """Start again: the printer did not answer, so it may have been another one, or a new start of it."""
        self._impressions = None
