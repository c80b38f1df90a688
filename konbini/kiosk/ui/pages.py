"""Draws a view as a page: Jinja2 templates, autoescaped, every undefined name an error.

Owns: which template serves which view, and what a template may see: the view, its texts, and the page's own marks.
All templates are compiled at start, so that nothing is read from disk once a resident is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from konbini.kiosk.payment.means import Means, worded
from konbini.kiosk.session.audio import RATES, VOLUMES
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
from konbini.kiosk.session.flow import Event, Step, knows
from konbini.kiosk.session.list_views import NoOwnListView, OwnListView
from konbini.kiosk.session.look import MAIN_LANGUAGES, Language, Panel, TextSize, Theme
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, ReturningView, TakePaperView
from konbini.kiosk.session.place_views import (
    ClosedView,
    FoundView,
    NotOfferedView,
    PostcodeView,
    PrefectureView,
    TownView,
    WardName,
    WardView,
)
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.clips import Clips
from konbini.kiosk.speech.narration import Narration, narrate
from konbini.kiosk.speech.script import Parts, Script
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.speech.voices import clip_name, spoken_in
from konbini.kiosk.ui.catalogue import Catalogue, Standing, catalogues
from konbini.kiosk.ui.marking import title_of
from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN

__all__ = ["Marks", "Pages"]

_TEMPLATES: Final = Path(__file__).with_name("templates")
_JAPANESE: Final = Markup('<bdi lang="ja">{}</bdi>')

TEMPLATES: Mapping[type[View], str] = {
    CardLeftView: "card_left.html",
    CardView: "card.html",
    CheckView: "check.html",
    ClosedView: "closed.html",
    CoinsLeftView: "coins_left.html",
    EndView: "end.html",
    FoundView: "found.html",
    KindView: "kind.html",
    LookAgainView: "look_again.html",
    MembersView: "members.html",
    NoOwnListView: "no_own_list.html",
    NotOfferedView: "not_offered.html",
    NoticeView: "notice.html",
    OptionsView: "options.html",
    OutOfServiceView: "out_of_service.html",
    OutcomeView: "outcome.html",
    OwnListView: "own_list.html",
    PayView: "pay.html",
    PinView: "pin.html",
    PostcodeView: "postcode.html",
    PrefectureView: "prefecture.html",
    PrintingView: "printing.html",
    ReturningView: "returning.html",
    ScopeView: "scope.html",
    StartView: "start.html",
    TakeCardView: "take_card.html",
    TakePaperView: "take_paper.html",
    TownView: "town.html",
    WardView: "ward.html",
    WorkingView: "working.html",
}
"""The page of each view; a test holds that none is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a page carries to be recognised by: the token, the step it belongs to, and the version that it shows."""

    token: str
    step: str
    version: str
    is_used: bool = False
    """An action was taken from this step and its answer is under way."""


class Pages:
    """All pages in all languages, ready to be filled.

    Args:
        clips: what this machine can say; nothing where it is silent, and then no page offers to speak.

    Raises:
        CatalogueFaulty: the catalogues do not say the same.
        jinja2.TemplateError: a template is faulty.
    """

    __slots__ = ("_catalogues", "_scripts", "_templates", "clips")

    def __init__(self, clips: Clips | None = None) -> None:
        self._catalogues = catalogues()
        self.clips = clips or Clips()
        self._scripts = {
            language: Script(language=language, texts=texts, names=self.clips.names.get(language, frozenset()))
            for language, texts in spoken_texts().items()
        }
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(
            Language=Language,
            MAIN_LANGUAGES=MAIN_LANGUAGES,
            Step=Step,
            Event=Event,
            Panel=Panel,
            TextSize=TextSize,
            Theme=Theme,
            RATES=RATES,
            VOLUMES=VOLUMES,
        )
        environment.filters["title_of"] = title_of
        self._templates: Mapping[type[View], Template] = {
            kind: environment.get_template(name) for kind, name in TEMPLATES.items()
        }

    def draw(self, view: View, marks: Marks) -> str:
        """Return the whole page of `view`."""
        words = _Words(self._catalogues, view.language, view.means)
        told = self.narration(view)
        return self._templates[type(view)].render(
            view=view,
            marks=marks,
            words=words,
            t=words.drawn,
            plain=words.plain,
            told=told,
            clips=_clips,
            can_speak=self.can_speak,
        )

    def narration(self, view: View) -> Narration:
        """Return what is said of `view`."""
        return narrate(view, self._scripts, spoken_in(view.language))

    @property
    def can_speak(self) -> bool:
        """Whether every voice has its clips on this machine."""
        return self._scripts.keys() <= self.clips.languages


def _clips(language: Language, parts: Parts) -> str:
    """Name the clips of an utterance, as the page's player takes them."""
    return " ".join(clip_name(language, part) for part in parts)


class _Words:
    """What the templates call to put figures into words of one language.

    A page's text is `drawn`; what stands in an attribute, or is put into the page by the script, is `plain`.
    """

    __slots__ = ("_catalogues", "_language", "_means")

    def __init__(self, catalogues: Mapping[Language, Catalogue], language: Language, means: Means) -> None:
        self._catalogues = catalogues
        self._language = language
        self._means = means

    def drawn(self, key: str, **values: object) -> Markup:
        return self.said(self._language, key, **values)

    def plain(self, key: str, **values: object) -> str:
        catalogue = self._catalogues[self._language]
        return catalogue.text(worded(key, self._means, catalogue.texts), **values)

    def said(self, language: Language, key: str, **values: object) -> Markup:
        catalogue = self._catalogues[language]
        return catalogue.drawn(worded(key, self._means, catalogue.texts), **values)

    def was_reviewed(self, language: Language) -> bool:
        return self._catalogues[language].standing is not Standing.UNREVIEWED

    def sentence(self, code: Code, part: str) -> Markup:
        return self.drawn(self._catalogues[self._language].sentence_key(code, part))

    def yen(self, amount: int) -> Markup:
        figures = f"{amount:,}".replace(",", self.plain("service.thousands"))
        return self.drawn("service.yen", amount=figures)

    def moment(self, milliseconds: int) -> Markup:
        at = datetime.fromtimestamp(milliseconds / 1000, JAPAN)
        return self.drawn("service.moment", month=at.month, day=at.day, hour=at.hour, minute=f"{at.minute:02}")

    def date(self, milliseconds: int) -> Markup:
        """A day with its year."""
        at = datetime.fromtimestamp(milliseconds / 1000, JAPAN)
        return self.drawn("service.date", year=at.year, month=at.month, day=at.day)

    def clock(self, milliseconds: int) -> str:
        """A time of day."""
        return f"{datetime.fromtimestamp(milliseconds / 1000, JAPAN):%H:%M}"

    def ward(self, name: WardName) -> Markup:
        """A place as the reader knows it: Latin letters, or kanji with their Japanese glyphs."""
        if name.latin and not self._language.reads_kanji:
            return escape(name.latin)
        return escape(name.written) if self._language.is_japanese else _JAPANESE.format(name.written)

    def offers(self, view: View, event: Event) -> bool:
        return knows(view.state, event)
