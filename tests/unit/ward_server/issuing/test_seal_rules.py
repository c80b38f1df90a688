"""Whom a seal is certified for: its owner, in force, of age; the other kinds are as the rules have them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.ward_server.issuing.rules import Household, Person, options_for, scopes_for
from konbini.ward_server.issuing.seal_rules import check_kind, offered_options, offered_scopes
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence, ResidentRecord
from konbini.ward_server.residents.seal import NameForm, SealRegistration
from tests.impressions import seal_image
from tests.unit.ward_server.issuing.test_rules import DAY, SETTINGS, households, person

_SEAL = CertificateKind.SEAL_REGISTRATION
_OTHERS = [kind for kind in CertificateKind if kind is not _SEAL]


def registration(record: ResidentRecord, **changes: object) -> SealRegistration:
    """Register a seal that reads the whole name."""
    made = SealRegistration(
        municipality=record.municipality,
        resident=record.resident,
        version=1,
        in_force=True,
        number="1",
        registered=20200401,
        form=NameForm.NAME,
        text="葛城文",
        name=record.name,
        katakana=None,
        image_digest=seal_image().digest,
        image=seal_image(),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields by name


def alone(holder: Person, *others: Person) -> Household:
    """Put somebody into a household."""
    return Household(holder=holder, members=(holder, *others))


def sealed(holder: Person, **changes: object) -> Person:
    """Give somebody a seal."""
    return replace(holder, seal=registration(holder.record, **changes))


def refused(household: Household, day: dt.date = DAY) -> bool:
    """Say whether the seal is off the menu and refused at the order, which must be the same."""
    off = offered_scopes(_SEAL, household, SETTINGS, day) == ()
    try:
        check_kind(_SEAL, household, day)
    except Refused as refusal:
        assert off
        return refusal.code is Code.CHANGED_LOOK_AGAIN
    assert not off
    return False


def test_the_owner_alone_without_options() -> None:
    """However large the household is, and whatever its members could have shown."""
    household = alone(sealed(person(0)), person(1), person(2))
    assert offered_scopes(_SEAL, household, SETTINGS, DAY) == (Scope.SELF,)
    assert offered_options(_SEAL, household.members, SETTINGS) == Options(0)
    assert not refused(household)


def test_a_seal_of_another_member_is_nobodys() -> None:
    """The holder's own counts, also where a spouse has one."""
    assert refused(alone(person(0), sealed(person(1))))


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
    assert refused(alone(holder))


@pytest.mark.parametrize(("birth", "of_age"), [(20111121, True), (20111122, False)])
def test_fifteen_whatever_the_settings_say(birth: int, *, of_age: bool) -> None:
    """An age counts from the day before the birthday, and a ward that lets children in lets in none for a seal."""
    holder = sealed(person(0, birth=birth), registered=to_number(DAY))
    lenient = replace(SETTINGS, under_age=0)
    assert bool(offered_scopes(_SEAL, alone(holder), lenient, DAY)) == of_age


@given(household=households(), kind=st.sampled_from(_OTHERS))
def test_the_other_kinds_ask_for_no_seal(household: Household, kind: CertificateKind) -> None:
    """Their scopes and options are the rules' own."""
    assert offered_scopes(kind, household, SETTINGS, DAY) == scopes_for(household, SETTINGS, DAY)
    assert offered_options(kind, household.members, SETTINGS) == options_for(household.members, SETTINGS)
    check_kind(kind, household, DAY)


@given(household=households(), in_force=st.booleans(), text=st.sampled_from(("葛城文", "文", "文城", "")))
def test_menu_and_order_say_the_same(household: Household, text: str, *, in_force: bool) -> None:
    """Over any household: what the menu offers the order may have, and nothing else."""
    holder = sealed(household.holder, in_force=in_force, text=text)
    record = holder.record
    due = not in_force or text not in ("葛城文", "文") or record.presence is not Presence.PRESENT
    young = record.birth in (0, 20120501, 20111121)
    assert refused(Household(holder=holder, members=household.members)) == (due or young)
