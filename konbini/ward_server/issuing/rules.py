"""The rules: who may take what, as pure functions of records, settings and a day. No clock, no store.

All rules of a household run before an answer is made, so that nothing can be told from how long it took; the code
that leaves never tells a protective measure (支援措置) from another reason to go to the counter. Source:
住民基本台帳法 Article 12 and the municipality's settings; each row of "who is refused" has a test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options, Scope
from konbini.ward_server.issuing.settings import Leaving, Settings
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence, ResidentRecord

__all__ = [
    "Household",
    "Person",
    "Reason",
    "Wish",
    "check_visit",
    "may_issue",
    "options_for",
    "reasons",
    "scopes_for",
    "showable",
]


@unique
class Reason(Enum):
    """Why nothing is issued at a kiosk: known inside the ward alone. The value is what leaves."""

    PROTECTED = (1, Code.ASK_AT_COUNTER)
    """支援措置, or a hold, on anybody of the household."""
    REMOVED = (2, Code.ASK_AT_COUNTER)
    """除票: moved out, died, removed."""
    LEAVING = (3, Code.ASK_AT_COUNTER)
    """転出予定."""
    MOVED_IN_TODAY = (4, Code.ASK_AT_COUNTER)
    """転入の当日."""
    NAME_IN_REGISTRATION = (5, Code.ASK_AT_COUNTER)
    """外字登録中."""
    UNDER_AGE = (6, Code.UNDER_AGE)
    """15歳未満."""
    AGE_UNKNOWN = (7, Code.ASK_AT_COUNTER)
    """生年月日不詳."""

    @property
    def code(self) -> Code:
        """What the kiosk is told."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One resident as the rules see them. `barred`: a protective measure or a hold is in force."""

    record: ResidentRecord
    barred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The card's holder and everybody of the household whose record stands, the holder among them if it does."""

    holder: Person
    members: tuple[Person, ...]


def reasons(household: Household, settings: Settings, day: dt.date) -> frozenset[Reason]:
    """Give every reason why this holder gets nothing today."""
    today = to_number(day)
    holder = household.holder
    everybody = (holder, *household.members)
    leaving = everybody if settings.leaving_bars is Leaving.HOUSEHOLD else (holder,)
    found = {
        Reason.PROTECTED: any(person.barred for person in everybody),
        Reason.REMOVED: holder.record.presence is not Presence.PRESENT,
        Reason.LEAVING: any(person.record.leaving is not None for person in leaving),
        Reason.MOVED_IN_TODAY: holder.record.moved_in is not None and holder.record.moved_in >= today,
        Reason.NAME_IN_REGISTRATION: holder.record.name_in_registration,
        Reason.UNDER_AGE: _age(holder.record, day) < settings.under_age,
        Reason.AGE_UNKNOWN: holder.record.birth % 100 == 0,
    }
    return frozenset(reason for reason, holds in found.items() if holds)


def check_visit(household: Household, settings: Settings, day: dt.date) -> None:
    """Refuse a holder who gets nothing today.

    Raises:
        Refused: `UNDER_AGE` where that is the only reason, else `ASK_AT_COUNTER`.
    """
    found = reasons(household, settings, day)
    if not found:
        return
    codes = {reason.code for reason in found}
    raise Refused(codes.pop() if len(codes) == 1 else Code.ASK_AT_COUNTER, "the rules")


def showable(household: Household, settings: Settings, day: dt.date) -> tuple[Person, ...]:
    """Give the members whom a certificate may show today; the age of the others is no hindrance."""
    today = to_number(day)
    return tuple(
        person
        for person in household.members
        if not person.barred
        and not person.record.name_in_registration
        and not (person.record.moved_in is not None and person.record.moved_in >= today)
        and not (settings.leaving_bars is Leaving.PERSON and person.record.leaving is not None)
    )


def scopes_for(household: Household, settings: Settings, day: dt.date) -> tuple[Scope, ...]:
    """Give the scopes that may be asked for: a part needs somebody to leave out, a whole needs everybody showable."""
    shown = len(showable(household, settings, day))
    scopes = [Scope.SELF]
    if shown > 1:
        scopes.append(Scope.PART)
    if shown == len(household.members):
        scopes.append(Scope.WHOLE)
    return tuple(scopes)


def options_for(people: Sequence[Person], settings: Settings) -> Options:
    """Give what these people may ask to have shown; a form may have no cell for some of it."""
    allowed = (
        Options.HEAD_AND_RELATIONSHIP | Options.INDIVIDUAL_NUMBER | Options.RESIDENT_CODE | Options.EARLIER_ADDRESS
    ) & ~settings.barred_options
    if any(person.record.foreign is None for person in people):
        allowed |= Options.DOMICILE & ~settings.barred_options
    if any(person.record.foreign is not None for person in people):
        allowed |= Options.FOREIGN_ITEMS & ~settings.barred_options
    return allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an order asks for."""

    scope: Scope
    options: Options
    residents: frozenset[str]


def may_issue(wish: Wish, household: Household, settings: Settings, day: dt.date) -> tuple[Person, ...]:
    """Let an order through, or refuse it.

    Returns:
        The people whom the paper shows, in the order of the household.

    Raises:
        Refused: `ASK_AT_COUNTER`, `UNDER_AGE`, `NOT_OFFERED`, or `CHANGED_LOOK_AGAIN` where the household is not what
            it was when the menu was made.
    """
    check_visit(household, settings, day)
    shown = tuple(person for person in showable(household, settings, day) if person.record.resident in wish.residents)
    if len(shown) != len(wish.residents):
        raise Refused(Code.CHANGED_LOOK_AGAIN, "somebody is no longer of the household")
    if wish.options & ~options_for(household.members, settings) or wish.scope not in scopes_for(
        household, settings, day
    ):
        raise Refused(Code.NOT_OFFERED, "scope or options")
    expected = {
        Scope.SELF: wish.residents == {household.holder.record.resident},
        Scope.PART: 0 < len(shown) < len(household.members),
        Scope.WHOLE: len(shown) == len(household.members),
    }
    if not expected[wish.scope]:
        raise Refused(Code.CHANGED_LOOK_AGAIN, "these people are not that scope")
    return shown


def _age(record: ResidentRecord, day: dt.date) -> int:
    """Give the age in whole years.

    An age is reached with the end of the day before the birthday (年齢計算ニ関する法律), so it counts on that day.
    """
    tomorrow = to_number(day + dt.timedelta(days=1))
    return tomorrow // 10000 - record.birth // 10000 - (tomorrow % 10000 < record.birth % 10000)
