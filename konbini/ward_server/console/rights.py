"""Who may do what at the console: roles, and rights that begin and end. Pure.

A right is one role of one person for a span of days. Invariants: every right has an end, a year away at most; an
auditor (監査) and a maintainer (保守) have no other role beside, so that nobody checks their own work and nobody who
reads no resident gets to read one by another way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.residents.dates import Date, to_day

__all__ = [
    "ALL",
    "READS_RESIDENTS",
    "Right",
    "Role",
    "check_span",
    "check_together",
    "rights_in",
    "roles_by_person",
    "roles_on",
]

_MOST_DAYS: Final = 366
"""A right lasts a year at most: then somebody says again that it is needed."""


@unique
class Role(IntEnum):
    """What a person does at the console."""

    ENTRY = 1
    """入力: enters changes of the register and decisions."""
    APPROVAL = 2
    """承認: approves what another entered."""
    SUPERVISION = 3
    """監督: agrees to decisions, to rights and to what is destroyed; closes what is flagged."""
    AUDIT = 4
    """監査: reads logs, evidence, lists of rights and flagged look-ups; changes nothing, reads no resident."""
    MAINTENANCE = 5
    """保守: sees how everything stands, stops, re-takes; reads no resident."""
    ADMINISTRATION = 6
    """利用者管理: enters persons, rights and terminals; reads no resident."""


ALL: Final = frozenset(Role)
READS_RESIDENTS: Final = frozenset({Role.ENTRY, Role.APPROVAL, Role.SUPERVISION})
"""Whoever else asks for a resident is refused, whatever the way."""
_ALONE: Final = frozenset({Role.AUDIT, Role.MAINTENANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One role of one person from one day to another, both included; `withdrawn` is the first day without it."""

    right_id: Line
    person: Line
    role: Role
    begins: Date
    ends: Date
    entered_by: Line
    agreed_by: Line
    withdrawn: Annotated[int, UpTo(99_991_231)] = 0

    def holds(self, day: int) -> bool:
        """Say whether it holds on a day, yyyymmdd."""
        return self.begins <= day <= self.ends and not (self.withdrawn and self.withdrawn <= day)


def roles_on(rights: Iterable[Right], day: int) -> frozenset[Role]:
    """Give the roles that one person's rights amount to on a day."""
    return frozenset(right.role for right in rights if right.holds(day))


def roles_by_person(rights: Iterable[Right], day: int) -> dict[str, frozenset[Role]]:
    """Give the roles of everybody who has any on a day."""
    held: dict[str, frozenset[Role]] = {}
    for right in rights:
        if right.holds(day):
            held[right.person] = held.get(right.person, frozenset()) | {right.role}
    return held


def rights_in(rights: Iterable[Right], month: int) -> Iterator[Right]:
    """Give the rights that hold on some day of a month, yyyymm."""
    first, last = month * 100 + 1, month * 100 + 31
    for right in rights:
        ends = min(right.ends, right.withdrawn - 1) if right.withdrawn else right.ends
        if right.begins <= last and ends >= max(first, right.begins):
            yield right


def check_together(roles: Iterable[Role]) -> None:
    """Refuse roles that one person must not have beside each other.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    held = set(roles)
    if len(held) > 1 and held & _ALONE:
        raise Refused(Code.CHANGE_INVALID, "an auditor and a maintainer have no other role")


def check_span(begins: int, ends: int, today: int) -> None:
    """Refuse a right that is over, that never begins, or that is for too long.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if not today <= begins <= ends:
        raise Refused(Code.CHANGE_INVALID, "a right begins today or later, and ends after it begins")
    if to_day(ends) - to_day(begins) > dt.timedelta(days=_MOST_DAYS):
        raise Refused(Code.CHANGE_INVALID, f"a right lasts {_MOST_DAYS} days at most")
