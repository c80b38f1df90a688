"""The service page as it is drawn: what is known in, HTML out. Pure but for the template, which is read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from konbini.kiosk.maintenance.events import Entry
from konbini.kiosk.maintenance.ports import Standing
from konbini.kiosk.maintenance.sessions import Session
from konbini.kiosk.maintenance.words import LANGUAGES, words
from konbini.protocol.japan import JAPAN

__all__ = ["ServiceDrawing"]


class ServiceDrawing:
    """Draws the one page that there is: the sign-in, or for whoever is signed in how the kiosk is."""

    def __init__(self) -> None:
        self._words = words()
        pages = Environment(
            loader=PackageLoader("konbini.kiosk.maintenance"), autoescape=True, undefined=StrictUndefined
        )
        self._page = pages.get_template("service.html")
        self.style = pages.get_template("service.css").render()
        """The page's style sheet, `/service.css`."""

    def sign_in(self, language: str, *, said: str = "") -> str:
        """Draw the sign-in; `said` is a key of `[said]`, or empty."""
        return self._draw(language, session=None, said=said)

    def signed_in(
        self, language: str, session: Session, standing: Standing, entries: Sequence[Entry], *, said: str = ""
    ) -> str:
        """Draw how the kiosk is, and what may be done."""
        return self._draw(language, session=session, said=said, standing=standing, entries=entries)

    def _draw(self, language: str, **shown: object) -> str:
        other = next(one for one in LANGUAGES if one != language)
        return self._page.render(language=language, other=other, words=self._words[language], moment=_moment, **shown)


def _moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, JAPAN).strftime("%Y-%m-%d %H:%M:%S")
