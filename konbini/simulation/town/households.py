"""Who lives together: households (世帯) with their members' sex, birth and relationship (続柄), no names yet.

The mix is that of a ward of Tokyo: half of the households are of one person, an average one has about two, eleven in a
hundred residents are foreign, a few households are large. Relationships are written as records write them: the child
of a child is 子の子, a child's wife 子の妻.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from konbini.simulation.town.foreign_names import NATIONALITIES, Nationality

__all__ = ["Household", "Member", "cast", "household", "household_of"]

_FOREIGN_HOUSEHOLDS = 0.11
_MIXED_HOUSEHOLDS = 0.02
_COUPLES_WITH_HER_AT_THE_HEAD = 0.06
_DAYS_A_YEAR = 365.2425
_OLDEST = 102
_ADULT = 18
_LARGEST = 12
_WITH_GRANDPARENTS = 7


_OF_THE_HEAD = 0
_BY_MARRIAGE = 1
_OTHERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member.

    Attributes:
        relationship: 続柄.
        woman: the sex.
        birth: the day of birth.
        kin: members of a household with equal `kin` share a family name and, the Japanese, a register (戸籍); 0 is the
            head's.
        nationality: None for Japanese nationals.
        married: has a spouse, or had.
    """

    relationship: str
    woman: bool
    birth: dt.date
    kin: int
    nationality: Nationality | None
    married: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The members in the order of the record (記載順位); the first is the head (世帯主)."""

    members: tuple[Member, ...]


class _Maker:
    """Builds one household of a kind."""

    def __init__(self, chance: random.Random, today: dt.date, nationality: Nationality | None) -> None:
        self.chance = chance
        self.today = today
        self.nationality = nationality

    def person(  # noqa: PLR0913 - a person's particulars, all named
        self,
        relationship: str,
        age: float,
        *,
        woman: bool,
        kin: int = _OF_THE_HEAD,
        married: bool = False,
        nationality: Nationality | None = None,
    ) -> Member:
        birth = self.today - dt.timedelta(days=max(1, round(min(age, _OLDEST) * _DAYS_A_YEAR)))
        return Member(
            relationship=relationship,
            woman=woman,
            birth=birth,
            kin=kin,
            nationality=nationality or self.nationality,
            married=married,
        )

    def happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def head(self, age: float, *, woman: bool, married: bool = False) -> Member:
        return self.person("世帯主", age, woman=woman, married=married)

    def spouse(self, head: Member, age: float) -> Member:
        relationship = "夫" if head.woman else "妻"
        between = age + (-2 if not head.woman else 2) + self.chance.gauss(0, 3)
        return self.person(relationship, max(between, _ADULT + 1), woman=not head.woman, married=True)

    def couple(self, age: float) -> list[Member]:
        head = self.head(age, woman=self.happens(_COUPLES_WITH_HER_AT_THE_HEAD), married=True)
        return [head, self.spouse(head, age)]

    def children(self, count: int, youngest_parent: float, relationship: str = "子") -> list[Member]:
        """Make children, the eldest first, none born before a parent was 19 or at home after 34."""
        room = min(youngest_parent - 19, 34.0)
        ages = sorted((self.chance.uniform(0.02, max(room, 0.5)) for _ in range(count)), reverse=True)
        return [self.person(relationship, age, woman=self.happens(0.5)) for age in ages]

    def age_of(self, member: Member) -> float:
        return (self.today - member.birth).days / _DAYS_A_YEAR

    def youngest(self, *members: Member) -> float:
        return min(self.age_of(member) for member in members)


def _alone(maker: _Maker) -> list[Member]:
    age = min(max(18.2, maker.chance.lognormvariate(3.65, 0.38)), 85)
    return [maker.head(age, woman=maker.happens(0.47))]


def _old_alone(maker: _Maker) -> list[Member]:
    return [maker.head(maker.chance.uniform(66, 98), woman=maker.happens(0.68))]


def _pair(maker: _Maker) -> list[Member]:
    return maker.couple(maker.chance.triangular(25, 60, 34))


def _old_pair(maker: _Maker) -> list[Member]:
    return maker.couple(maker.chance.triangular(62, 92, 74))


def _family(maker: _Maker) -> list[Member]:
    parents = maker.couple(maker.chance.triangular(27, 62, 42))
    count = maker.chance.choices((1, 2, 3, 4), weights=(50, 40, 8, 2))[0]
    return parents + maker.children(count, maker.youngest(*parents))


def _one_parent(maker: _Maker) -> list[Member]:
    parent = maker.head(maker.chance.triangular(26, 58, 43), woman=maker.happens(0.86))
    return [parent, *maker.children(maker.chance.choices((1, 2, 3), weights=(60, 32, 8))[0], maker.age_of(parent))]


def _three_generations(maker: _Maker) -> list[Member]:
    members = _family(maker)
    age = maker.age_of(members[0])
    if maker.happens(0.25):
        wife = members[1]
        return [
            *members,
            maker.person(f"{wife.relationship}の母", age + 24, woman=True, kin=_BY_MARRIAGE, married=True),
        ]
    mother = maker.person("母", age + maker.chance.uniform(21, 33), woman=True, married=True)
    if maker.happens(0.4):
        return [*members, maker.person("父", maker.age_of(mother) + 2, woman=False, married=True), mother]
    return [*members, mother]


def _old_head_with_young(maker: _Maker) -> list[Member]:
    elders = maker.couple(maker.chance.uniform(60, 80))
    age = maker.youngest(*elders) - maker.chance.uniform(23, 34)
    child = maker.person("子", age, woman=False, married=True)
    wife = maker.person("子の妻", age - 1, woman=True, married=True)
    count = maker.chance.randint(1, 3)
    return [*elders, child, wife, *maker.children(count, maker.age_of(wife), "子の子")]


def _together(maker: _Maker) -> list[Member]:
    """Make brothers and sisters, or people who share a flat (同居人)."""
    age = maker.chance.triangular(19, 45, 25)
    head = maker.head(age, woman=maker.happens(0.5))
    if maker.happens(0.5):
        woman = maker.happens(0.5)
        return [head, maker.person("妹" if woman else "弟", max(age - 2, 15.1), woman=woman)]
    count = maker.chance.choices((1, 2, 3), weights=(70, 20, 10))[0]
    others = [
        maker.person("同居人", maker.chance.triangular(19, 45, 25), woman=head.woman, kin=_OTHERS + one)
        for one in range(count)
    ]
    return [head, *others]


def _large(maker: _Maker) -> list[Member]:
    """Make a household of 6 to 12: grandparents, many children, a brother and his family."""
    parents = maker.couple(maker.chance.uniform(42, 48))
    age = maker.age_of(parents[0])
    members = [*parents, *maker.children(maker.chance.randint(2, 5), maker.youngest(*parents))]
    members.append(maker.person("父", age + 27, woman=False, married=True))
    members.append(maker.person("母", age + 25, woman=True, married=True))
    if maker.happens(0.6):
        wife = maker.person("弟の妻", age - 4, woman=True, married=True)
        members += [maker.person("弟", age - 3, woman=False, married=True), wife]
        members += maker.children(1, maker.age_of(wife), "弟の子")
    return members


_KINDS: tuple[tuple[int, Callable[[_Maker], list[Member]]], ...] = (
    (400, _alone),
    (135, _old_alone),
    (120, _pair),
    (115, _old_pair),
    (165, _family),
    (48, _one_parent),
    (16, _three_generations),
    (5, _old_head_with_young),
    (30, _together),
    (3, _large),
)
_YOUNG = (_alone, _pair, _family, _one_parent, _together)


def household(chance: random.Random, today: dt.date) -> Household:
    """Make a household of any kind.

    Args:
        chance: where every choice comes from.
        today: the day on which ages are reckoned.
    """
    kind = chance.random()
    if kind < _FOREIGN_HOUSEHOLDS:
        nationality = chance.choices(NATIONALITIES, weights=[one.weight for one in NATIONALITIES])[0]
        make = chance.choices(_YOUNG, weights=(55, 14, 20, 3, 8))[0]
        return Household(members=tuple(make(_Maker(chance, today, nationality))))
    if kind < _FOREIGN_HOUSEHOLDS + _MIXED_HOUSEHOLDS:
        return _mixed(chance, today)
    (usual,) = chance.choices([one for _, one in _KINDS], weights=[weight for weight, _ in _KINDS])
    return Household(members=tuple(usual(_Maker(chance, today, None))))


def household_of(chance: random.Random, today: dt.date, size: int) -> Household:
    """Make a Japanese household of exactly this size, 1 to 12.

    Raises:
        ValueError: another size.
    """
    if not 1 <= size <= _LARGEST:
        raise ValueError("a household of the town has 1 to 12 members")
    maker = _Maker(chance, today, None)
    if size == 1:
        return Household(members=tuple(_alone(maker)))
    parents = maker.couple(maker.chance.uniform(44, 52))
    age = maker.age_of(parents[0])
    elders = [
        maker.person("父", age + 27, woman=False, married=True),
        maker.person("母", age + 25, woman=True, married=True),
    ]
    count = size - 2 if size < _WITH_GRANDPARENTS else size - 4
    members = [*parents, *maker.children(count, maker.youngest(*parents)), *elders]
    return Household(members=tuple(members[:size]))


def _mixed(chance: random.Random, today: dt.date) -> Household:
    """Make a family of a Japanese and a foreign parent; the children are Japanese and of the Japanese parent's name."""
    maker = _Maker(chance, today, None)
    members = (_family if maker.happens(0.6) else _pair)(maker)
    nationality = chance.choices(NATIONALITIES, weights=[one.weight for one in NATIONALITIES])[0]
    foreign = 0 if maker.happens(0.35) else 1  # the head, or more often the spouse
    return Household(
        members=tuple(
            replace(member, kin=_BY_MARRIAGE, nationality=nationality) if place == foreign else member
            for place, member in enumerate(members)
        )
    )


def cast(chance: random.Random, today: dt.date) -> tuple[Household, ...]:
    """Make the households that a town of any size has: one of each size, one of two nationalities, one of each."""
    sizes = tuple(household_of(chance, today, size) for size in range(1, _LARGEST + 1))
    foreigners = tuple(
        Household(members=tuple(_alone(_Maker(chance, today, nationality)))) for nationality in NATIONALITIES
    )
    return (*sizes, _mixed(chance, today), *foreigners)
