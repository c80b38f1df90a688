"""Whom a seal is certified for: its owner, in force, of age; the other kinds are as the rules have them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.issuing.rules import (
    Household,
    Person,
    Wish,
    kind_reasons,
    kinds_for,
    may_issue,
    options_for,
    scopes_for,
)
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.settings.settings import Settings
from tests.impressions import registration_of
from tests.municipality import SEALS, SETTINGS, offered
from tests.unit.ward_server.issuing.test_rules import DAY, admitted, households, person

_SEAL = CertificateKind.SEAL_REGISTRATION
_OTHERS = [kind for kind in CertificateKind if kind is not _SEAL]
TERMS = SEALS.terms(DAY)


def alone(holder: Person, *others: Person) -> Household:
    """Put somebody into a household."""
    return Household(holder=holder, members=(holder, *others))


def sealed(holder: Person, **changes: object) -> Person:
    """Give somebody a seal."""
    return replace(holder, seal=registration_of(holder.record, **changes))


def on_the_menu(household: Household, settings: Settings = SEALS, day: dt.date = DAY) -> bool:
    """Say whether a seal's certificate is offered."""
    return _SEAL in kinds_for(household, settings.terms(day), day)


def code_of(household: Household) -> Code | None:
    """Give the code with which the order is refused."""
    own = frozenset((household.holder.record.resident,))
    try:
        may_issue(Wish(kind=_SEAL, scope=Scope.SELF, options=Options(0), residents=own), household, TERMS, DAY)
    except Refused as refusal:
        return refusal.code
    return None


def test_the_owner_alone_without_options() -> None:
    """However large the household is, and whatever its members could have shown."""
    household = alone(sealed(person(0)), person(1), person(2))
    assert on_the_menu(household)
    assert scopes_for(_SEAL, household, TERMS, DAY) == (Scope.SELF,)
    assert options_for(_SEAL, household.members, TERMS) == Options(0)
    assert code_of(household) is None


def test_a_seal_of_another_member_is_nobodys() -> None:
    """The holder's own counts, also where a spouse has one."""
    household = alone(person(0), sealed(person(1)))
    assert not on_the_menu(household)
    assert code_of(household) is Code.ASK_AT_COUNTER


@pytest.mark.parametrize(
    "holder",
    [
        person(0),
        sealed(person(0), in_force=False, image=None),
        sealed(person(0), text="山田"),
        sealed(person(0, presence=Presence.MOVED_OUT)),
        sealed(person(0, birth=to_number(DAY.replace(year=2012)))),
        sealed(person(0, birth=20111122), registered=20261120),
        sealed(person(0, birth=20101122)),
    ],
)
def test_who_has_none_to_certify(holder: Person) -> None:
    """Not registered, cancelled, another name, removed, under 15 today, and under 15 on the day of registration."""
    assert not on_the_menu(alone(holder))
    assert code_of(alone(holder)) in (Code.ASK_AT_COUNTER, Code.UNDER_AGE)


@pytest.mark.parametrize(("birth", "of_age"), [(20111121, True), (20111122, False)])
def test_fifteen_whatever_the_settings_say(birth: int, *, of_age: bool) -> None:
    """An age counts from the day before the birthday, and a ward that lets children in lets in none for a seal."""
    holder = sealed(person(0, birth=birth), registered=to_number(DAY))
    lenient = replace(SEALS, offered=(*SETTINGS.offered, offered(_SEAL, under_age=0)))
    assert on_the_menu(alone(holder), lenient) == of_age


@given(household=households(), kind=st.sampled_from(_OTHERS))
def test_the_other_kinds_ask_for_no_seal(household: Household, kind: CertificateKind) -> None:
    """What refuses them does not change with a seal."""
    with_seal = replace(household, holder=sealed(household.holder))
    assert kind_reasons(kind, household, TERMS, DAY) == kind_reasons(kind, with_seal, TERMS, DAY)


@given(household=households(), in_force=st.booleans(), text=st.sampled_from(("葛城文", "文", "文城", "")))
def test_menu_and_order_say_the_same(household: Household, text: str, *, in_force: bool) -> None:
    """Over any household whose holder is let in: what the menu offers the order may have, and nothing else."""
    let_in = admitted(household, SEALS)
    holder = sealed(let_in.holder, in_force=in_force, text=text)
    members = tuple(holder if one.record.resident == holder.record.resident else one for one in let_in.members)
    due = in_force and text in ("葛城文", "文")
    home = Household(holder=holder, members=members)
    assert on_the_menu(home) == due
    assert code_of(home) is (None if due else Code.ASK_AT_COUNTER)
