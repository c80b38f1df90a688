"""The table of living visits: whose each one is, and for how long frames of it pass.

Invariants: a visit id belongs to one kiosk and one ward, and never changes hands; a kiosk has at most one visit whose
OPEN may still be the first, because a new ticket supersedes one that was not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LONG_VISIT_MINUTES
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS
from konbini.protocol.visits import PRINT_SECONDS

__all__ = ["LIFE_SECONDS", "Visit", "VisitTable"]

LIFE_SECONDS = LONG_VISIT_MINUTES * 60 + PRINT_SECONDS
"""How long after its ticket's end frames of a visit pass: the longest visit, and the last order's time to print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit as the center knows it; moments are Unix seconds.

    Attributes:
        ticket_expires: until then its first OPEN passes.
        opened: its OPEN went through.
        superseded: its kiosk asked for another ticket before it was opened.
        server: of the ward, whose prekey its ticket carried; the visit's keys are in that one's memory.
    """

    visit_id: bytes
    kiosk: str
    ward: str
    ticket_expires: int
    opened: bool = False
    superseded: bool = False
    server: str = ""

    @property
    def ends(self) -> int:
        """When it is over, whatever it was allowed."""
        return self.ticket_expires + LIFE_SECONDS

    def passes_open(self, moment: int) -> None:
        """Let OPEN pass: the first within the ticket's time, repeats while the visit lives.

        Raises:
            Refused: `TICKET_INVALID` (superseded), `TICKET_EXPIRED`, `VISIT_OVER`.
        """
        if self.superseded:
            raise Refused(Code.TICKET_INVALID, "its kiosk asked for another ticket")
        if not self.opened and moment >= self.ticket_expires + CLOCK_SKEW_SECONDS:
            raise Refused(Code.TICKET_EXPIRED)
        self.alive(moment)

    def alive(self, moment: int) -> None:
        """Hold the visit's time.

        Raises:
            Refused: `VISIT_OVER`.
        """
        if moment >= self.ends:
            raise Refused(Code.VISIT_OVER)


class VisitTable:
    """All visits that are not over."""

    def __init__(self, visits: tuple[Visit, ...] = ()) -> None:
        """Take the visits that a ledger remembers, in the order of their tickets."""
        self._visits = {visit.visit_id: visit for visit in visits}
        self._unopened = {visit.kiosk: visit.visit_id for visit in visits if not (visit.opened or visit.superseded)}

    def __len__(self) -> int:
        return len(self._visits)

    def find(self, visit_id: bytes) -> Visit | None:
        """Find a visit that lives."""
        return self._visits.get(visit_id)

    def unopened(self, kiosk: str) -> Visit | None:
        """Find the visit for which a kiosk holds a ticket that it has not used."""
        visit_id = self._unopened.get(kiosk)
        return None if visit_id is None else self._visits.get(visit_id)

    def admit(self, visit: Visit, moment: int) -> Visit | None:
        """Enter a visit that got its ticket, and give the one that this ticket supersedes.

        Raises:
            Refused: `VISIT_CONFLICT`: the id is taken.
        """
        self.forget(moment)
        known = self._visits.get(visit.visit_id)
        if known is not None and (known.opened or known.superseded or known.kiosk != visit.kiosk):
            raise Refused(Code.VISIT_CONFLICT, "a visit id is used once")
        earlier = self.unopened(visit.kiosk)
        self._visits.pop(visit.visit_id, None)
        self._visits[visit.visit_id] = visit
        self._unopened[visit.kiosk] = visit.visit_id
        if earlier is None or earlier.visit_id == visit.visit_id:
            return None
        self._visits[earlier.visit_id] = superseded = replace(earlier, superseded=True)
        return superseded

    def open(self, visit_id: bytes) -> None:
        """Note that OPEN went through; of a visit that is over by now there is nothing to note."""
        visit = self._visits.get(visit_id)
        if visit is None or visit.opened:
            return
        self._visits[visit_id] = replace(visit, opened=True)
        if self._unopened.get(visit.kiosk) == visit_id:
            del self._unopened[visit.kiosk]

    def forget(self, moment: int) -> None:
        """Drop what is over; visits stand in the order of their tickets, so the first that lives ends the search."""
        while self._visits:
            oldest = next(iter(self._visits.values()))
            if moment < oldest.ends:
                return
            del self._visits[oldest.visit_id]
            if self._unopened.get(oldest.kiosk) == oldest.visit_id:
                del self._unopened[oldest.kiosk]
