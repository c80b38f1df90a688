"""What a screen shows, as speech: one function a view. Pure.

What is personal is said only while headphones are in: a resident's name, mora by mora where the ward has told how it is
read, the postcode of where one lives, and what was issued on the card. Without
them a member of the household is "person 2", and the first of them the card's holder. Names of municipalities are
said in any case, for without them nobody could choose one; so is the reference number, which somebody has to note down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, unique
from itertools import zip_longest
from typing import Any

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.choice_views import CheckView, KindView, LookAgainView, MembersView, OptionsView, ScopeView
from konbini.kiosk.session.entry_views import (
    CardLeftView,
    CardView,
    CoinsLeftView,
    NoticeView,
    OutOfServiceView,
    PinView,
    StartView,
    TakeCardView,
    WorkingView,
)
from konbini.kiosk.session.fates import Money, Paper
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.list_views import NoOwnListView, OwnLine, OwnListView
from konbini.kiosk.session.look import Panel
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, ReturningView, TakePaperView
from konbini.kiosk.session.place_views import (
    ClosedView,
    FoundView,
    NotOfferedView,
    PostcodeView,
    PrefectureView,
    TownView,
    WardView,
)
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.script import COUNTDOWN, Parts, Script
from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind

__all__ = ["FACTS", "Fact", "Manner", "facts", "people"]

_MILLISECONDS = 1000


@unique
class Manner(Enum):
    """Whether a fact may change while the screen stays."""

    STILL = "still"
    NEWS = "news"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a screen shows."""

    parts: Parts
    manner: Manner = Manner.STILL


def facts(view: View, script: Script) -> Iterator[Fact]:
    """Give what the screen of `view` shows, or the dialog that lies over it."""
    if view.idle:
        seconds = min(COUNTDOWN, key=lambda each: abs(each - view.idle.seconds))  # type: ignore[union-attr]
        yield from map(_still, (script.say("idle.title"), script.say("idle.text")))
        yield _still(script.say("idle.seconds", seconds=seconds))
    elif view.panel:
        yield _still(script.say(_PANELS[view.panel]))
    else:
        yield from FACTS[type(view)](view, script)


_PANELS: Mapping[Panel, str] = {
    Panel.LANGUAGES: "service.language",
    Panel.DISPLAY: "display.title",
    Panel.AUDIO: "audio.title",
}


def people(view: CheckView | MembersView, script: Script) -> tuple[Parts, ...]:
    """Give each person of a household's list, by name only where nobody else hears it."""
    if isinstance(view, MembersView):
        listed = [
            (at, each.is_holder, script.person(each.name, each.reading)) for at, each in enumerate(view.members, 1)
        ]
    else:
        named = [
            script.person(name, reading) if view.names_shown else ()
            for name, reading in zip_longest(view.people, view.readings, fillvalue="")
        ]
        listed = [(at, at == 1, name) for at, name in zip(view.positions, named, strict=False)]
    return tuple(
        (
            *script.say("audio.person", n=at),
            *(script.say("audio.holder") if holds else ()),
            *(name if view.audio.is_private else ()),
        )
        for at, holds, name in listed
    )


def _still(parts: Parts) -> Fact:
    return Fact(parts=parts)


def _news(parts: Parts) -> Fact:
    return Fact(parts=parts, manner=Manner.NEWS)


def _texts(script: Script, *keys: str) -> Iterator[Fact]:
    return (_still(script.say(key)) for key in keys)


def _titled(*keys: str) -> Callable[[Any, Script], Iterator[Fact]]:
    """Return what says the same texts whatever its view holds."""

    def titled(_view: View, script: Script) -> Iterator[Fact]:
        return _texts(script, *keys)

    return titled


def _sentence(script: Script, code: Code, part: str) -> Parts:
    own = f"code.{code.name}.{part}"
    return script.say(own if own in script.texts else f"code.{Code.INTERNAL.name}.{part}")


def _money(script: Script, money: Money) -> Fact:
    key = f"money.{money.fate.value.replace(' ', '_')}"
    return _still(script.say(key, amount=script.yen(money.amount)))


def _paper(script: Script, paper: Paper) -> Fact:
    return _still(script.say(f"paper.{paper.fate.value}", out=paper.out, due=paper.due))


def _reference(script: Script, number: str) -> Iterator[Fact]:
    if number:
        yield _still((*script.say("outcome.reference"), *script.digits(number)))


def _kind(script: Script, kind: CertificateKind) -> Parts:
    return script.say(f"kind.{kind.name.lower()}")


def _start(_view: StartView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "start.title", "audio.welcome", "audio.keys", "audio.keys_more")
    yield from _texts(script, "start.needs", "start.need_card", "start.need_pin", "start.need_coins")


def _out_of_service(view: OutOfServiceView, script: Script) -> Iterator[Fact]:
    yield _still(script.say("out_of_service.title"))
    yield from (_still(_sentence(script, view.code, part)) for part in ("what", "next"))


