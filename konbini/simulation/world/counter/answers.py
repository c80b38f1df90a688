"""What a person taps on each screen that asks for a tap: their errand, answer by answer. No I/O.

Invariants: an answer is one that the view offers; what is done of the errand is taken off it.
"""

from __future__ import annotations

from konbini.kiosk.session.action import (
    Action,
    AddAnother,
    Agree,
    Back,
    ChooseCopies,
    ChooseKind,
    ChooseLanguage,
    ChooseMembers,
    ChooseOptions,
    ChooseScope,
    ChooseWard,
    Confirm,
    EnterPin,
    Finish,
    LookAgain,
    More,
    SeeOwnList,
    ShowNames,
)
from konbini.kiosk.session.choice_views import CheckView, KindView, LookAgainView, MembersView, OptionsView, ScopeView
from konbini.kiosk.session.entry_views import NoticeView, PinView, StartView
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.list_views import NoOwnListView, OwnListView
from konbini.kiosk.session.order_views import EndView, OutcomeView
from konbini.kiosk.session.place_views import ClosedView, WardView
from konbini.kiosk.session.view import View
from konbini.protocol.kinds import Options
from konbini.simulation.world.counter.habits import Errand, Habits

__all__ = ["Answers", "Gone"]


class Gone(Exception):  # noqa: N818 - an end, not a defect
    """They walk away."""


class Answers:
    """The taps of one stay.

    Args:
        errand: what they have come for.
        habits: how they go about it.
        pin: their card's, digits.
        ward: the code of the municipality that they choose; empty: the first that is offered.
    """

    def __init__(self, errand: Errand, habits: Habits, *, pin: str, ward: str) -> None:
        self._errand = errand
        self._habits = habits
        self._right_pin = pin
        self._own_ward = ward
        self._wanted = list(errand.kinds)
        self._together = errand.together
        self._copies = errand.copies
        self._wrong = habits.wrong_pins
        self._lists = errand.lists
        self._shows_names = habits.shows_names
        self._was_closed = False

    def to(self, view: View) -> Action | None:  # noqa: C901, PLR0911, PLR0912 - a table of the screens, one line each
        """Give the tap that takes them on, None where they wait.

        Raises:
            Gone: they find nothing here to tap.
        """
        match view:
            case StartView():
                return ChooseLanguage(language=self._habits.language)
            case NoticeView():
                return Agree()
            case WardView():
                return self._ward(view)
            case ClosedView():
                self._was_closed = True
                return Back() if view.state is State.WARD_CLOSED else None
            case PinView():
                return EnterPin(pin=self._pin(view.digits))
            case KindView():
                return self._kind(view)
            case OwnListView() | NoOwnListView():
                return Back()
            case ScopeView():
                return ChooseScope(scope=self._errand.scope if self._errand.scope in view.scopes else view.scopes[0])
            case MembersView():
                people = view.members[: max(1, min(self._errand.people, len(view.members)))]
                return ChooseMembers(handles=tuple(one.handle for one in people))
            case OptionsView():
                return ChooseOptions(options=Options(0))
            case CheckView():
                return self._check(view)
            case LookAgainView():
                return LookAgain()
            case OutcomeView():
                return Finish()
            case EndView():
                return self._end(view)
        return None

    def _ward(self, view: WardView) -> Action:
        codes = tuple(ward.code for ward in view.wards)
        if self._was_closed or not codes or (self._own_ward and self._own_ward not in codes):
            raise Gone
        return ChooseWard(code=self._own_ward or codes[0])

    def _pin(self, digits: int) -> bytearray:
        pin = self._right_pin
        if self._wrong:
            self._wrong -= 1
            pin = "".join(str((int(digit) + 1) % 10) for digit in pin)
        return bytearray(pin[:digits].encode("ascii"))

    def _kind(self, view: KindView) -> Action:
        if self._lists and view.may_list:
            self._lists = False
            return SeeOwnList()
        offered = tuple(one.kind for one in view.kinds)
        wanted = self._wanted[0] if self._wanted else offered[0]
        return ChooseKind(kind=wanted if wanted in offered else offered[0])

    def _check(self, view: CheckView) -> Action:
        if self._shows_names and not view.names_shown and view.people:
            self._shows_names = False
            return ShowNames(shown=True)
        if view.copies < min(self._copies, view.most_copies):
            return ChooseCopies(copies=view.copies + 1)
        self._copies = 1
        if self._together > 1 and len(self._wanted) > 1 and view.may_add:
            self._together -= 1
            self._wanted.pop(0)
            return AddAnother()
        return Confirm()

    def _end(self, view: EndView) -> Action:
        del self._wanted[:1]
        if self._wanted and view.may_go_on:
            self._together = 1
            return More()
        return Finish()
