"""What can be done on a screen, in the order of the keypad's numbers, each in words. Pure.

A choice names the control of the page that it operates, as the page's forms know it ("act=confirm", "member=..."):
what a key does is what a finger does there. Invariant, held by a test over all screens: the choices of a view are the
controls of its page, all of them and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from konbini.kiosk.session.audio import RATES, VOLUMES
from konbini.kiosk.session.choice_views import CheckView, KindView, LookAgainView, MembersView, OptionsView, ScopeView
from konbini.kiosk.session.entry_views import NoticeView, PinView, StartView
from konbini.kiosk.session.flow import Event, State, knows
from konbini.kiosk.session.list_views import OwnListView
from konbini.kiosk.session.look import MAIN_LANGUAGES, Language, Panel, TextSize, Theme
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView
from konbini.kiosk.session.place_views import FoundView, PlaceName, PostcodeView, PrefectureView, TownView, WardView
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.facts import people
from konbini.kiosk.speech.script import Parts, Script
from konbini.kiosk.speech.voices import voice_of
from konbini.protocol.kinds import Options

__all__ = ["Choice", "choices"]

_QUESTIONS_WITH_BACK = frozenset((State.SCOPE, State.MEMBERS, State.OPTIONS, State.CHECK))
_RESTRICTED = Options.INDIVIDUAL_NUMBER | Options.RESIDENT_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that can be done.

    Attributes:
        control: what it operates, "name=value".
        parts: what is said of it.
        can_be_ticked: whether it is ticked rather than done.
        is_tool: whether it stands on every screen alike, and is said only when it is stepped on.
        language: of the voice, where it is not the screen's; `number` is its number in that language.
    """

    control: str
    parts: Parts
    can_be_ticked: bool = False
    is_tool: bool = False
    language: Language | None = None
    number: Parts = ()


Scripts = Mapping[Language, Script]


def choices(view: View, scripts: Scripts, spoken: Language) -> tuple[Choice, ...]:
    """Give what can be done on the screen of `view`, or in the dialog that lies over it."""
    script = scripts[spoken]
    if view.idle:
        return tuple(_idle(view, script))
    if view.panel:
        return tuple(_panel(view, view.panel, scripts, spoken))
    if isinstance(view, StartView):
        own = (
            *_languages(scripts, spoken, "start.begin", MAIN_LANGUAGES),
            _act(f"panel.{Panel.LANGUAGES.value}", script.say("start.others")),
        )
    else:
        own = tuple(_OWN[type(view)](view, script)) if type(view) in _OWN else ()
    return (*own, *_leaving(view, script), *_tools(script))


def _act(act: str, parts: Parts, *, is_current: Parts = (), is_tool: bool = False) -> Choice:
    return Choice(control=f"act={act}", parts=(*parts, *is_current), is_tool=is_tool)


def _said(script: Script, key: str, *, when: bool) -> Parts:
    return script.say(key) if when else ()


def _idle(view: View, script: Script) -> Iterator[Choice]:
    yield _act("here", script.say("idle.here"))
    if knows(view.state, Event.CANCEL):
        yield _act("cancel", script.say("idle.stop"))


def _panel(view: View, panel: Panel, scripts: Scripts, spoken: Language) -> Iterator[Choice]:
    script = scripts[spoken]

    def current(*, when: bool) -> Parts:
        return _said(script, "audio.ticked", when=when)

    match panel:
        case Panel.LANGUAGES:
            yield from _languages(scripts, spoken, "service.own_name", tuple(Language))
        case Panel.DISPLAY:
            for size in TextSize:
                named = (*script.say("display.size"), *script.say(f"display.size_{size.value}"))
                yield _act(f"size.{size.value}", named, is_current=current(when=size is view.look.size))
            for theme in Theme:
                named = (*script.say("display.theme"), *script.say(f"display.theme_{theme.value.replace('-', '_')}"))
                yield _act(f"theme.{theme.value}", named, is_current=current(when=theme is view.look.theme))
        case Panel.AUDIO:
            yield from _audio(view, script)
    yield _act("panel.closed", script.say("display.close"))


