"""The closed list of what is written down of maintenance (docs/service-page.md; a test compares the two).

An entry is a moment, one of these, and the maintainer's name where one is signed in or was named rightly; what else was
typed into the page is never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Protocol

__all__ = ["Entry", "ServiceEvent", "ServiceLog"]


@unique
class ServiceEvent(IntEnum):
    """What happened; numbers are stable."""

    SIGNED_IN = 1
    """A maintainer signed in."""
    SIGN_IN_REFUSED = 2
    """A name and a password did not belong together."""
    SIGN_IN_THROTTLED = 3
    """Somebody tried while the page was waiting; once for each wait."""
    SIGNED_OUT = 4
    """A maintainer signed out."""
    SESSION_LOCKED = 5
    """A session was idle for too long."""
    PAUSED = 11
    """A maintainer stopped the service."""
    RESUMED = 12
    """A maintainer let the service go on."""
    TEST_BEGUN = 13
    """A maintainer asked for the test page; nothing is printed yet."""
    TEST_PRINTED = 14
    """The test page came out."""
    TEST_FAILED = 15
    """The test page did not come out, or nobody knows."""
    CABINET_SERVICED = 21
    """The cabinet was opened with a maintainer signed in."""
    CABINET_SHUT = 22
    """The cabinet that a maintainer had opened was shut."""
    CABINET_FORCED = 23
    """The cabinet was open and nobody was signed in, or its switch did not answer: alarm."""
    CABINET_CONFIRMED = 24
    """A maintainer looked at a cabinet that had been forced, and let the service go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; `moment` is Unix seconds, `who` is empty where nobody is known."""

    moment: int
    event: ServiceEvent
    who: str


class ServiceLog(Protocol):
    """Where entries are kept; none is ever changed or removed."""

    async def record(self, event: ServiceEvent, who: str = "") -> None:
        """Write one entry down."""

    async def newest(self, most: int) -> Sequence[Entry]:
        """Give the newest entries, the newest first."""

    async def last_of(self, *events: ServiceEvent) -> ServiceEvent | None:
        """Give which of these was written down last, None where none was."""

    async def failures(self) -> int:
        """Count the refused sign-ins since the last one that was let in."""
