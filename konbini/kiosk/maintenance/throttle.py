"""How long the page waits after passwords that were wrong. Pure: moments are seconds of a monotonic clock.

A few tries are free; then each wrong one doubles the wait, up to a bound. It is one for the page, whatever names are
tried, so that a list of names is no way around it. What is tried while it waits is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIRST_WAIT", "FREE_TRIES", "LONGEST_WAIT", "Throttle"]

FREE_TRIES = 3
FIRST_WAIT = 30.0
LONGEST_WAIT = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How the page stands: wrong passwords in a row, and until when it waits."""

    failures: int = 0
    until: float = float("-inf")

    @classmethod
    def resumed(cls, failures: int, now: float) -> Throttle:
        """Go on after a restart, as if the last of them had been wrong now."""
        return cls(failures=failures - 1).failed(now) if failures else cls()

    def wait(self, now: float) -> float:
        """Give the seconds that are left to wait."""
        # Bounded again: a sum and its difference may be a rounding apart.
        return min(max(self.until - now, 0.0), LONGEST_WAIT)

    def failed(self, now: float) -> Throttle:
        """Take a wrong password."""
        failures = self.failures + 1
        doublings = failures - FREE_TRIES
        if doublings < 0:
            return Throttle(failures=failures)
        # 2**10 first waits are far beyond the bound: no number grows with the tries.
        return Throttle(failures=failures, until=now + min(FIRST_WAIT * 2 ** min(doublings, 10), LONGEST_WAIT))