def _audio(view: View, script: Script) -> Iterator[Choice]:
    if not view.audio.is_on:
        yield _act("audio.on", script.say("audio.on"))
        return
    yield _act("audio.off", script.say("audio.off"))
    for act, is_possible in (
        ("rate.faster", view.audio.rate < RATES[-1]),
        ("rate.slower", view.audio.rate > RATES[0]),
        ("volume.louder", view.audio.volume < VOLUMES[-1]),
        ("volume.softer", view.audio.volume > VOLUMES[0]),
    ):
        if is_possible:
            yield _act(act, script.say(f"audio.{act.partition('.')[2]}"))


def _languages(scripts: Scripts, spoken: Language, key: str, offered: tuple[Language, ...]) -> Iterator[Choice]:
    """Name each language in its own voice, and those without one in the words of the spoken language."""
    for number, language in enumerate(offered, 1):
        if voice_of(language) is None:
            name = scripts[spoken].say(f"audio.language_{language.value.replace('-', '_').lower()}")
            yield Choice(control=f"act=language.{language.value}", parts=name)
        else:
            own = scripts[language]
            yield Choice(
                control=f"act=language.{language.value}",
                parts=own.say(key),
                language=language,
                number=own.say("audio.number", n=number),
            )


def _leaving(view: View, script: Script) -> Iterator[Choice]:
    if knows(view.state, Event.BACK) or view.state in _QUESTIONS_WITH_BACK:
        yield _act("back", script.say("do.back"))
    if knows(view.state, Event.CANCEL):
        returns = isinstance(view, PayView) and view.inserted
        yield _act("cancel", script.say("do.cancel_paying" if returns else "do.cancel"))


def _tools(script: Script) -> Iterator[Choice]:
    for panel, key in (
        (Panel.LANGUAGES, "service.language"),
        (Panel.DISPLAY, "display.title"),
        (Panel.AUDIO, "audio.title"),
    ):
        yield _act(f"panel.{panel.value}", script.say(key), is_tool=True)


def _only(act: str, key: str) -> Callable[[Any, Script], Iterator[Choice]]:
    """Return what offers one act, whatever its view holds."""

    def only(_view: View, script: Script) -> Iterator[Choice]:
        yield _act(act, script.say(key))

    return only


def _ward(view: WardView, script: Script) -> Iterator[Choice]:
    for ward in view.wards:
        state = script.say("ward.open" if ward.is_open else "ward.closed")
        hours = script.say("ward.hours", hours=script.hours(ward.hours)) if ward.hours else ()
        yield _act(f"ward.{ward.code}", (*script.place(ward.name), *state, *hours))
    for act, key in (("prefectures", "by_prefecture"), ("postcode", "by_postcode"), ("domicile", "domicile")):
        yield _act(act, script.say(f"ward.{key}"))


def _prefecture(view: PrefectureView, script: Script) -> Iterator[Choice]:
    for each in view.prefectures:
        yield _act(f"prefecture.{each.code}", script.place(each.name))
    for index, region in enumerate(view.regions):
        current = _said(script, "audio.ticked", when=region == view.region)
        named = (*script.say("prefecture.regions"), *script.say(f"region.{region}"))
        yield _act(f"row.{index}", named, is_current=current)


def _towns(towns: tuple[PlaceName, ...], script: Script) -> Iterator[Choice]:
    for each in towns:
        # A county (郡) alone has no reading here; where it stands beside a prefecture, the prefecture is said.
        detail = script.place(each.detail) if each.detail and each.detail.reading else ()
        yield _act(f"town.{each.code}", (*script.place(each.name), *detail))


def _town(view: TownView, script: Script) -> Iterator[Choice]:
    yield from _towns(view.towns, script)
    if len(view.rows) > 1:
        for index, row in enumerate(view.rows):
            current = _said(script, "audio.ticked", when=row == view.row)
            yield _act(f"row.{index}", script.say("audio.row", row=script.row(row)), is_current=current)