def _closed(view: ClosedView, script: Script) -> Iterator[Fact]:
    ward = view.ward
    yield _still(script.say("closed.title_ward", ward=script.place(ward)) if ward else script.say("closed.title"))
    yield _still(_sentence(script, view.code, "what"))
    if view.reopens is not None:
        at = _at(view.reopens)
        moment = script.moment(at.month, at.day, f"{at.hour}:{at.minute:02}")
        yield _still((*script.say("closed.reopens"), *moment))
    yield _still(_sentence(script, view.code, "next"))


def _notice(_view: NoticeView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "notice.title", "notice.hint")
    for each in ("reads", "asks", "keeps", "records", "fee"):
        yield from _texts(script, f"notice.{each}", f"notice.{each}_more")


def _town(view: TownView, script: Script) -> Iterator[Fact]:
    yield _still(script.say("town.title", prefecture=script.place(view.prefecture)))
    yield _still(script.say("town.hint"))


def _postcode(view: PostcodeView, script: Script) -> Iterator[Fact]:
    if view.was_unknown:
        yield from _texts(script, "postcode.unknown", "postcode.unknown_hint")
    yield from _texts(script, "postcode.title", "postcode.hint")


def _found(view: FoundView, script: Script) -> Iterator[Fact]:
    yield _still(script.say("found.title"))
    if view.audio.is_private:
        yield _still(script.say("found.hint", postcode=script.digits(view.postcode)))


def _not_offered(view: NotOfferedView, script: Script) -> Iterator[Fact]:
    town = view.town
    wanted = view.wanted.value
    title = script.say("not_offered.title_town", town=script.place(town)) if town else None
    yield _still(title or script.say("not_offered.title_domicile"))
    yield from _texts(script, f"not_offered.{wanted}", f"not_offered.next_{wanted}")


def _card(view: CardView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "card.title", "card.hint", "audio.card")
    yield _still(script.say("card.ward", ward=script.place(view.ward)))
    for one in view.kinds:
        times = script.say("ward.hours", hours=script.hours(one.hours)) if one.hours else script.say("card.not_today")
        yield _still((*_kind(script, one.kind), *times))


def _pin(view: PinView, script: Script) -> Iterator[Fact]:
    if view.tries_left == 1:
        yield from _texts(script, "pin.last", "pin.last_hint")
    elif view.was_wrong:
        yield _still(script.say("pin.wrong"))
        yield _still(script.say("pin.wrong_hint", tries=view.tries_left))
    yield from _texts(script, "pin.title", "pin.hint", "audio.pin")
    if view.tries_left > 1 and not view.was_wrong:
        yield _still(script.say("pin.tries", tries=view.tries_left))


def _working(view: WorkingView, script: Script) -> Iterator[Fact]:
    work = view.work.name.lower()
    return _texts(script, f"working.{work}", f"working.hint_{work}")


def _members(view: MembersView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "members.title", "members.hint", "audio.tick")
    if not view.audio.is_private:
        yield _still(script.say("audio.names_private"))


def _check(view: CheckView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "check.title", "check.hint")
    yield _still((*script.say("check.kind"), *_kind(script, view.kind)))
    yield _still((*script.say("check.scope"), *script.say(f"scope.{view.scope.name.lower()}")))
    yield _news((*script.say("check.members"), *(part for person in people(view, script) for part in person)))
    basics = "check.seal_basics" if view.kind is CertificateKind.SEAL_REGISTRATION else "check.basics"
    yield _still((*script.say("check.options"), *script.say(basics)))
    yield from (_still(script.say(f"options.{str(each.name).lower()}")) for each in view.shown)
    yield _news((*script.say("check.copies"), *script.say("check.count", copies=view.copies)))
    for other in view.others:
        yield _still((*script.say("check.together"), *_kind(script, other.kind), *script.yen(other.fee)))
    yield _news((*script.say("check.fee"), *script.yen(view.total)))


def _own_list(view: OwnListView, script: Script) -> Iterator[Fact]:
    since = _at(view.since)
    yield _still(script.say("own_list.title"))
    yield _still(script.say("own_list.hint", day=script.date(since.year, since.month, since.day)))
    if not view.lines:
        yield _still(script.say("own_list.none"))
        return
    yield _still(script.say("own_list.page", page=view.page, pages=view.pages))
    yield _still(script.say("audio.listed", count=len(view.lines)))
    if view.audio.is_private:
        for line in view.lines:
            yield from _own_line(line, script)
    else:
        yield _still(script.say("audio.list_private"))
    if view.older and view.is_last:
        yield _still(script.say("own_list.more", count=view.older))


