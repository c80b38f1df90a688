"""Since when the members of a household live where they live: the dates of a resident record, all of them consistent.

Invariants: nobody is a resident before being born or after today; the address is set (住所を定めた年月日) not before
the person became a resident (住民となった年月日), and notified (届出日) within the fourteen days that the law gives
(住民基本台帳法 Article 22), not after today.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from konbini.simulation.town.households import Household, Member

__all__ = ["Since", "settle"]

# Since this day foreign residents have resident records.
_FOREIGN_RESIDENTS_LAW = dt.date(2012, 7, 9)
_MEAN_YEARS_HERE = 9.0
_DAYS_A_YEAR = 365.2425
_NATIVES = 0.2
_MOVED_WITHIN = 0.3
_DAYS_TO_NOTIFY = 13
_FOREIGN_BEFORE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The dates of one member; `moved_in` is None for those born in the ward."""

    became_resident: dt.date
    address_set: dt.date
    notified: dt.date
    moved_in: dt.date | None
    became_foreign_resident: dt.date | None


def settle(chance: random.Random, household: Household, today: dt.date, *, moved_in_today: bool) -> tuple[Since, ...]:
    """Give each member's dates."""
    head = household.members[0]
    came = today if moved_in_today else _some_day(chance, head.birth, today)
    set_on = came
    if not moved_in_today and chance.random() < _MOVED_WITHIN:
        set_on += (today - came) * chance.random()
    native_head = not moved_in_today and head.nationality is None and chance.random() < _NATIVES
    return tuple(
        _member(chance, member, today, head.birth if native_head and member is head else came, set_on)
        for member in household.members
    )


def _some_day(chance: random.Random, birth: dt.date, today: dt.date) -> dt.date:
    """Choose when a household came: most in the last years, at the earliest when the head was young."""
    most = (today - birth).days * 0.8
    days = min(chance.expovariate(1 / _MEAN_YEARS_HERE) * _DAYS_A_YEAR + 3, most)
    return today - dt.timedelta(days=round(days))


def _member(chance: random.Random, member: Member, today: dt.date, came: dt.date, set_on: dt.date) -> Since:
    if member.nationality is not None:
        came = max(came, _FOREIGN_RESIDENTS_LAW)
    became = max(came, member.birth)
    address_set = max(set_on, became)
    foreign_since = None
    if member.nationality is not None:
        earlier = dt.timedelta(days=chance.randint(30, 2000)) if chance.random() < _FOREIGN_BEFORE else dt.timedelta()
        foreign_since = max(became - earlier, _FOREIGN_RESIDENTS_LAW, member.birth)
    return Since(
        became_resident=became,
        address_set=address_set,
        notified=min(address_set + dt.timedelta(days=chance.randint(0, _DAYS_TO_NOTIFY)), today),
        moved_in=None if became == member.birth else became,
        became_foreign_resident=foreign_since,
    )
