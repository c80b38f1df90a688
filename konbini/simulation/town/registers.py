"""Registered domiciles (本籍) and first persons of registers (筆頭者): who of a household shares a register (戸籍).

A register holds a couple and their unmarried children. Parents of the head have their own, so have a married child with
spouse and children, and whoever is not of the head's family; one who is unmarried and lives without parents stands in
the parents' register. Foreign residents stand in none.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from konbini.simulation.town.households import Household, Member
from konbini.simulation.town.naming import Name, father_of
from konbini.simulation.town.places import domicile_elsewhere, domicile_in_ward

__all__ = ["Register", "registers"]

_IN_WARD = 0.25
_IN_PARENTS_REGISTER = 0.6
_HEAD, _ELDERS, _YOUNG, _BROTHER = range(4)
_GROUPS = {
    "世帯主": _HEAD,
    "妻": _HEAD,
    "夫": _HEAD,
    "子": _HEAD,
    "父": _ELDERS,
    "母": _ELDERS,
    "子の妻": _YOUNG,
    "子の子": _YOUNG,
    "弟の妻": _BROTHER,
    "弟の子": _BROTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register, as a resident record names it."""

    domicile: str
    head: str


def registers(chance: random.Random, household: Household, names: tuple[Name, ...]) -> tuple[Register | None, ...]:
    """Give each member's register, None for foreign residents."""
    made: dict[int, Register] = {}
    found: list[Register | None] = []
    for place, member in enumerate(household.members):
        if member.nationality is not None:
            found.append(None)
            continue
        group = _group(place, member)
        if group not in made:
            made[group] = _register(chance, household, names, group, place)
        found.append(made[group])
    return tuple(found)


def _group(place: int, member: Member) -> int:
    if member.married and member.relationship == "子":
        return _YOUNG
    if member.married and member.relationship == "弟":
        return _BROTHER
    return _GROUPS.get(member.relationship, place + len(_GROUPS))


def _register(chance: random.Random, household: Household, names: tuple[Name, ...], group: int, first: int) -> Register:
    member = household.members[first]
    alone = all(_group(place, other) != group for place, other in enumerate(household.members) if place != first)
    elsewhere = chance.random() >= _IN_WARD
    single = not member.married and chance.random() < _IN_PARENTS_REGISTER
    head = names[first].full
    if alone and (single or member.relationship == "母"):
        head = father_of(chance, names[first].family, member.birth.year)
    return Register(domicile=domicile_elsewhere(chance) if elsewhere else domicile_in_ward(chance), head=head)