def _found(view: FoundView, script: Script) -> Iterator[Choice]:
    return _towns(view.towns, script)


def _kind(view: KindView, script: Script) -> Iterator[Choice]:
    for each in view.kinds:
        key = f"kind.{each.kind.name.lower()}"
        current = _said(script, "audio.ticked", when=each.kind is view.chosen)
        parts = (*script.say(key), *script.yen(each.fee), *script.say(f"{key}_hint"))
        yield _act(f"kind.{int(each.kind)}", parts, is_current=current)
    if view.may_list:
        yield _act("own_list", script.say("kind.own_list"))


def _scope(view: ScopeView, script: Script) -> Iterator[Choice]:
    for each in view.scopes:
        key = f"scope.{each.name.lower()}"
        current = _said(script, "audio.ticked", when=each is view.chosen)
        yield _act(f"scope.{int(each)}", (*script.say(key), *script.say(f"{key}_hint")), is_current=current)


def _members(view: MembersView, script: Script) -> Iterator[Choice]:
    for member, parts in zip(view.members, people(view, script), strict=True):
        yield Choice(control=f"member={member.handle.hex()}", parts=parts, can_be_ticked=True)
    yield _act("members", script.say("do.next"))


def _options(view: OptionsView, script: Script) -> Iterator[Choice]:
    for each in view.offered:
        key = f"options.{str(each.name).lower()}"
        name = (*script.say(key), *_said(script, f"options.hint_{str(each.name).lower()}", when=each in _RESTRICTED))
        for what in ("show", "omit"):
            parts = (*name, *script.say(f"options.{what}"))
            yield Choice(control=f"option.{int(each)}={what}", parts=parts, can_be_ticked=True)
    yield _act("options", script.say("do.next"))


def _check(view: CheckView, script: Script) -> Iterator[Choice]:
    total = script.yen(view.total)
    yield _act("confirm", script.say("check.pay", fee=total) if view.total else script.say("check.free"))
    if view.may_add:
        yield _act(f"copies.{view.copies + 1}", script.say("check.more"))
    if view.copies > 1:
        yield _act(f"copies.{view.copies - 1}", script.say("check.fewer"))
    if view.may_add:
        yield _act("add", script.say("check.add"))
    for question in view.questions:
        what = script.say(f"check.{question.name.lower()}")
        yield _act(f"change.{question.name.lower()}", script.say("do.change_what", what=what))
    shown = view.names_shown
    yield _act("names.hidden" if shown else "names.shown", script.say(f"check.{'hide' if shown else 'show'}_names"))


def _own_list(view: OwnListView, script: Script) -> Iterator[Choice]:
    if not view.is_last:
        yield _act(f"page.{view.page + 1}", script.say("own_list.older"))
    if view.page > 1:
        yield _act(f"page.{view.page - 1}", script.say("own_list.newer"))


def _outcome(view: OutcomeView, script: Script) -> Iterator[Choice]:
    if not view.card_on_reader:
        yield _act("finish", script.say("do.finish"))


def _end(view: EndView, script: Script) -> Iterator[Choice]:
    yield _act("finish", script.say("do.finish"))
    if view.may_go_on:
        yield _act("more", script.say("end.more"))


_OWN: Mapping[type[View], Callable[[Any, Script], Iterator[Choice]]] = {
    CheckView: _check,
    EndView: _end,
    FoundView: _found,
    KindView: _kind,
    LookAgainView: _only("look", "look_again.again"),
    MembersView: _members,
    NoticeView: _only("agree", "notice.agree"),
    OptionsView: _options,
    OutcomeView: _outcome,
    OwnListView: _own_list,
    PinView: _only("pin", "pin.ok"),
    PostcodeView: _only("code", "postcode.ok"),
    PrefectureView: _prefecture,
    ScopeView: _scope,
    TownView: _town,
    WardView: _ward,
}
"""What each view offers beside leaving it and the tools; a view that is not here offers nothing of its own."""
