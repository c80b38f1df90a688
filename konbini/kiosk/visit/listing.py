"""Asking what was issued on the card. Holds nothing: what the ward tells is the course's, which lets go of it."""

from __future__ import annotations

from konbini.kiosk.session.flow import Event
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened, Report
from konbini.kiosk.visit.tools import Tools

__all__ = ["Listing"]


class Listing:
    """The work of the card's own list."""

    def __init__(self, tools: Tools, course: Course, report: Report) -> None:
        self._tools = tools
        self._course = course
        self._report = report

    async def ask(self) -> None:
        """OWNLIST, both ways."""
        ward = self._course.at_ward()
        listed = await ward.own_list(self._tools.seconds(), lambda: self._tools.host.prekey(ward.entry.ward))
        self._report(Happened(event=Event.OWN_LIST, change=lambda course: course.list_given(listed)))
