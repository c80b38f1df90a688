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

from konbini.kiosk.session.flow import Event, Step, knows
from konbini.kiosk.session.view import (
    CardLeftView,
    CardView,
    CheckView,
    ClosedView,
    CoinsLeftView,
    EndView,
    FoundView,
    KindView,
    Language,
    LookAgainView,
    MembersView,
    NoticeView,
    NotOfferedView,
    OptionsView,
    OutcomeView,
    OutOfServiceView,
    Panel,
    PayView,
    PinView,
    PostcodeView,
    PrefectureView,
    PrintingView,
    ReturningView,
    ScopeView,
    StartView,
    TakeCardView,
    TakePaperView,
    TextSize,
    Theme,
    TownView,
    View,
    WardName,
    WardView,
    WorkingView,
)
from konbini.kiosk.ui.catalogue import Catalogue, catalogues
from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN

__all__ = ["Marks", "Pages"]

_TEMPLATES: Final = Path(__file__).with_name("templates")

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
    NotOfferedView: "not_offered.html",
    NoticeView: "notice.html",
    OptionsView: "options.html",
    OutOfServiceView: "out_of_service.html",
    OutcomeView: "outcome.html",
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

    Raises:
        CatalogueFaulty: the catalogues do not say the same.
        jinja2.TemplateError: a template is faulty.
    """

    __slots__ = ("_catalogues", "_templates")

    def __init__(self) -> None:
        self._catalogues = catalogues()
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(
            Language=Language, Step=Step, Event=Event, Panel=Panel, TextSize=TextSize, Theme=Theme
        )
        self._templates: Mapping[type[View], Template] = {
            kind: environment.get_template(name) for kind, name in TEMPLATES.items()
        }

    def draw(self, view: View, marks: Marks) -> str:
        """Return the whole page of `view`."""
        words = _Words(self._catalogues, view.language)
        return self._templates[type(view)].render(view=view, marks=marks, words=words, t=words.text)


class _Words:
    """What the templates call to put figures into words of one language."""

    __slots__ = ("_catalogues", "_language")

    def __init__(self, catalogues: Mapping[Language, Catalogue], language: Language) -> None:
        self._catalogues = catalogues
        self._language = language

    def text(self, key: str, **values: object) -> str:
        return self.said(self._language, key, **values)

    def said(self, language: Language, key: str, **values: object) -> str:
        return self._catalogues[language].text(key, **values)

    def sentence(self, code: Code, part: str) -> str:
        return self._catalogues[self._language].sentence(code, part)

    def yen(self, amount: int) -> str:
        return self.text("service.yen", amount=f"{amount:,}")

    def moment(self, milliseconds: int) -> str:
        at = datetime.fromtimestamp(milliseconds / 1000, JAPAN)
        return self.text("service.moment", month=at.month, day=at.day, hour=at.hour, minute=f"{at.minute:02}")

    def ward(self, name: WardName) -> str:
        latin = self._language is not Language.JAPANESE and name.latin
        return latin or name.written

    def offers(self, view: View, event: Event) -> bool:
        return knows(view.state, event)
