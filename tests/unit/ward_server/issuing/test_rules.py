"""The rules over generated households and days: who gets nothing, and that nobody is shown who must not be."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.issuing.rules import (
    Household,
    Person,
    Reason,
    Wish,
    check_visit,
    kind_reasons,
    may_issue,
    options_for,
    reasons,
    scopes_for,
    showable,
)
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.settings.settings import Leaving, Settings
from tests.municipality import SETTINGS, with_rules
from tests.records import FOREIGN, written

DAY = dt.date(2026, 11, 20)
KIND = CertificateKind.RESIDENT_RECORD
TERMS = SETTINGS.terms(DAY)

DAYS = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2098, 12, 30))
NUMBERS = DAYS.map(to_number)


def person(place: int, *, barred: bool = False, **changes: Any) -> Person:  # noqa: ANN401 - any field of the record
    """Make one member of a household."""
    record = written(f"10{place:08d}", household="2000000001", order=place + 1, **{"notified": None, **changes})
    return Person(record=record, barred=barred)


@st.composite
def people(draw: st.DrawFn, place: int) -> Person:
    """Draw somebody; about half have nothing about them."""
    plain = draw(st.booleans())
    return person(
        place,
        barred=not plain and draw(st.booleans()),
        birth=draw(st.sampled_from([19850403, 19550000, 0, 20120501, 20111121])) if not plain else 19850403,
        leaving=None if plain else draw(st.none() | NUMBERS),
        moved_in=None if plain else draw(st.none() | NUMBERS),
        notified=None if plain else draw(st.none() | NUMBERS),
        name_in_registration=not plain and draw(st.booleans()),
        foreign=draw(st.sampled_from([None, FOREIGN])),
    )


@st.composite
def households(draw: st.DrawFn) -> Household:
    """Draw a household of one to five; the holder's own record may have been removed."""
    members = tuple(draw(people(place)) for place in range(draw(st.integers(1, 5))))
    holder = draw(st.sampled_from(members))
    if draw(st.integers(0, 5)) == 0:
        gone = Person(record=replace(holder.record, presence=Presence.MOVED_OUT), barred=holder.barred)
        rest = tuple(member for member in members if member is not holder)
        return Household(holder=gone, members=rest)
    return Household(holder=holder, members=members)


def admitted(household: Household, settings: Settings) -> Household:
    """Take away what keeps this holder from being let through, and nothing else."""
    own = household.holder.record.resident

    def cleared(one: Person) -> Person:
        record = one.record
        if record.resident == own:
            record = replace(
                record,
                presence=Presence.PRESENT,
                leaving=None,
                moved_in=None,
                notified=None,
                name_in_registration=False,
                birth=19500403,
            )
        elif settings.rules[0].leaving_bars is Leaving.HOUSEHOLD:
            record = replace(record, leaving=None)
        return Person(record=record, barred=False)

    others = (cleared(one) for one in household.members if one.record.resident != own)
    holder = cleared(household.holder)
    return Household(holder=holder, members=tuple(sorted((holder, *others), key=lambda one: one.record.order)))


SETTINGS_DRAWN = st.builds(
    lambda leaving, barred: replace(
        with_rules(leaving_bars=leaving),
        offered=tuple(replace(one, barred_options=barred) for one in SETTINGS.offered),
    ),
    st.sampled_from(Leaving),
    st.sampled_from([Options(0), Options.RESIDENT_CODE, Options.INDIVIDUAL_NUMBER | Options.RESIDENT_CODE]),
)


@st.composite
def wishes(draw: st.DrawFn, household: Household) -> Wish:
    """Draw a wish: half of them such as a menu leads to, the others for anybody, a stranger among them."""
    names = [member.record.resident for member in household.members]
    if draw(st.booleans()):
        scope = draw(st.sampled_from(Scope))
        part = draw(st.sets(st.sampled_from(names), min_size=1)) if names else set()
        likely = {Scope.SELF: {household.holder.record.resident}, Scope.WHOLE: set(names), Scope.PART: part}
        options = options_for(KIND, household.members, TERMS) & Options(draw(st.integers(0, 63)))
        return Wish(kind=KIND, scope=scope, options=options, residents=frozenset(likely[scope]))
    names.append("1099999999")
    return Wish(
        kind=KIND,
        scope=draw(st.sampled_from(Scope)),
        options=Options(draw(st.integers(0, 63))),
        residents=frozenset(draw(st.sets(st.sampled_from(names)))),
    )


