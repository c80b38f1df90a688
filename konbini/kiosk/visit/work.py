"""The work of each state: which piece of it runs, and what it means to the flow when that piece refuses.

Owns the table of states and work, and nothing of a resident: proving who asks and the order itself are parts of their
own. Invariants: each piece says what happened, and the loop decides what follows; what a piece refuses, and its own
defect, become an event of its state, so that the resident is told and the money given back; only a lost channel, and a
defect while wiping, end the process.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from konbini.kiosk.session.action import EnterPin
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened, Report
from konbini.kiosk.visit.leaving import Leaving
from konbini.kiosk.visit.listing import Listing
from konbini.kiosk.visit.ordering import Ordering
from konbini.kiosk.visit.proving import Proving
from konbini.kiosk.visit.sensing import left_behind
from konbini.kiosk.visit.tools import Tools
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused

__all__ = ["Work"]

_LOOK_AGAIN = frozenset((Code.CHANGED_LOOK_AGAIN, Code.MENU_EXPIRED))
_REFUSALS = {
    State.ASKING_OWN_LIST: Event.NO_OWN_LIST,
    State.PRINTING: Event.PRINT_FAILED,
    State.RETURNING: Event.MONEY_OWED,
    State.RETURNING_TO_LOOK: Event.MONEY_OWED,
}
_Begin = Callable[[], Coroutine[None, None, None]]

_log = logger("konbini.kiosk.visit.work")


class Work:
    """The pieces of work, by state."""

    def __init__(self, tools: Tools, course: Course) -> None:
        self._course = course
        self._report: Report = lambda _happened: None
        self._proving = proving = Proving(tools, course, self._say)
        self._ordering = ordering = Ordering(tools, course, self._say)
        ask, give_back, let_go = map(self._guarded, (proving.ask, ordering.give_back, proving.let_card_go))
        listing = self._listing = Listing(tools, course, self._say)
        leaving = Leaving(tools.host, course)
        self._by_state: dict[State, _Begin] = {
            State.IDENTIFYING: self._guarded(proving.identify),
            State.CHECKING_PIN: self._guarded(proving.check_pin),
            State.ASKING: ask,
            State.ASKING_CARD_BACK: ask,
            State.ASKING_OWN_LIST: self._guarded(listing.ask),
            State.PAY: self._guarded(ordering.pay),
            State.PREPARING: self._guarded(ordering.prepare),
            State.PRINTING: self._guarded(ordering.print),
            State.RETURNING: give_back,
            State.RETURNING_TO_LOOK: give_back,
            State.CARD: let_go,
            State.REFUSED_TAKE_CARD: let_go,
            State.REFUSED: let_go,
            State.PAPER_LEFT: self._guarded(leaving.paper),
            State.CARD_LEFT: self._guarded(leaving.card),
            State.COINS_LEFT: self._guarded(leaving.coins),
            # A defect here ends the process, and its memory with it.
            State.WIPING: self._wipe,
        }

    def report_to(self, report: Report) -> None:
        """Take where to say what happened."""
        self._report = report

    def of(self, state: State) -> _Begin | None:
        """Give the work of a state; states that share a piece of work get the same one."""
        return self._by_state.get(state)

    def pin_entered(self, pin: EnterPin) -> Happened:
        """Take the PIN over; it is wiped where it comes too late."""
        return Happened(event=Event.PIN_ENTERED, change=lambda _course: self._proving.take_pin(pin), undo=pin.wipe)

    def _say(self, happened: Happened) -> None:
        self._report(happened)

    def _guarded(self, work: _Begin) -> _Begin:
        """Turn what a piece of work refuses into an event, and its own defect into `INTERNAL` without detail."""

        async def begin() -> None:
            try:
                await work()
            except Refused as refused:
                _log.info("refused", code=refused.code, detail=refused.detail)
                self._refuse(refused.code)
            except ConnectionError:
                raise
            except Exception as error:  # noqa: BLE001 - the resident must be told, and the money given back
                _log.error("work failed", error=type(error).__name__)
                self._refuse(Code.INTERNAL)

        return begin

    def _refuse(self, code: Code) -> None:
        """Say that the work of this state refused; each state has its own word for it."""

        def change(course: Course) -> None:
            course.code = code

        event = _REFUSALS.get(self._course.state, Event.REFUSED)
        if self._course.state is State.PREPARING and code in _LOOK_AGAIN and not self._course.pages_out:
            event = Event.CHANGED
        self._say(Happened(event=event, change=change))

    async def _wipe(self) -> None:
        """Let go of everything; the process ends after it, and its memory with it."""
        await self._proving.wipe()
        self._ordering.wipe()
        self._course.wipe()
        self._say(Happened(event=left_behind(self._course.devices) or Event.WIPED))
