"""What the browser posts: parsed once, strictly, and the PIN never as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.action import (
    Action,
    Back,
    Cancel,
    Change,
    ChangeAudio,
    ChooseLanguage,
    ChooseMembers,
    ChooseOptions,
    ChooseWard,
    Confirm,
    EnterPin,
    SeeOwnList,
    ShowNames,
    ShowPage,
    StillHere,
)
from konbini.kiosk.session.audio import AudioWish
from konbini.kiosk.session.choice_views import CheckView, KindView, MembersView, OptionsView, PricedKind
from konbini.kiosk.session.entry_views import PinView, StartView, TakeCardView
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.list_views import OwnListView
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import WardChoice, WardName, WardView
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.forms import BODY_LIMIT, Form, action, parse
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options

PIN = PinView(tries_left=3)
KINDS = KindView(kinds=(PricedKind(kind=CertificateKind.RESIDENT_RECORD, fee=300),))
SECOND_OF_THREE = OwnListView(since=0, lines=(), page=2, pages=3)
WARDS = WardView(wards=(WardChoice(code="990001", name=WardName(written="見本区"), hours="6:30-23:00", is_open=False),))


def form(act: str, *values: tuple[str, str]) -> Form:
    """Return a form with nothing but its act and values."""
    return Form(token="t", step="s", act=act, values=values)  # noqa: S106 - no secret


def test_a_body_is_read_and_wiped() -> None:
    """The bytes that held the digits are zero when the form is made."""
    body = bytearray(b"token=a&step=b-1&act=pin&pin=1234")
    parsed = parse(body)
    assert (parsed.token, parsed.step, parsed.act) == ("a", "b-1", "pin")
    assert parsed.pin == b"1234"
    assert body == bytes(len(body))


def test_a_pin_is_in_no_repr() -> None:
    """Neither the form nor the action shows it to a log or a traceback."""
    parsed = parse(bytearray(b"token=a&step=b&act=pin&pin=7351"))
    entered = action(parsed, PIN)
    assert isinstance(entered, EnterPin)
    assert "7351" not in repr(parsed) + repr(entered)
    assert entered.pin is parsed.pin
    entered.wipe()
    assert parsed.pin == bytes(4)


@pytest.mark.parametrize("digits", [b"", b"123", b"12345", b"12a4", b"%31234", "１２３４".encode()])
def test_only_four_digits_are_a_pin(digits: bytes) -> None:
    """Anything else never reaches the card."""
    parsed = parse(bytearray(b"token=a&step=b&act=pin&pin=" + digits))
    assert action(parsed, PIN) is None
    assert parsed.pin == bytes(len(parsed.pin))


@pytest.mark.parametrize(("digits", "is_one"), [(b"1234", False), (b"123456789012", True), (b"1234567890123", False)])
def test_a_pin_is_as_long_as_its_card_says(digits: bytes, *, is_one: bool) -> None:
    """The page asks for as many digits as the card's kind has, and takes no more and no fewer."""
    parsed = parse(bytearray(b"token=a&step=b&act=pin&pin=" + digits))
    assert isinstance(action(parsed, PinView(tries_left=3, digits=12)), EnterPin) is is_one


@pytest.mark.parametrize("act", [b"here", b"cancel", b"language.en", b"nothing"])
def test_digits_beside_another_act_are_wiped(act: bytes) -> None:
    """No page of ours sends a PIN with anything but its own act; whoever does gets nothing kept."""
    parsed = parse(bytearray(b"token=a&step=b&pin=7351&act=" + act))
    assert parsed.pin == b"7351"
    assert not isinstance(action(parsed, PIN), EnterPin)
    assert parsed.pin == bytes(4)


@pytest.mark.parametrize(("body", "pin"), [(b"pin=1111&pin=7351", b"7351"), (b"pin=7351&pin", b""), (b"pin", b"")])
def test_the_last_pin_counts(body: bytes, pin: bytes) -> None:
    """One that is empty is empty."""
    assert parse(bytearray(b"token=a&step=b&act=pin&" + body)).pin == pin


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.MALFORMED),
        (b"token=a&step=b", Code.MALFORMED),
        (b"token=a&step=b&act=x&act=y", Code.MALFORMED),
        (b"token=a&step=b&act=%78", Code.MALFORMED),
        (b"token=a&step=b&act=x&<script>=1", Code.MALFORMED),
        (b"token=a&step=b&act=x" + b"&a=1" * 64, Code.MALFORMED),
        (b"a" * (BODY_LIMIT + 1), Code.OVERSIZE),
    ],
)
def test_what_no_page_of_ours_sends_is_refused(body: bytes, code: Code) -> None:
    """Outside the forms' alphabet nothing is guessed at, and even a refused body is wiped."""
    buffer = bytearray(body)
    with pytest.raises(Refused) as refused:
        parse(buffer)
    assert refused.value.code is code
    assert not any(buffer)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_refusal(body: bytes) -> None:
    """The parser raises nothing else, and always wipes."""
    buffer = bytearray(body)
    try:
        parse(buffer)
    except Refused as refused:
        assert refused.code is Code.MALFORMED  # noqa: PT017 - either end is right
    assert not any(buffer)


