"""The pages as they are drawn: what is known in, HTML out. Templates and words are read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from konbini.process.clock import Clock
from konbini.protocol.errors import Code
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.routes import Route
from konbini.ward_server.console.visit import Request
from konbini.ward_server.console.words import LANGUAGES, Words, all_words
from konbini.ward_server.console.writing import short_moment, templates, written_moment

__all__ = ["Drawing"]

_NAVIGATION: Final = (
    ("/", "nav.live"),
    ("/find", "nav.find"),
    ("/cases", "nav.cases"),
    ("/act", "nav.act"),
    ("/changes", "nav.changes"),
    ("/decisions", "nav.decisions"),
    ("/settings", "nav.settings"),
    ("/disposals", "nav.disposals"),
    ("/disclosures", "nav.disclosures"),
    ("/reports", "nav.reports"),
    ("/staff", "nav.staff"),
    ("/rights", "nav.rights"),
    ("/log", "nav.log"),
    ("/log/acts", "nav.acts"),
    ("/log/look-ups", "nav.looks"),
    ("/manual", "nav.manual"),
)


class Drawing:
    """Draws every page.

    Args:
        clock: says when a page was drawn.
        name: the ward's name.
        name_english: the same in English.
        routes: the table; what leads nowhere for somebody's roles is not offered.
        lock_after: seconds after which a page asks whether it is locked.
    """

    def __init__(
        self, clock: Clock, *, name: str, name_english: str, routes: Sequence[Route], lock_after: float
    ) -> None:
        self._clock = clock
        self._ward = {"ja": name, "en": name_english}
        self._may = {route.path: route.may for route in routes}
        self._refresh = int(lock_after) + 2
        self._words = all_words()
        self._pages = templates(short_moment)

    def page(self, request: Request, template: str, *, status: int = 200, **shown: object) -> web.Response:
        """Draw a page for a request."""
        text = self._pages.get_template(f"{template}.html").render(self._common(request), **shown)
        return web.Response(text=text, status=status, content_type="text/html")

    def part(self, template: str, language: str, **shown: object) -> str:
        """Draw a part of a page, for whoever watches it."""
        common = {"w": self._words[language], "language": language}
        return self._pages.get_template(f"{template}.html").render(common, **shown)

    def refusal(self, request: Request, code: Code, *, status: int) -> web.Response:
        """Draw a refusal: what happened, and what to do."""
        key = self.words(request).key("refusal", code)
        return self.page(request, "error", status=status, key=key, code=code)

    def error(self, request: Request, key: str, *, status: int) -> web.Response:
        """Draw what is no refusal."""
        return self.page(request, "error", status=status, key=key, code=None)

    def words(self, request: Request) -> Words:
        """Give the words of the language that a request asks for."""
        return self._words[request.language]

    def ward(self, request: Request) -> str:
        """Give the ward's name in that language."""
        return self._ward[request.language]

    def mark(self, request: Request) -> str:
        """Say who was shown something, and when: what stands on each page, and on what leaves on paper."""
        moment = written_moment(self._clock.now())
        return f"{self.words(request)('site.mark')} {request.signed_in.person.person} · {moment}"

    def _common(self, request: Request) -> dict[str, object]:
        asker = request.asker
        roles: frozenset[Role] = frozenset() if asker is None else asker.roles
        return {
            "w": self._words[request.language],
            "language": request.language,
            "other": next(one for one in LANGUAGES if one != request.language),
            "ward": self._ward[request.language],
            "path": request.http.path,
            "moment": short_moment(self._clock.now()),
            "asker": asker,
            "token": "" if request.session is None else request.session.form_token,
            "notice": asker is not None and not asker.session.read,
            "refresh": self._refresh if asker is not None else 0,
            "navigation": [(place, word) for place, word in _NAVIGATION if roles & self._may[place]],
            "may": lambda place: bool(roles & self._may[place]),
        }
