"""The visits that are open now, in memory: a restart ends them all, because it destroys the prekeys they need.

The messages of one visit take turns; those of different visits go beside each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from konbini.protocol.errors import Code, Refused
from konbini.protocol.trust import Enrolment
from konbini.protocol.visits import Menu
from konbini.ward_server.asking.opening import Opened
from konbini.ward_server.asking.revocation import RevocationAnswer
from konbini.ward_server.issuing.prekeys import MessageKey
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["GivenMenu", "GivenOwnList", "OpenVisit", "OpenVisits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMenu:
    """A MENU as it was given: what it says, as it was signed, as it went out."""

    menu: Menu
    signed: bytes
    digest: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOwnList:
    """A list of what was issued on the visit's card, as it went out, and the hash of the message that asked."""

    ordinal: int
    body_hash: bytes
    sealed: bytes


@dataclass(slots=True, kw_only=True)
class OpenVisit:
    """One visit (利用) and what proves it.

    `given` is the newest menu; `look_again`: an order was told that something changed since, so that this menu is
    given to nobody any more. `own_lists`: those that were given, in the order of their ordinals.
    """

    opened: Opened
    enrolment: Enrolment
    message_key: MessageKey
    ticket: bytes
    opening: bytes
    revocation: RevocationAnswer
    body_hash: bytes
    card: CardSerial
    holder: str
    given: GivenMenu | None = None
    look_again: bool = False
    own_lists: tuple[GivenOwnList, ...] = ()


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class OpenVisits:
    """Visits by v, the hash of their tickets."""

    def __init__(self) -> None:
        self._by_visit: dict[bytes, OpenVisit] = {}
        self._turns: dict[bytes, _Turn] = {}

    @asynccontextmanager
    async def turn(self, v: bytes) -> AsyncIterator[None]:
        """Wait for this visit's turn; a lock lives only as long as somebody holds it or waits."""
        turn = self._turns.setdefault(v, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[v]

    def put(self, visit: OpenVisit, moment: int) -> None:
        """Keep a visit, and forget those whose minutes are over, and an older one of the same kiosk.

        Raises:
            Refused: `VISIT_CONFLICT`: v is taken.
        """
        if self.find(visit.opened.visit, moment) is not None:
            raise Refused(Code.VISIT_CONFLICT, "opened twice")
        kiosk = visit.opened.ticket.kiosk
        self._by_visit = {
            v: kept
            for v, kept in self._by_visit.items()
            if moment < kept.opened.last_moment and kept.opened.ticket.kiosk != kiosk
        }
        self._by_visit[visit.opened.visit] = visit

    def count(self, moment: int) -> int:
        """Count the visits whose minutes are not over."""
        return sum(moment < visit.opened.last_moment for visit in self._by_visit.values())

    def find(self, v: bytes, moment: int) -> OpenVisit | None:
        """Find a visit whose minutes are not over."""
        visit = self._by_visit.get(v)
        return visit if visit is not None and moment < visit.opened.last_moment else None

    def get(self, v: bytes, kiosk: str, moment: int) -> OpenVisit:
        """Find a visit of this kiosk.

        Raises:
            Refused: `VISIT_OVER`.
        """
        visit = self.find(v, moment)
        if visit is None or visit.opened.ticket.kiosk != kiosk:
            raise Refused(Code.VISIT_OVER, "no such visit is open")
        return visit

    def end_all(self) -> None:
        """Forget every visit: the prekeys that they need are gone. What is being answered is answered."""
        self._by_visit = {}

    def end(self, v: bytes, kiosk: str) -> None:
        """Forget a visit, if it is of this kiosk."""
        visit = self._by_visit.get(v)
        if visit is not None and visit.opened.ticket.kiosk == kiosk:
            del self._by_visit[v]