@pytest.mark.parametrize(
    ("act", "view", "meant"),
    [
        ("language.en", PIN, ChooseLanguage(language=Language.ENGLISH)),
        ("language.xx", PIN, None),
        ("here", TakeCardView(), StillHere()),
        ("audio.on", TakeCardView(), ChangeAudio(wish=AudioWish.ON)),
        ("rate.slower", PIN, ChangeAudio(wish=AudioWish.SLOWER)),
        ("volume.loudest", PIN, None),
        ("audio", PIN, None),
        ("ward.990001", WARDS, ChooseWard(code="990001")),
        ("ward.990002", WARDS, None),
        ("cancel", PIN, Cancel()),
        ("cancel", StartView(), None),
        ("back", PIN, None),
        ("confirm", PIN, None),
        ("kind.1", PIN, None),
        ("kind.7", KINDS, None),
        ("back", KINDS, None),
        ("own_list", KINDS, None),
        ("own_list", replace(KINDS, may_list=True), SeeOwnList()),
        ("own_list", PIN, None),
        ("page.1", SECOND_OF_THREE, ShowPage(page=1)),
        ("page.3", SECOND_OF_THREE, ShowPage(page=3)),
        ("page.2", SECOND_OF_THREE, None),
        ("page.3", replace(SECOND_OF_THREE, page=3), None),
        ("page.0", replace(SECOND_OF_THREE, page=1), None),
        ("page.1", KINDS, None),
        ("back", SECOND_OF_THREE, Back()),
        ("", PIN, None),
    ],
)
def test_an_act_counts_only_where_the_screen_offers_it(act: str, view: View, meant: Action | None) -> None:
    """Forged or stale values are nothing at all."""
    assert action(form(act), view) == meant


def test_members_are_those_that_were_offered(members: MembersView) -> None:
    """An unknown handle, or none, is no choice."""
    one, two, _ = (each.handle for each in members.members)
    both = form("members", ("member", two.hex()), ("member", one.hex()))
    assert action(both, members) == ChooseMembers(handles=(one, two))
    assert action(form("members"), members) is None
    assert action(form("members", ("member", one.hex()), ("member", "ff" * 8)), members) is None


def test_options_are_those_that_were_offered() -> None:
    """What is not shown is omitted; what was not offered makes the whole form nothing."""
    view = OptionsView(offered=Options.DOMICILE | Options.HEAD_AND_RELATIONSHIP, chosen=Options(0))
    chosen = form("options", ("option.1", "omit"), ("option.2", "show"))
    assert action(chosen, view) == ChooseOptions(options=Options.DOMICILE)
    assert action(form("options", ("option.1", "omit"), ("option.2", "omit")), view) == ChooseOptions(
        options=Options(0)
    )
    assert action(form("options", ("option.4", "show")), view) is None


@pytest.mark.parametrize(
    ("act", "meant"),
    [
        ("confirm", Confirm()),
        ("names.shown", ShowNames(shown=True)),
        ("names.hidden", ShowNames(shown=False)),
        ("change.scope", Change(question=State.SCOPE)),
        ("change.pay", None),
        ("back", Back()),
    ],
)
def test_the_check_can_go_back_to_its_questions(check: CheckView, act: str, meant: Action | None) -> None:
    """Only questions that were asked can be changed."""
    assert action(form(act), check) == meant


def test_every_button_of_every_page_is_understood(
    views: tuple[View, ...], drawn_acts: Callable[[View], set[str]]
) -> None:
    """The pages and this parser have one alphabet: what a page offers is never nothing."""
    needs_values = {"pin", "members", "options", "code"}
    for view in views:
        for act in drawn_acts(view) - needs_values:
            assert action(form(act), view) is not None, (view, act)
