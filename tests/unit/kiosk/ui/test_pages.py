"""Every screen in every language: drawn, complete, escaped, and knowing no more than it must."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.kiosk.session.choice_views import CheckView, MemberChoice, MembersView
from konbini.kiosk.session.entry_views import PinView, StartView
from konbini.kiosk.session.flow import Event, State, knows
from konbini.kiosk.session.look import MAIN_LANGUAGES, Language, Panel, TextSize, Theme
from konbini.kiosk.session.place_views import WardChoice, WardName, WardView
from konbini.kiosk.session.view import IdleWarning, View
from konbini.kiosk.ui.catalogue import Standing, catalogues
from konbini.kiosk.ui.pages import TEMPLATES, Marks, Pages

MARKS = Marks(token="token", step="p-1", version="p-1-1")  # noqa: S106 - no secret


@pytest.mark.parametrize("language", Language)
def test_every_screen_is_drawn(pages: Pages, any_view: View, language: Language) -> None:
    """With and without the idle warning, nothing is undefined and no text is missing; a title is text alone."""
    view = replace(any_view, language=language)
    page = pages.draw(view, MARKS)
    assert f'<html lang="{language.value}"' in page
    assert "<h1" in page
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert not set("<>《》｜") & set(title)
    assert not re.search(r'="[^"]*[<《]', page)
    assert 'role="alertdialog"' not in page
    warned = pages.draw(replace(view, idle=IdleWarning(seconds=30)), MARKS)
    assert 'role="alertdialog"' in warned


def test_every_state_and_every_view_has_its_screen(views: tuple[View, ...]) -> None:
    """A state without a screen, or a view without a page, would be a dead end."""
    assert {view.state for view in views} == set(State)
    assert {type(view) for view in views} == set(TEMPLATES)


def test_a_screen_offers_what_the_flow_knows(any_view: View, drawn_acts: Callable[[View], set[str]]) -> None:
    """Cancel and finish stand on a page exactly if the table knows them there; a lying card has no way on."""
    acts = drawn_acts(any_view)
    assert ("cancel" in acts) == knows(any_view.state, Event.CANCEL)
    assert ("finish" in acts) == knows(any_view.state, Event.FINISH)
    if any_view.state in {State.TAKE_CARD, State.REFUSED_TAKE_CARD, State.CARD_LEFT, State.TAKE_PAPER}:
        assert acts <= {"here", "cancel", "panel.languages", "panel.display"}


def test_the_language_can_be_changed_anywhere(any_view: View, drawn_acts: Callable[[View], set[str]]) -> None:
    """On each screen, in each state: one tap opens the list of all."""
    assert "panel.languages" in drawn_acts(any_view)
    assert {f"language.{each.value}" for each in Language} <= drawn_acts(replace(any_view, panel=Panel.LANGUAGES))


def test_size_and_contrast_can_be_changed_anywhere(any_view: View, drawn_acts: Callable[[View], set[str]]) -> None:
    """On each screen, in each state; what is set is marked."""
    assert "panel.display" in drawn_acts(any_view)
    acts = drawn_acts(replace(any_view, panel=Panel.DISPLAY))
    assert {f"size.{each.value}" for each in TextSize} | {f"theme.{each.value}" for each in Theme} <= acts
    assert "panel.closed" in acts


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_names_are_text_and_nothing_else(pages: Pages, check: CheckView, hostile: str) -> None:
    """A name or a ward that looks like markup is shown as it is written."""
    for view in (
        MembersView(members=(MemberChoice(handle=b"\x01", name=hostile, chosen=False),)),
        replace(check, people=(hostile,)),
        WardView(wards=(WardChoice(code="990001", name=WardName(written=hostile), hours="", is_open=True),)),
    ):
        page = pages.draw(view, MARKS)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "49" not in page.replace("490", "")


def test_no_page_has_inline_code_or_a_foreign_address(pages: Pages, any_view: View) -> None:
    """What the content security policy forbids is not there, and nothing is fetched from elsewhere."""
    page = pages.draw(any_view, MARKS)
    assert " style=" not in page
    assert " onclick" not in page
    assert "<style" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/kiosk.js">') == 1


def test_a_used_page_asks_for_the_next_one(pages: Pages) -> None:
    """Without the script, a page whose tap is under way loads itself again."""
    fresh = pages.draw(PinView(tries_left=3), MARKS)
    used = pages.draw(PinView(tries_left=3), replace(MARKS, is_used=True))
    assert "http-equiv" not in fresh
    assert "http-equiv" in used
    assert 'aria-busy="true"' in used


def test_one_try_left_is_said_before_it_is_tried(pages: Pages) -> None:
    """The last try comes with what it costs; the others with their number."""
    last = pages.draw(PinView(tries_left=1), MARKS)
    assert "カードがロックされ" in last
    assert "あと 3 回" in pages.draw(PinView(tries_left=3), MARKS)


def test_moments_are_shown_in_japans_time(pages: Pages, views: tuple[View, ...]) -> None:
    """2023-11-14 22:13:20 UTC is the next morning in Japan."""
    closed = next(view for view in views if view.state is State.CLOSED)
    assert "11月15日 7:13" in pages.draw(closed, MARKS)
    assert "7:13 on 15/11" in pages.draw(replace(closed, language=Language.ENGLISH), MARKS)


def test_a_place_is_named_as_its_reader_knows_it(pages: Pages) -> None:
    """Kanji with Japanese glyphs for who reads Chinese, Latin letters for the others."""
    ward = WardName(written="葛飾区", latin="Katsushika City")
    view = WardView(wards=(WardChoice(code="990001", name=ward, hours="", is_open=True),))
    for language in Language:
        page = pages.draw(replace(view, language=language), MARKS)
        assert ("葛飾区" in page) == language.reads_kanji
        assert ("Katsushika City" in page) != language.reads_kanji
        if language.reads_kanji and not language.is_japanese:
            assert '<b><bdi lang="ja">葛飾区</bdi></b>' in page


def test_a_catalogue_that_no_speaker_has_read_says_so(pages: Pages) -> None:
    """In the list of languages, beside the language's own name and in its own words."""
    page = pages.draw(StartView(panel=Panel.LANGUAGES), MARKS)
    for language, texts in catalogues().items():
        line = f"<small>{texts.drawn('service.unreviewed')}</small>"
        assert (line in page) == (texts.standing is Standing.UNREVIEWED), language


def test_the_start_offers_six_languages_and_the_way_to_all(drawn_acts: Callable[[View], set[str]]) -> None:
    """One button for each of the six, one for the list."""
    acts = {act for act in drawn_acts(StartView()) if act.startswith(("language.", "panel.l"))}
    assert acts == {f"language.{each.value}" for each in MAIN_LANGUAGES} | {"panel.languages"}
    assert len(MAIN_LANGUAGES) == 6
