"""Jobs of the printer of our own, and the lies that it can be told to tell of them (RFC 8011, section 5.3.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, unique

__all__ = ["Job", "JobState", "Lie"]


@unique
class JobState(IntEnum):
    """job-state."""

    PENDING = 3
    PROCESSING = 5
    PROCESSING_STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


@unique
class Lie(Enum):
    """A printer's bad habit, which it has until it is told to drop it."""

    COMPLETES_EARLY = "completes early"
    """It forgets all pages but the first, and says completed."""
    PRINTS_CANCELLED = "prints what it calls cancelled"
    """Cancel-Job makes the job canceled and the queue empty at once; its pages come all the same when they can."""
    COUNTER_STANDS = "the counter stands"
    """Pages come out and nothing is counted."""
    COUNTS_TWICE = "counts each page twice"
    NAMES_NO_REASON = "names no reason"
    """It stops, and printer-state-reasons is none."""
    IGNORES_SIDES = "prints on both sides whatever is asked"


@dataclass(slots=True, kw_only=True)
class Job:
    """One job.

    Attributes:
        number: job-id.
        document: PWG raster, whole; gone when the job is over.
        two_sided: what was asked for, or the printer's default.
        foreign: somebody else's; it stays until it is finished by hand.
        cancelled: Cancel-Job was heard.
    """

    number: int
    document: bytes = field(repr=False)
    two_sided: bool
    foreign: bool = False
    state: JobState = JobState.PENDING
    cancelled: bool = False
    impressions: int = 0

    @property
    def over(self) -> bool:
        """Whether it counts as held no more."""
        return self.state >= JobState.CANCELED

    @property
    def reasons(self) -> tuple[str, ...]:
        """job-state-reasons."""
        words = {
            JobState.PROCESSING: "job-printing",
            JobState.PROCESSING_STOPPED: "printer-stopped",
            JobState.CANCELED: "job-canceled-by-user",
            JobState.ABORTED: "aborted-by-system",
            JobState.COMPLETED: "job-completed-successfully",
        }
        return (words.get(self.state, "none"),)
