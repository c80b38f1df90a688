"""What the browser posts, parsed once: `application/x-www-form-urlencoded` bytes in, an `Action` out.

Owns: the alphabet of the forms that `templates/` draws. Values are plain ASCII of a small alphabet, so nothing is ever
percent-decoded; whatever else comes is refused as malformed. The PIN is taken out of the body as bytes and never
becomes a str: every buffer that held it here is wiped, except the one inside `EnterPin`, which belongs to its taker.

An action is returned only if the page it names could have been used for it: the flow knows the act in the view's
state, and the value is one that the view offered. Anything else is None, which is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from konbini.kiosk.session.action import (
    Action,
    AddAnother,
    Agree,
    AskForDomicile,
    Back,
    Cancel,
    Change,
    ChangeAudio,
    ChooseCopies,
    ChooseKind,
    ChooseLanguage,
    ChooseMembers,
    ChooseOptions,
    ChoosePrefecture,
    ChooseRow,
    ChooseScope,
    ChooseSize,
    ChooseTheme,
    ChooseTown,
    ChooseWard,
    Confirm,
    EnterPin,
    EnterPostcode,
    Finish,
    LookAgain,
    More,
    OpenPanel,
    SearchByPostcode,
    SearchByPrefecture,
    SeeOwnList,
    ShowNames,
    ShowPage,
    StillHere,
)
from konbini.kiosk.session.audio import AudioWish
from konbini.kiosk.session.choice_views import CheckView, KindView, MembersView, OptionsView, ScopeView
from konbini.kiosk.session.entry_views import PinView
from konbini.kiosk.session.flow import Event, State, knows
from konbini.kiosk.session.list_views import OwnListView
from konbini.kiosk.session.look import Language, Panel, TextSize, Theme
from konbini.kiosk.session.order_views import EndView
from konbini.kiosk.session.place_views import FoundView, PlaceName, PostcodeView, PrefectureView, TownView, WardView
from konbini.kiosk.session.view import View
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options

__all__ = ["BODY_LIMIT", "POSTCODE_DIGITS", "Form", "action", "parse"]

BODY_LIMIT = 4096
"""Bytes; the longest honest form is a household of thirty."""
POSTCODE_DIGITS = 7

_NAME = re.compile(rb"[a-z][a-z0-9_.]{0,31}")
_VALUE = re.compile(rb"[A-Za-z0-9_.-]{0,128}")
_FIELDS = 64
_PIN_FIELD = b"pin="


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One post.

    Attributes:
        token: the page's proof that it is this kiosk's own page.
        step: which page it was made on.
        act: what was tapped: a verb, or a verb and its value with a point between.
        values: all other fields, in order.
        pin: the digits, empty on every other form.
    """

    token: str
    step: str
    act: str
    values: tuple[tuple[str, str], ...] = ()
    pin: bytearray = field(default_factory=bytearray, repr=False)

    def wipe(self) -> None:
        """Overwrite the digits of a form that nobody took."""
        self.pin[:] = bytes(len(self.pin))


def parse(body: bytearray) -> Form:
    """Return the form in `body`, and wipe `body` whatever happens.

    Raises:
        Refused: `Code.MALFORMED` or `Code.OVERSIZE`; what was sent is never quoted.
    """
    parts: list[bytearray] = []
    try:
        if len(body) > BODY_LIMIT:
            raise Refused(Code.OVERSIZE, "form")
        parts = body.split(b"&")
        return _form(parts)
    finally:
        for buffer in (body, *parts):
            buffer[:] = bytes(len(buffer))


def _form(parts: list[bytearray]) -> Form:
    if len(parts) > _FIELDS:
        raise Refused(Code.MALFORMED, "too many fields")
    fixed: dict[str, str] = {}
    values: list[tuple[str, str]] = []
    pin = bytearray()
    for part in parts:
        if part[: len(_PIN_FIELD)] in (_PIN_FIELD, b"pin"):
            pin = part  # copied out below, when nothing is refused any more: whoever splits wipes the parts
            continue
        name, _, value = part.partition(b"=")
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Refused(Code.MALFORMED, "a field outside the forms' alphabet")
        key, text = name.decode("ascii"), value.decode("ascii")
        if key not in ("token", "step", "act"):
            values.append((key, text))
        elif key in fixed:
            raise Refused(Code.MALFORMED, "a field twice")
        else:
            fixed[key] = text
    if len(fixed) < 3:  # noqa: PLR2004 - token, step and act
        raise Refused(Code.MALFORMED, "a field is missing")
    return Form(
        token=fixed["token"],
        step=fixed["step"],
        act=fixed["act"],
        values=tuple(values),
        pin=pin[len(_PIN_FIELD) :],
    )


_PLAIN: Mapping[str, tuple[Event, Action]] = {
    "agree": (Event.AGREED, Agree()),
    "prefectures": (Event.TO_PREFECTURES, SearchByPrefecture()),
    "postcode": (Event.TO_POSTCODE, SearchByPostcode()),
    "back": (Event.BACK, Back()),
    "cancel": (Event.CANCEL, Cancel()),
    "finish": (Event.FINISH, Finish()),
    "look": (Event.LOOK, LookAgain()),
}


def action(form: Form, view: View) -> Action | None:
    """Return what `form` means on the screen of `view`, or None where that screen does not offer it.

    Digits that the action does not take with it are wiped.
    """
    meant = _action(form, view)
    if not isinstance(meant, EnterPin):
        form.wipe()
    return meant


