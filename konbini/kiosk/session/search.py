"""The search for a municipality (市区町村): by prefecture and name, or by postcode. Pure.

Owns: what has been looked for so far, the screens that ask on, and what was found. Whether a municipality takes part is
the caller's to know; all 1,741 can be found, so that whoever lives elsewhere is told so, and is not left searching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from konbini.kiosk.session.action import (
    Action,
    AskForDomicile,
    Back,
    ChoosePrefecture,
    ChooseRow,
    ChooseTown,
    EnterPostcode,
    SearchByPrefecture,
)
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import (
    FoundView,
    NotOfferedView,
    PlaceName,
    PostcodeView,
    PrefectureView,
    TownView,
    Wanted,
)
from konbini.kiosk.session.view import View

__all__ = ["Places", "Search", "event_of_search", "search_view", "searched"]


class Places(Protocol):
    """Every municipality of Japan; `konbini.kiosk.places` knows them."""

    def regions(self) -> Sequence[str]:
        """Give the eight regions (八地方区分), from north to south, by the names that the catalogues know them by."""

    def prefectures(self, region: str) -> Sequence[PlaceName]:
        """Give the prefectures of a region, from north to south."""

    def rows(self, prefecture: str) -> Sequence[str]:
        """Give the kana rows in which names of a prefecture begin, each short enough for one screen."""

    def towns(self, prefecture: str, row: str) -> Sequence[PlaceName]:
        """Give the municipalities of one row."""

    def with_postcode(self, digits: str) -> Sequence[PlaceName]:
        """Give the municipalities that have a postcode of seven digits; none where it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What has been looked for; empty and None where nothing has."""

    region: str = ""
    prefecture: PlaceName | None = None
    row: str = ""
    postcode: str = ""
    was_unknown: bool = False
    wanted: Wanted = Wanted.TOWN
    town: PlaceName | None = None


def searched(search: Search, action: Action, places: Places) -> Search:
    """Return the search after `action`; actions that search for nothing change nothing."""
    match action:
        case SearchByPrefecture():
            return Search(region=places.regions()[0])
        case EnterPostcode(digits=digits):
            return Search(postcode=digits, was_unknown=not places.with_postcode(digits))
        case ChooseTown(code=code):
            return replace(search, wanted=Wanted.TOWN, town=_of(_listed(search, places), code))
        case AskForDomicile():
            return Search(wanted=Wanted.DOMICILE)
        case _:
            return _narrowed(search, action, places)


def _narrowed(search: Search, action: Action, places: Places) -> Search:
    """Turn to another part of a list, to one prefecture, or back from it."""
    match action:
        case ChoosePrefecture(code=code):
            prefecture = _of(places.prefectures(search.region), code)
            return replace(search, prefecture=prefecture, row=places.rows(code)[0])
        case ChooseRow(row=part):
            return replace(search, region=part) if search.prefecture is None else replace(search, row=part)
        case Back():
            return replace(search, prefecture=None, town=None)
        case _:
            return search


def _of(listed: Sequence[PlaceName], code: str) -> PlaceName:
    return next(each for each in listed if each.code == code)


def event_of_search(action: Action, search: Search) -> Event | None:
    """Return what a search came to, None where `action` looked for nothing; `search` is the one after it.

    A municipality that takes part is the caller's to tell: it turns `NOT_OFFERED` into a chosen ward.
    """
    match action:
        case EnterPostcode():
            return Event.POSTCODE_UNKNOWN if search.was_unknown else Event.POSTCODE_KNOWN
        case ChooseTown():
            return Event.NOT_OFFERED
        case _:
            return None


def search_view(state: State, search: Search, places: Places, language: Language) -> View:
    """Return the screen of one question of the search.

    Raises:
        ValueError: `state` searches for nothing, or a list is asked for before its prefecture.
    """
    match state:
        case State.PREFECTURE:
            return PrefectureView(
                language=language,
                regions=tuple(places.regions()),
                region=search.region,
                prefectures=tuple(places.prefectures(search.region)),
            )
        case State.TOWN if search.prefecture is not None:
            return TownView(
                language=language,
                prefecture=search.prefecture.name,
                rows=tuple(places.rows(search.prefecture.code)),
                row=search.row,
                towns=tuple(_listed(search, places)),
            )
        case State.POSTCODE:
            return PostcodeView(language=language, was_unknown=search.was_unknown)
        case State.FOUND:
            return FoundView(language=language, postcode=search.postcode, towns=tuple(_listed(search, places)))
        case State.NOT_OFFERED:
            town = None if search.town is None else search.town.name
            return NotOfferedView(language=language, wanted=search.wanted, town=town)
        case _:
            raise ValueError(f"nothing is searched for at {state}")


def _listed(search: Search, places: Places) -> Sequence[PlaceName]:
    if search.prefecture is not None:
        return places.towns(search.prefecture.code, search.row)
    return places.with_postcode(search.postcode)