@given(data=st.data(), household=households(), settings=SETTINGS_DRAWN, day=DAYS)
def test_nobody_is_shown_who_must_not_be(
    data: st.DataObject, household: Household, settings: Settings, day: dt.date
) -> None:
    """Whatever is let through shows exactly whom it names: of the household, unbarred, in the household's order."""
    wish = data.draw(wishes(household))
    try:
        shown = may_issue(wish, household, settings.terms(day), day)
    except Refused:
        return
    assert {one.record.resident for one in shown} == wish.residents
    assert set(shown) <= set(household.members)
    assert not any(one.barred for one in (household.holder, *household.members))
    assert not any(one.record.name_in_registration for one in shown)
    assert not any(one.record.moved_in is not None and one.record.moved_in >= to_number(day) for one in shown)
    assert not any(one.record.leaving is not None for one in shown)
    assert [one.record.order for one in shown] == sorted(one.record.order for one in shown)
    assert household.holder.record.presence is Presence.PRESENT
    assert not any(one.record.notified is not None and one.record.notified >= to_number(day) for one in shown)
    assert not wish.options & settings.offered[0].barred_options


@given(data=st.data(), household=households(), settings=SETTINGS_DRAWN, day=DAYS)
def test_a_scope_means_what_it_says(
    data: st.DataObject, household: Household, settings: Settings, day: dt.date
) -> None:
    """Oneself is the holder, the whole leaves nobody out, a part leaves somebody out."""
    wish = data.draw(wishes(household))
    try:
        shown = may_issue(wish, household, settings.terms(day), day)
    except Refused:
        return
    if wish.scope is Scope.SELF:
        assert shown == (household.holder,)
    elif wish.scope is Scope.WHOLE:
        assert shown == household.members
    else:
        assert 0 < len(shown) < len(household.members)


@given(household=households(), settings=SETTINGS_DRAWN, day=DAYS)
def test_every_scope_on_offer_can_be_ordered(household: Household, settings: Settings, day: dt.date) -> None:
    """What the menu offers to a holder whom the rules let through is let through when it is ordered."""
    household = admitted(household, settings)
    assert not reasons(household, settings.terms(day), day)
    shown = showable(household, settings.terms(day), day)
    options = options_for(KIND, household.members, settings.terms(day))
    part = [one for one in shown if one is not household.holder][:1] or [household.holder]
    chosen = {Scope.SELF: [household.holder], Scope.PART: part, Scope.WHOLE: list(household.members)}
    for scope in scopes_for(KIND, household, settings.terms(day), day):
        residents = frozenset(one.record.resident for one in chosen[scope])
        wish = Wish(kind=KIND, scope=scope, options=options, residents=residents)
        assert len(may_issue(wish, household, settings.terms(day), day)) == len(residents)


@given(data=st.data(), household=households(), settings=SETTINGS_DRAWN, day=DAYS)
def test_a_measure_is_told_by_no_code_of_its_own(
    data: st.DataObject, household: Household, settings: Settings, day: dt.date
) -> None:
    """A household with somebody barred is sent to the counter, as for any other reason, and shown no scope of it."""
    barred = data.draw(st.sampled_from((household.holder, *household.members))).record.resident
    holder, *members = (
        replace(one, barred=True) if one.record.resident == barred else one
        for one in (household.holder, *household.members)
    )
    household = Household(holder=holder, members=tuple(members))
    with pytest.raises(Refused) as caught:
        check_visit(household, settings.terms(day), day)
    assert caught.value.code is Code.ASK_AT_COUNTER
    assert Reason.PROTECTED in reasons(household, settings.terms(day), day)


@given(birth=st.dates(dt.date(1950, 1, 1), dt.date(2040, 12, 31)), day=DAYS)
def test_ages_follow_the_law(birth: dt.date, day: dt.date) -> None:
    """年齢計算ニ関する法律, 民法 143: fifteen years are full with the end of the day before the birthday."""
    assume(birth <= day)
    alone = person(0, birth=to_number(birth))
    under = Reason.UNDER_AGE in kind_reasons(KIND, Household(holder=alone, members=(alone,)), TERMS, day)
    try:
        birthday = birth.replace(year=birth.year + 15)
    except ValueError:  # born on 29 February: there is no such day fifteen years later
        birthday = dt.date(birth.year + 15, 3, 1)
    assert under == (day < birthday - dt.timedelta(days=1))


