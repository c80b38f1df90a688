"""Rule by kind by option: every situation of a household, with every kind, scope and option, against a plain table."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.protocol.visits import refusal
from konbini.ward_server.certificates.conditions import CONDITIONS
from konbini.ward_server.certificates.kinds import CERTIFICATES
from konbini.ward_server.issuing.rules import (
    Household,
    Person,
    Reason,
    Wish,
    check_visit,
    kind_reasons,
    kinds_for,
    may_issue,
    reasons,
    showable,
)
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.settings.settings import Fee, Leaving, Settings
from tests.impressions import registration_of
from tests.municipality import ALWAYS, SETTINGS, offered, with_rules
from tests.records import FOREIGN, written

RECORD, ITEMS, SEAL = CertificateKind
DAY = dt.date(2026, 11, 20)
TODAY = to_number(DAY)
MATRIX = replace(
    SETTINGS,
    offered=(
        offered(RECORD),
        offered(ITEMS, barred_options=Options.RESIDENT_CODE | Options.INDIVIDUAL_NUMBER),
        offered(SEAL),
    ),
    fees=tuple(Fee(period=ALWAYS, kind=kind, yen=200) for kind in CertificateKind),
)
HOLDER, SPOUSE, CHILD = "1000000001", "1000000002", "1000000003"


def person(resident: str, *, barred: bool = False, seal: bool = True, **changes: Any) -> Person:  # noqa: ANN401 - any field of the record
    """Make one member of the household."""
    plain = {"household": "2000000001", "order": int(resident[-1]), "birth": 19850403}
    record = written(resident, **{**plain, **changes})
    return Person(record=record, barred=barred, seal=registration_of(record, registered=TODAY) if seal else None)


def household(holder: dict[str, Any], spouse: dict[str, Any]) -> Household:
    """Make a couple with a child."""
    first = person(HOLDER, **holder)
    standing = first.record.presence is Presence.PRESENT
    others = (person(SPOUSE, **spouse), person(CHILD, birth=20210707))
    return Household(holder=first, members=(first, *others) if standing else others)


COUNTER = Code.ASK_AT_COUNTER
ALL = {RECORD: COUNTER, ITEMS: COUNTER, SEAL: COUNTER}
YOUNG = {RECORD: Code.UNDER_AGE, ITEMS: Code.UNDER_AGE, SEAL: Code.UNDER_AGE}
SITUATIONS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[CertificateKind, Code], bool]] = {
    # the matter with the holder, with the spouse; the code of each kind that is refused; may the spouse be shown
    "nothing": ({}, {}, {}, True),
    "protected": ({"barred": True}, {}, ALL, True),
    "a protected spouse": ({}, {"barred": True}, ALL, False),
    "moved out": ({"presence": Presence.MOVED_OUT}, {}, ALL, True),
    "dead": ({"presence": Presence.DIED}, {}, ALL, True),
    "missing": ({"presence": Presence.DECLARED_MISSING}, {}, ALL, True),
    "removed ex officio": ({"presence": Presence.REMOVED_EX_OFFICIO}, {}, ALL, True),
    "leaving": ({"leaving": 20261201}, {}, ALL, True),
    "a leaving spouse": ({}, {"leaving": 20261201}, ALL, True),
    "moved in today": ({"moved_in": TODAY}, {}, ALL, True),
    "a spouse who moved in today": ({}, {"moved_in": TODAY}, {}, False),
    "notice today": ({"notified": TODAY}, {}, ALL, True),
    "a spouse's notice today": ({}, {"notified": TODAY}, {}, False),
    "moved in yesterday": ({"moved_in": TODAY - 1, "notified": TODAY - 1}, {}, {}, True),
    "name in registration": ({"name_in_registration": True}, {}, ALL, True),
    "a spouse's name in registration": ({}, {"name_in_registration": True}, {}, False),
    "fourteen": ({"birth": 20111122}, {}, YOUNG, True),
    "fifteen since this evening": ({"birth": 20111121}, {}, {}, True),
    "no known birthday": ({"birth": 19550000}, {}, ALL, True),
    "no seal": ({"seal": False}, {}, {SEAL: COUNTER}, True),
    "fourteen, without a seal": ({"birth": 20111122, "seal": False}, {}, YOUNG, True),
    "foreign": ({"foreign": FOREIGN}, {}, {}, True),
}
ALLOWED = {
    # the options that each kind has here, for a household of Japanese; a foreign member adds FOREIGN_ITEMS
    RECORD: Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE | Options.EARLIER_ADDRESS | Options.INDIVIDUAL_NUMBER,
    ITEMS: Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE | Options.EARLIER_ADDRESS,
    SEAL: Options(0),
}
WHOM = {
    Scope.SELF: frozenset((HOLDER,)),
    Scope.PART: frozenset((HOLDER, CHILD)),
    Scope.WHOLE: frozenset((HOLDER, SPOUSE, CHILD)),
}


def expected(kind: CertificateKind, scope: Scope, options: Options, situation: str) -> Code | None:
    """Give what the plain table says, None where the paper is issued."""
    _, _, codes, spouse_shown = SITUATIONS[situation]
    if len(codes) == len(CertificateKind):
        return COUNTER if COUNTER in codes.values() else Code.UNDER_AGE
    if kind in codes:
        return codes[kind]
    if scope is Scope.WHOLE and not spouse_shown:
        return Code.CHANGED_LOOK_AGAIN
    allowed = ALLOWED[kind]
    if situation == "foreign" and kind is not SEAL:
        allowed |= Options.FOREIGN_ITEMS
    if options & ~allowed or (kind is SEAL and scope is not Scope.SELF):
        return Code.NOT_OFFERED
    return None


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
def test_rule_by_kind_by_option(situation: str) -> None:
    """Three kinds, three scopes, all 64 sets of options."""
    holder, spouse, _, _ = SITUATIONS[situation]
    people, terms = household(holder, spouse), MATRIX.terms(DAY)
    for kind in CertificateKind:
        for scope in Scope:
            for bits in range(64):
                wish = Wish(kind=kind, scope=scope, options=Options(bits), residents=WHOM[scope])
                try:
                    shown = may_issue(wish, people, terms, DAY)
                    found = None
                    assert {one.record.resident for one in shown} == WHOM[scope]
                except Refused as refused:
                    found = refused.code
                assert found is expected(kind, scope, Options(bits), situation), (kind, scope, bits)


def test_all_rules_run() -> None:
    """Whoever has everything against them has every reason: no row is left out for what another one found."""
    worst = person(
        HOLDER,
        barred=True,
        seal=False,
        presence=Presence.MOVED_OUT,
        leaving=20261201,
        moved_in=TODAY,
        notified=TODAY,
        name_in_registration=True,
        birth=20150000,
    )
    people, terms = Household(holder=worst, members=(person(SPOUSE),)), MATRIX.terms(DAY)
    found = reasons(people, terms, DAY) | kind_reasons(SEAL, people, terms, DAY)
    assert found == set(Reason)


def test_kinds_that_are_not_issued() -> None:
    """Tax and family register have no kind on the wire, no conditions, no form: there is nothing to refuse."""
    names = {kind.name for kind in CertificateKind}
    assert not [name for name in names if "TAX" in name or "FAMILY" in name]
    assert set(CONDITIONS) == set(CertificateKind)
    assert set(CERTIFICATES) <= set(CONDITIONS)


def test_a_kind_that_is_not_offered_today() -> None:
    """An order for it is refused, whatever the rules of the others say."""
    people, terms = household({}, {}), SETTINGS.terms(DAY)
    assert kinds_for(people, terms, DAY) == (RECORD, ITEMS)
    with pytest.raises(Refused) as caught:
        may_issue(Wish(kind=SEAL, scope=Scope.SELF, options=Options(0), residents=WHOM[Scope.SELF]), people, terms, DAY)
    assert caught.value.code is Code.NOT_OFFERED


SWITCHES = [
    (with_rules(MATRIX, leaving_bars=Leaving.PERSON), {}, {"leaving": 20261201}),
    (with_rules(MATRIX, moved_in_today_bars=False), {"moved_in": TODAY}, {"moved_in": TODAY}),
    (with_rules(MATRIX, address_notice_today_bars=False), {"notified": TODAY}, {"notified": TODAY}),
    (replace(MATRIX, offered=tuple(replace(one, under_age=0) for one in MATRIX.offered)), {"birth": 20200101}, {}),
]


@pytest.mark.parametrize(("settings", "holder", "spouse"), SWITCHES)
def test_what_a_setting_allows(settings: Settings, holder: dict[str, Any], spouse: dict[str, Any]) -> None:
    """Each switch lets through what it bars elsewhere; the law's own age stays."""
    people, terms = household(holder, spouse), settings.terms(DAY)
    check_visit(people, terms, DAY)
    young = holder.get("birth") == 20200101
    assert kinds_for(people, terms, DAY) == ((RECORD, ITEMS) if young else (RECORD, ITEMS, SEAL))
    with pytest.raises(Refused):
        check_visit(people, MATRIX.terms(DAY), DAY) if "leaving" not in spouse else may_issue(
            Wish(kind=RECORD, scope=Scope.WHOLE, options=Options(0), residents=WHOM[Scope.WHOLE]), people, terms, DAY
        )
    spouse_is_shown = SPOUSE in {one.record.resident for one in showable(people, terms, DAY)}
    assert spouse_is_shown != ("leaving" in spouse)


DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2097, 12, 31)) | st.sampled_from(
    [
        *(dt.date(2026, 12, 31), dt.date(2027, 1, 1), dt.date(2028, 2, 28), dt.date(2028, 2, 29), dt.date(2028, 3, 1)),
        *(dt.date(2019, 4, 30), dt.date(2019, 5, 1), dt.date(2027, 2, 28)),
    ]
)
BIRTHS = st.dates(dt.date(1900, 1, 1), dt.date(2090, 12, 31)).map(to_number) | st.sampled_from(
    [20120229, 20080229, 19890107, 19890108, 19261225, 19550000, 19550300, 0]
)


@st.composite
def generated(draw: st.DrawFn) -> tuple[Household, dt.date]:
    """Draw a household and a day: births over eras and leap days, dates around the year's end."""
    day = draw(DAYS)
    around = st.none() | st.integers(-2, 2).map(lambda days: to_number(day + dt.timedelta(days=days)))
    people = [
        person(
            resident,
            barred=draw(st.integers(0, 9)) == 0,
            seal=draw(st.booleans()),
            birth=draw(BIRTHS),
            leaving=draw(st.none() | around),
            moved_in=draw(st.none() | around),
            notified=draw(st.none() | around),
            name_in_registration=draw(st.integers(0, 9)) == 0,
            presence=draw(st.sampled_from([Presence.PRESENT] * 5 + [Presence.DIED]))
            if resident == HOLDER
            else Presence.PRESENT,
        )
        for resident in (HOLDER, SPOUSE, CHILD)[: draw(st.integers(1, 3))]
    ]
    standing = tuple(one for one in people if one.record.presence is Presence.PRESENT)
    return Household(holder=people[0], members=standing), day