def _action(form: Form, view: View) -> Action | None:
    verb, _, value = form.act.partition(".")
    if verb in _ANYWHERE:
        return _anywhere(form.act, verb, value)
    if verb == "back" and isinstance(view, _QUESTIONS) and view.state is not State.KIND:
        return Back()
    if verb in _PLAIN:
        event, plain = _PLAIN[verb]
        return plain if knows(view.state, event) else None
    return _answer(verb, value, form, view)


_ANYWHERE = frozenset(("here", "language", "size", "theme", "panel", "audio", "rate", "volume"))
"""What means the same on every screen, and uses none up."""


def _anywhere(act: str, verb: str, value: str) -> Action | None:  # noqa: PLR0911 - one verb a line
    match verb:
        case "language":
            return next((ChooseLanguage(language=each) for each in Language if each.value == value), None)
        case "size":
            return next((ChooseSize(size=each) for each in TextSize if each.value == value), None)
        case "theme":
            return next((ChooseTheme(theme=each) for each in Theme if each.value == value), None)
        case "panel" if value == "closed":
            return OpenPanel(panel=None)
        case "panel":
            return next((OpenPanel(panel=each) for each in Panel if each.value == value), None)
        case "here":
            return StillHere()
        case _:
            return next((ChangeAudio(wish=each) for each in AudioWish if each.value == act), None)


_QUESTIONS = (KindView, ScopeView, MembersView, OptionsView, CheckView)


def _answer(verb: str, value: str, form: Form, view: View) -> Action | None:  # noqa: PLR0911 - one screen a line
    match verb, view:
        case "pin", PinView():
            return _pin(form, view)
        case "members", MembersView():
            return _members(form, view)
        case "own_list", KindView():
            return SeeOwnList() if view.may_list else None
        case "page", OwnListView():
            beside = (view.page - 1, view.page + 1)
            return next((ShowPage(page=n) for n in beside if 1 <= n <= view.pages and str(n) == value), None)
        case "more", EndView():
            return More() if view.may_go_on else None
        case "options", OptionsView():
            return _options(form, view)
        case _, CheckView():
            return _checked(verb, value, view)
        case _, WardView() | PrefectureView() | TownView() | PostcodeView() | FoundView():
            return _placed(verb, value, form, view)
        case _:
            return _picked(verb, value, view)


def _placed(verb: str, value: str, form: Form, view: View) -> Action | None:  # noqa: PLR0911 - one answer a line
    match verb, view:
        case "code", PostcodeView():
            return _postcode(form)
        case "ward", WardView(wards=wards):
            return next((ChooseWard(code=each.code) for each in wards if each.code == value), None)
        case "domicile", WardView():
            return AskForDomicile()
        case "prefecture", PrefectureView(prefectures=prefectures):
            return ChoosePrefecture(code=value) if _among(prefectures, value) else None
        case "town", TownView(towns=towns) | FoundView(towns=towns):
            return ChooseTown(code=value) if _among(towns, value) else None
        case "row", TownView(rows=rows) | PrefectureView(regions=rows):
            return next((ChooseRow(row=row) for index, row in enumerate(rows) if str(index) == value), None)
        case _:
            return None


def _among(places: tuple[PlaceName, ...], code: str) -> bool:
    return any(place.code == code for place in places)


def _postcode(form: Form) -> EnterPostcode | None:
    digits = "".join(value for name, value in form.values if name == "digits")
    good = len(digits) == POSTCODE_DIGITS and digits.isdigit()
    return EnterPostcode(digits=digits) if good else None


def _picked(verb: str, value: str, view: View) -> Action | None:
    match verb, view:
        case "kind", KindView(kinds=kinds):
            return next((ChooseKind(kind=each.kind) for each in kinds if str(int(each.kind)) == value), None)
        case "scope", ScopeView(scopes=scopes):
            return next((ChooseScope(scope=each) for each in scopes if str(int(each)) == value), None)
        case _:
            return None


def _pin(form: Form, view: PinView) -> EnterPin | None:
    good = len(form.pin) == view.digits and form.pin.isdigit()
    return EnterPin(pin=form.pin) if good else None


def _members(form: Form, view: MembersView) -> ChooseMembers | None:
    ticked = {value for name, value in form.values if name == "member"}
    handles = tuple(each.handle for each in view.members if each.handle.hex() in ticked)
    return ChooseMembers(handles=handles) if handles and len(handles) == len(ticked) else None


def _options(form: Form, view: OptionsView) -> ChooseOptions | None:
    shown = {name for name, value in form.values if value == "show"}
    chosen = Options(0)
    for each in view.offered:
        if f"option.{int(each)}" in shown:
            chosen |= each
    return ChooseOptions(options=chosen) if len(chosen) == len(shown) else None


def _checked(verb: str, value: str, view: CheckView) -> Action | None:
    match verb:
        case "confirm":
            return Confirm()
        case "add":
            return AddAnother() if view.may_add else None
        case "copies":
            return next((ChooseCopies(copies=n) for n in range(1, view.most_copies + 1) if str(n) == value), None)
        case "names":
            return ShowNames(shown=value == "shown")
        case "change":
            return next((Change(question=each) for each in view.questions if each.name.lower() == value), None)
        case _:
            return None
