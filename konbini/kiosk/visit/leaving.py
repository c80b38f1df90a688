"""What is left behind in a visit, told to the long-lived process: it outlives this one, and tells shop and ward."""

from __future__ import annotations

from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import Left
from konbini.kiosk.visit.course import Course
from konbini.protocol.kinds import LeftThings

__all__ = ["Leaving"]


class Leaving:
    """Says what lies there; the names are gone by then, and the visit's id names nobody."""

    def __init__(self, host: Host, course: Course) -> None:
        self._host = host
        self._course = course

    async def paper(self) -> None:
        """Say that the pages of the orders that were paid together lie there."""
        course = self._course
        visit_id = b"" if course.ward is None else course.ward.visit_id
        first = max(course.ordinal - len(course.lines), 1)
        await self._host.left(Left(thing=int(LeftThings.PAPER), visit_id=visit_id, first=first))

    async def card(self) -> None:
        """Say that a card lies on the reader; whoever was refused and went has left the names here too."""
        self._course.wipe()
        await self._host.left(Left(thing=int(LeftThings.CARD), visit_id=b"", first=1))

    async def coins(self) -> None:
        """Say that coins lie in the dish."""
        await self._host.left(Left(thing=int(LeftThings.COINS), visit_id=b"", first=1))