def told(people: Household, day: dt.date) -> bytes:
    """Give the bytes that the rules' refusal puts into a MENU, empty where nothing is refused."""
    try:
        check_visit(people, MATRIX.terms(day), day)
    except Refused as refused:
        return refusal(refused.code)
    return b""


@given(drawn=generated(), whose=st.integers(0, 2))
def test_a_measure_is_told_as_any_other_way_to_the_counter(drawn: tuple[Household, dt.date], whose: int) -> None:
    """The same bytes as a planned move of the same person; with both, and with every other reason, the same again."""
    people, day = drawn
    everybody = (people.holder, *(one for one in people.members if one.record.resident != HOLDER))
    chosen = everybody[whose % len(everybody)]

    def changed(**changes: Any) -> Household:  # noqa: ANN401 - a field of a person
        swap = {one.record.resident: one for one in everybody}
        swap[chosen.record.resident] = replace(chosen, **changes)
        members = tuple(swap[one.record.resident] for one in people.members)
        return Household(holder=swap[HOLDER], members=members)

    leaving = replace(chosen.record, leaving=20990101)
    protected = told(changed(barred=True), day)
    assert protected == refusal(Code.ASK_AT_COUNTER)
    assert protected == told(changed(record=leaving), day) == told(changed(barred=True, record=leaving), day)


@given(drawn=generated())
def test_kinds_and_reasons_agree(drawn: tuple[Household, dt.date]) -> None:
    """A visit is refused exactly where a reason stands or no kind is left; a kind that is left can be ordered."""
    people, day = drawn
    terms = MATRIX.terms(day)
    left = kinds_for(people, terms, day)
    refused = bool(told(people, day))
    assert refused == (bool(reasons(people, terms, day)) or not left)
    for kind in left if not refused else ():
        wish = Wish(kind=kind, scope=Scope.SELF, options=Options(0), residents=WHOM[Scope.SELF])
        assert may_issue(wish, people, terms, day) == (people.holder,)
