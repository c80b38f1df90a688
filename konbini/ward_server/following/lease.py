"""The lease: how long a follower may rely on the registry's last signed heartbeat. Pure.

It is counted on the follower's monotonic clock from the moment it asked, 60 s at most, and it counts only once
every change that the heartbeat speaks of is applied: until then the follower is behind and says so. A lease that a
broken feed ended is not granted again until the copy was re-taken and reconciled, which two persons decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.feed import LEASE_SECONDS

__all__ = ["Lease"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    number: int
    until: float
    heard: int


class Lease:
    """A lease with its newest grants; nothing is granted at the start.

    `heard` is when the newest grant that counts was asked for on the wall clock, in Unix milliseconds: as of when the
    copy is. It is 0 before the first, and says nothing of whether the lease holds.

    Grants whose changes are not applied yet wait; the newest waiting one is enough, since a later heartbeat
    speaks of all that an earlier one spoke of.
    """

    def __init__(self) -> None:
        self._applied = 0
        self._newest = 0
        self.heard = 0
        self._until = float("-inf")
        self._waiting: _Granted | None = None
        self._broken: Code | None = None

    def granted(self, *, asked_at: float, seconds: int, number: int, heard: int = 0) -> None:
        """Take a verified heartbeat.

        Args:
            asked_at: monotonic seconds at which the follower asked.
            seconds: what the registry grants.
            number: the newest change when it answered.
            heard: the wall clock at which the follower asked, Unix milliseconds.
        """
        self._newest = max(self._newest, number)
        if self._broken is not None:
            return
        until = asked_at + min(seconds, LEASE_SECONDS)
        if number <= self._applied:
            self._count(until, heard)
        else:
            self._waiting = _Granted(number=number, until=until, heard=heard)

    def applied(self, number: int) -> None:
        """Say that every change up to `number` is applied."""
        self._applied = max(self._applied, number)
        if self._waiting is not None and self._waiting.number <= self._applied:
            self._count(self._waiting.until, self._waiting.heard)
            self._waiting = None

    def broken(self, code: Code) -> None:
        """End the lease at once, with the code of what broke the feed; the first stands."""
        self._broken = self._broken or code
        self._until = float("-inf")
        self._waiting = None

    def mended(self, number: int) -> None:
        """Begin anew: the copy was re-taken up to `number`, and agrees with the registry."""
        self._broken = None
        self._applied = self._newest = number

    @property
    def behind(self) -> int:
        """How many changes the newest heartbeat spoke of that are not applied."""
        return max(self._newest - self._applied, 0)

    def left(self, now: float) -> float:
        """Give how many seconds the lease holds yet, 0 where it has run out."""
        return max(self._until - now, 0.0)

    def holds(self, now: float) -> bool:
        """Say whether the lease holds at `now` (monotonic seconds)."""
        return now < self._until

    def check(self, now: float) -> None:
        """Refuse where the lease has run out.

        Raises:
            Refused: `WARD_NOT_CURRENT`, or the code of what broke the feed.
        """
        if self._broken is not None:
            raise Refused(self._broken, "the feed is broken: reconcile, by two persons")
        if not self.holds(now):
            raise Refused(Code.WARD_NOT_CURRENT, "the registry's lease has run out")

    def _count(self, until: float, heard: int) -> None:
        self._until = max(self._until, until)
        self.heard = max(self.heard, heard)
