"""The directory: which municipalities there are, by prefecture, by name and by postcode.

Two texts make it, both written by `making`: lines of `code, name, kana, county, latin`, a prefecture before its
municipalities, and lines of `first, last, codes`, runs of postcodes in ascending order. A line that begins with `#`
says where the data are from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Self

from konbini.kiosk.places.municipality import Municipality, Prefecture
from konbini.kiosk.places.postcodes import Postcodes, Run
from konbini.kiosk.places.rows import Group, rows
from konbini.kiosk.places.search import Index

__all__ = ["Places"]


class Places:
    """Municipalities and postcodes; what it answers never changes. Its index of names is made when it is first asked.

    Args:
        municipalities: in the order in which they are listed: by code.
        postcodes: whose they are.

    Raises:
        ValueError: a code twice, or a postcode of somebody who is not here.
    """

    def __init__(self, municipalities: Iterable[Municipality], postcodes: Postcodes) -> None:
        listed = tuple(municipalities)
        self._members = {member.code: member for member in listed}
        self._postcodes = postcodes
        if len(self._members) != len(listed):
            raise ValueError("a municipality has one code and a code one municipality")
        if not postcodes.owners() <= self._members.keys():
            raise ValueError("a postcode belongs to a municipality of the directory")

    @classmethod
    def read(cls, municipalities: str, postcodes: str) -> Self:
        """Read the two texts.

        Raises:
            ValueError: not of their form.
        """
        return cls(_municipalities(municipalities), Postcodes(_runs(postcodes)))

    def beside(self, offered: Iterable[Municipality]) -> Places:
        """Give a directory that knows `offered` too; what this one knows stays as it is.

        For wards that are on offer and on no official list, as the demo's made-up one. They have no postcode.
        """
        both = {member.code: member for member in offered} | self._members
        return Places((both[code] for code in sorted(both)), self._postcodes)

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Municipality]:
        return iter(self._members.values())

    def municipality(self, code: str) -> Municipality | None:
        """Give the one with this six-digit code."""
        return self._members.get(code)

    def prefectures(self) -> tuple[Prefecture, ...]:
        """Give the prefectures in the order of their codes: Hokkaido to Okinawa."""
        return tuple({member.prefecture.code: member.prefecture for member in self}.values())

    def in_prefecture(self, code: str) -> tuple[Municipality, ...]:
        """Give the municipalities of a prefecture, by its six-digit code; none for a code that is none."""
        return tuple(member for member in self if member.prefecture.code == code)

    def rows(self, prefecture: str) -> tuple[Group, ...]:
        """Give the kana rows of a prefecture that have members, by its six-digit code."""
        return rows(self.in_prefecture(prefecture))

    def find(self, text: str) -> tuple[Municipality, ...]:
        """Give whose name begins with `text`, as `Index.find` says."""
        return self._index.find(text)

    def by_postcode(self, text: str) -> tuple[Municipality, ...]:
        """Give to whom a postcode belongs, as `Postcodes.find` says; by code."""
        return tuple(self._members[code] for code in self._postcodes.find(text))

    @cached_property
    def _index(self) -> Index:
        return Index(self)


def _lines(text: str) -> Iterator[list[str]]:
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


def _municipalities(text: str) -> Iterator[Municipality]:
    prefecture: Prefecture | None = None
    for code, name, kana, county, latin in _lines(text):
        if code[2:5] == "000":
            prefecture = Prefecture(code=code, name=name, kana=kana, latin=latin)
        elif prefecture is None:
            raise ValueError("a prefecture stands before its municipalities")
        else:
            yield Municipality(code=code, prefecture=prefecture, county=county, name=name, kana=kana, latin=latin)


def _runs(text: str) -> Iterator[Run]:
    for first, last, owners in _lines(text):
        yield int(first), int(last), tuple(owners.split())
