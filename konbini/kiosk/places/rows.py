"""How many municipalities become few choices: kana rows (行), letters, pages. What a touch screen leafs through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from konbini.kiosk.places.municipality import Municipality
from konbini.kiosk.places.spelling import japanese

__all__ = ["MOST_CHOICES", "Group", "initials", "letters", "pages", "rows"]

MOST_CHOICES = 12
"""On one page, in a touch area that everybody can hit."""
_ROWS = (
    "あいうえお",
    "かきくけこ",
    "さしすせそ",
    "たちつてと",
    "なにぬねの",
    "はひふへほ",
    "まみむめも",
    "やゆよ",
    "らりるれろ",
    "わをん",
)
_ROW_OF = {letter: row[0] for row in _ROWS for letter in row}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Municipalities that begin alike; there is at least one.

    Attributes:
        label: the row's first letter (か for か, き, が, ...), the letter, or the Latin capital.
        members: in the order of their reading, or of the alphabet.
    """

    label: str
    members: tuple[Municipality, ...]


def rows(members: Iterable[Municipality]) -> tuple[Group, ...]:
    """Group by the kana row of the first letter, ten at most; が stands in か."""
    return _grouped(members, _reading, lambda member: _ROW_OF[_reading(member)[0]])


def letters(members: Iterable[Municipality]) -> tuple[Group, ...]:
    """Group by the first letter: five of a row at most; が stands with か."""
    return _grouped(members, _reading, lambda member: _reading(member)[0])


def initials(members: Iterable[Municipality]) -> tuple[Group, ...]:
    """Group by the first Latin letter, for who reads no Japanese."""
    return _grouped(members, lambda member: member.latin, lambda member: member.latin[0])


def pages(members: Iterable[Municipality], most: int = MOST_CHOICES) -> tuple[tuple[Municipality, ...], ...]:
    """Cut into pages of `most` at most, in the given order.

    Raises:
        ValueError: less than one a page.
    """
    if most < 1:
        raise ValueError("a page shows something")
    whole = tuple(members)
    return tuple(whole[begin : begin + most] for begin in range(0, len(whole), most))


def _reading(member: Municipality) -> str:
    return japanese(member.kana)


def _grouped(
    members: Iterable[Municipality], order: Callable[[Municipality], str], label: Callable[[Municipality], str]
) -> tuple[Group, ...]:
    ordered = sorted(members, key=lambda member: (order(member), member.code))
    return tuple(Group(label=name, members=tuple(group)) for name, group in groupby(ordered, label))
