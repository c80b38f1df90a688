"""The search for a municipality: every list leads on, back keeps its part, and whatever is chosen was on the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.action import (
    Action,
    AskForDomicile,
    Back,
    ChoosePrefecture,
    ChooseRow,
    ChooseTown,
    EnterPostcode,
    SearchByPostcode,
    SearchByPrefecture,
)
from konbini.kiosk.session.flow import Event, State, follow
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import FoundView, NotOfferedView, PostcodeView, PrefectureView, TownView, Wanted
from konbini.kiosk.session.search import Search, event_of_search, search_view, searched
from tests.unit.kiosk.session.atlas import Atlas

ATLAS = Atlas()
PLAIN = {
    SearchByPrefecture: Event.TO_PREFECTURES,
    SearchByPostcode: Event.TO_POSTCODE,
    ChoosePrefecture: Event.PREFECTURE_CHOSEN,
    ChooseRow: Event.ROW_CHOSEN,
    AskForDomicile: Event.NOT_OFFERED,
    Back: Event.BACK,
}


def after(*actions: Action) -> Search:
    """Return the search after these."""
    search = Search()
    for action in actions:
        search = searched(search, action, ATLAS)
    return search


def test_from_region_to_town() -> None:
    """Each part of a list is shown by itself, and the first row of a prefecture at once."""
    search = after(SearchByPrefecture(), ChooseRow(row="kanto"), ChoosePrefecture(code="13"))
    view = search_view(State.TOWN, search, ATLAS, Language.JAPANESE)
    assert isinstance(view, TownView)
    assert (view.prefecture.written, view.row) == ("見本京都", "さ")
    assert [town.code for town in view.towns] == ["999990", "130002"]


def test_back_from_the_towns_keeps_the_region() -> None:
    """Nobody looks for the region twice."""
    search = after(SearchByPrefecture(), ChooseRow(row="kanto"), ChoosePrefecture(code="13"), Back())
    view = search_view(State.PREFECTURE, search, ATLAS, Language.JAPANESE)
    assert isinstance(view, PrefectureView)
    assert view.region == "kanto"


def test_a_postcode_of_two_towns_asks_which() -> None:
    """One postcode may belong to several municipalities: the resident says which."""
    action = EnterPostcode(digits="1300001")
    search = after(action)
    assert event_of_search(action, search) is Event.POSTCODE_KNOWN
    view = search_view(State.FOUND, search, ATLAS, Language.JAPANESE)
    assert isinstance(view, FoundView)
    assert [town.code for town in view.towns] == ["999990", "130002"]


def test_an_unknown_postcode_is_said_and_asked_again() -> None:
    """The question stays, with a word about the last answer."""
    action = EnterPostcode(digits="9999999")
    search = after(action)
    assert event_of_search(action, search) is Event.POSTCODE_UNKNOWN
    view = search_view(State.POSTCODE, search, ATLAS, Language.JAPANESE)
    assert view == PostcodeView(was_unknown=True)


@pytest.mark.parametrize(
    ("actions", "wanted", "town"),
    [
        ((EnterPostcode(digits="0200001"), ChooseTown(code="020001")), Wanted.TOWN, "見本020001市"),
        ((AskForDomicile(),), Wanted.DOMICILE, None),
        ((EnterPostcode(digits="0200001"), ChooseTown(code="020001"), Back(), AskForDomicile()), Wanted.DOMICILE, None),
    ],
)
def test_what_cannot_be_had_is_named(actions: tuple[Action, ...], wanted: Wanted, town: str | None) -> None:
    """The municipality by its name; the domicile without one, whatever was looked for before."""
    view = search_view(State.NOT_OFFERED, after(*actions), ATLAS, Language.JAPANESE)
    assert isinstance(view, NotOfferedView)
    assert (view.wanted, None if view.town is None else view.town.written) == (wanted, town)


def test_no_list_before_its_prefecture() -> None:
    """A list of nothing is a defect, and said so."""
    with pytest.raises(ValueError, match="nothing is searched for"):
        search_view(State.TOWN, Search(), ATLAS, Language.JAPANESE)


@given(st.data())
def test_any_way_through_the_search_has_a_screen(data: st.DataObject) -> None:
    """Whatever is tapped of what is shown, the next screen can be drawn, and only shown places are chosen."""
    state, search = State.WARD, Search()
    for _ in range(12):
        offered = _offered(state, search)
        if not offered:
            break
        action = data.draw(st.sampled_from(offered))
        search = searched(search, action, ATLAS)
        event = event_of_search(action, search) or PLAIN[type(action)]
        state = follow(state, event) or state
        if state not in (State.WARD, State.NOTICE):
            search_view(state, search, ATLAS, Language.ENGLISH)


def _offered(state: State, search: Search) -> list[Action]:  # noqa: PLR0911 - one screen a line
    if state is State.WARD:
        return [SearchByPrefecture(), SearchByPostcode(), AskForDomicile()]
    if state is State.NOTICE:
        return []
    match search_view(state, search, ATLAS, Language.JAPANESE):
        case PrefectureView(regions=regions, prefectures=prefectures):
            rows = [ChooseRow(row=region) for region in regions]
            return [*rows, *(ChoosePrefecture(code=each.code) for each in prefectures), Back()]
        case TownView(rows=rows, towns=towns):
            return [*(ChooseRow(row=row) for row in rows), *(ChooseTown(code=each.code) for each in towns), Back()]
        case FoundView(towns=towns):
            return [*(ChooseTown(code=each.code) for each in towns), Back()]
        case PostcodeView():
            return [*(EnterPostcode(digits=digits) for digits in ("1300001", "0200001", "0000000")), Back()]
        case _:
            return [Back()]