ROWS: dict[str, tuple[dict[str, Any], Reason]] = {
    "protected": ({"barred": True}, Reason.PROTECTED),
    "moved out": ({"presence": Presence.MOVED_OUT}, Reason.REMOVED),
    "dead": ({"presence": Presence.DIED}, Reason.REMOVED),
    "missing": ({"presence": Presence.DECLARED_MISSING}, Reason.REMOVED),
    "removed ex officio": ({"presence": Presence.REMOVED_EX_OFFICIO}, Reason.REMOVED),
    "leaving": ({"leaving": 20261121}, Reason.LEAVING),
    "leaving since last year": ({"leaving": 20251121}, Reason.LEAVING),
    "moved in today": ({"moved_in": 20261120}, Reason.MOVED_IN_TODAY),
    "moved in tomorrow": ({"moved_in": 20261121}, Reason.MOVED_IN_TODAY),
    "name in registration": ({"name_in_registration": True}, Reason.NAME_IN_REGISTRATION),
    "address notice today": ({"notified": 20261120}, Reason.ADDRESS_NOTICE_TODAY),
    "fourteen": ({"birth": 20111122}, Reason.UNDER_AGE),
    "born on no known day": ({"birth": 19550000}, Reason.AGE_UNKNOWN),
    "born in no known year": ({"birth": 0}, Reason.AGE_UNKNOWN),
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_each_row_of_who_is_refused(row: str) -> None:
    """One reason, found alone, with its code; without it the same person is let through."""
    changes, reason = ROWS[row]
    holder = person(0, **changes)
    members = (holder,) if holder.record.presence is Presence.PRESENT else ()
    household = Household(holder=holder, members=members)
    found = reasons(household, TERMS, DAY) | kind_reasons(KIND, household, TERMS, DAY)
    assert found == {reason}
    with pytest.raises(Refused) as caught:
        check_visit(household, TERMS, DAY)
    assert caught.value.code is reason.code
    plain = person(0)
    check_visit(Household(holder=plain, members=(plain,)), TERMS, DAY)


@pytest.mark.parametrize(
    ("changes", "household_refused"),
    [
        ({"barred": True}, True),
        ({"leaving": 20261121}, True),
        ({"moved_in": 20261120}, False),
        ({"name_in_registration": True}, False),
        ({"birth": 20250101}, False),
    ],
)
def test_what_is_the_matter_with_another_member(changes: dict[str, Any], *, household_refused: bool) -> None:
    """Some of it stops the household, some only leaves that member out."""
    holder, other = person(0), person(1, **changes)
    household = Household(holder=holder, members=(holder, other))
    assert bool(reasons(household, TERMS, DAY)) == household_refused
    if not household_refused:
        shown = showable(household, TERMS, DAY)
        assert shown == ((holder, other) if "birth" in changes else (holder,))
        assert (Scope.WHOLE in scopes_for(KIND, household, TERMS, DAY)) == ("birth" in changes)


def test_a_planned_move_may_bar_the_person_alone() -> None:
    """A municipality's setting: then the others are served, and the one who leaves is not shown."""
    holder, other = person(0), person(1, leaving=20261201)
    household = Household(holder=holder, members=(holder, other))
    terms = with_rules(leaving_bars=Leaving.PERSON).terms(DAY)
    assert reasons(household, terms, DAY) == frozenset()
    assert showable(household, terms, DAY) == (holder,)
    assert reasons(Household(holder=other, members=(holder, other)), terms, DAY) == {Reason.LEAVING}


def test_two_reasons_have_one_code() -> None:
    """A child of fourteen under a measure is sent to the counter, not told that it is too young."""
    child = person(0, birth=20200101, barred=True)
    with pytest.raises(Refused) as caught:
        check_visit(Household(holder=child, members=(child,)), TERMS, DAY)
    assert caught.value.code is Code.ASK_AT_COUNTER