def _own_line(line: OwnLine, script: Script) -> Iterator[Fact]:
    at = _at(line.issued)
    kiosk = script.name(line.kiosk)
    place = script.say("own_list.here" if line.is_here else "own_list.machine", kiosk=kiosk)
    operator = script.name(line.operator) if line.operator else ()
    fate = script.say(f"own_list.{line.fate.name.lower()}")
    when = script.dated(at.year, at.month, at.day, f"{at.hour}:{at.minute:02}")
    yield _still((*_kind(script, line.kind), *fate))
    yield _still((*when, *place, *operator))
    yield from _reference(script, line.number)


def _no_own_list(view: NoOwnListView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "own_list.refused", "own_list.refused_hint")
    yield _still(script.say("outcome.code", number=int(view.code)))


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / _MILLISECONDS, JAPAN)


def _look_again(view: LookAgainView, script: Script) -> Iterator[Fact]:
    yield from (_still(_sentence(script, view.code, part)) for part in ("what", "next"))
    yield _money(script, view.money)


def _pay(view: PayView, script: Script) -> Iterator[Fact]:
    remaining = max(view.fee - view.inserted, 0)
    yield _news(script.say("pay.title") if remaining else script.say("pay.enough"))
    yield _still(script.say("pay.hint"))
    yield _still((*script.say("pay.fee"), *script.yen(view.fee)))
    if view.means is Means.COINS:  # a terminal takes all of it at once
        yield _news((*script.say("pay.inserted"), *script.yen(view.inserted)))
        yield _news((*script.say("pay.remaining"), *script.yen(remaining)))


def _printing(view: PrintingView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "printing.title", "printing.hint")
    if view.orders > 1:
        yield _news(script.say("printing.order", order=view.order, orders=view.orders))
    yield _news(script.say("printing.page", page=view.page, pages=view.pages))


def _take_paper(view: TakePaperView, script: Script) -> Iterator[Fact]:
    if view.left:
        yield from _texts(script, "take_paper.left", "take_paper.left_hint")
    else:
        yield _still(script.say("take_paper.title"))
        yield _still(script.say("take_paper.hint", pages=view.pages))
        yield _still(script.say("audio.paper"))


def _returning(view: ReturningView, script: Script) -> Iterator[Fact]:
    yield _still(script.say("returning.title"))
    yield _still(script.say("returning.text", amount=script.yen(view.amount)))


def _outcome(view: OutcomeView, script: Script) -> Iterator[Fact]:
    yield _still(_sentence(script, view.code, "what"))
    if view.state is State.REFUSED_TAKE_CARD:
        yield _still(script.say("take_card.title"))
    yield _still(_sentence(script, view.code, "next"))
    yield _money(script, view.money)
    yield _paper(script, view.paper)
    yield from _reference(script, view.reference)
    yield _still(script.say("outcome.code", number=int(view.code)))


def _end(view: EndView, script: Script) -> Iterator[Fact]:
    yield from _texts(script, "end.title" if view.is_whole else "end.title_some", "end.text")
    for line in view.lines:
        printed = script.say("end.printed", fee=script.yen(line.fee))
        yield _still((*_kind(script, line.kind), *(_sentence(script, line.code, "what") if line.code else printed)))
        yield from _reference(script, line.number)
    if view.back.fate.value in ("returned", "owed", "held", "unknown"):
        yield _money(script, view.back)
    if view.fee:
        yield _still(script.say("end.fee", fee=script.yen(view.fee)))
    yield from _texts(script, "end.belongings")
    if view.receipt_code:
        yield _still((*script.say("end.record"), *script.digits(view.receipt_code)))
    yield from _texts(script, "end.wiped")


FACTS: Mapping[type[View], Callable[[Any, Script], Iterator[Fact]]] = {
    CardLeftView: _titled("take_card.left", "take_card.left_hint"),
    CardView: _card,
    CheckView: _check,
    ClosedView: _closed,
    CoinsLeftView: _titled("coins_left.title", "coins_left.hint"),
    EndView: _end,
    FoundView: _found,
    KindView: _titled("kind.title"),
    LookAgainView: _look_again,
    MembersView: _members,
    NoOwnListView: _no_own_list,
    NotOfferedView: _not_offered,
    NoticeView: _notice,
    OptionsView: _titled("options.title", "options.hint", "audio.tick"),
    OutOfServiceView: _out_of_service,
    OutcomeView: _outcome,
    OwnListView: _own_list,
    PayView: _pay,
    PinView: _pin,
    PostcodeView: _postcode,
    PrefectureView: _titled("prefecture.title", "prefecture.hint"),
    PrintingView: _printing,
    ReturningView: _returning,
    ScopeView: _titled("scope.title"),
    StartView: _start,
    TakeCardView: _titled("take_card.title", "take_card.hint"),
    TakePaperView: _take_paper,
    TownView: _town,
    WardView: _titled("ward.title", "ward.hint"),
    WorkingView: _working,
}
"""What each view says; a test holds that none is missing."""
