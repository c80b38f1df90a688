"""The directory of municipalities (`konbini.kiosk.places`) as the search's screens leaf through it.

Invariants: every municipality stands in exactly one row of its prefecture; a row that would not fit on a screen is
shown letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from konbini.kiosk.places.directory import Places
from konbini.kiosk.places.municipality import Municipality, Prefecture, Region
from konbini.kiosk.places.rows import Group, letters
from konbini.kiosk.session.place_views import PlaceName, WardName

__all__ = ["Atlas"]

_MOST = 20
"""Municipalities on one screen, in two columns."""


class Atlas:
    """Implements `konbini.kiosk.session.search.Places`."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def regions(self) -> Sequence[str]:
        """Give the eight regions, from north to south."""
        return tuple(region.name.lower() for region in Region)

    def prefectures(self, region: str) -> Sequence[PlaceName]:
        """Give the prefectures of a region, from north to south."""
        return tuple(_prefecture(each) for each in self._places.prefectures() if each.region.name.lower() == region)

    def rows(self, prefecture: str) -> Sequence[str]:
        """Give the rows of a prefecture, each short enough for one screen."""
        return tuple(group.label for group in self._groups(prefecture))

    def towns(self, prefecture: str, row: str) -> Sequence[PlaceName]:
        """Give the municipalities of one row."""
        return tuple(_town(one) for group in self._groups(prefecture) if group.label == row for one in group.members)

    def with_postcode(self, digits: str) -> Sequence[PlaceName]:
        """Give the municipalities that have a postcode, each with its prefecture."""
        return tuple(_town(one, with_prefecture=True) for one in self._places.by_postcode(digits))

    def _groups(self, prefecture: str) -> Iterable[Group]:
        return _screenfuls(self._places.rows(prefecture))


def _screenfuls(groups: Iterable[Group]) -> Iterator[Group]:
    for group in groups:
        if len(group.members) > _MOST:
            yield from letters(group.members)
        else:
            yield group


def _prefecture(one: Prefecture) -> PlaceName:
    return PlaceName(code=one.code, name=WardName(written=one.name, latin=one.latin, reading=one.kana))


def _town(one: Municipality, *, with_prefecture: bool = False) -> PlaceName:
    """Name a municipality, and its county or prefecture where these tell it apart."""
    detail = WardName(written=one.county) if one.county else None
    if with_prefecture:
        whole = f"{one.prefecture.name}{one.county}"
        detail = WardName(written=whole, latin=one.prefecture.latin, reading=one.prefecture.kana)
    name = WardName(written=one.name, latin=one.latin, reading=one.kana)
    return PlaceName(code=one.code, name=name, detail=detail)
