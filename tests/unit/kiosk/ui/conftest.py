"""A browser without a browser: reads the served pages, and posts their forms as they stand."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import aiohttp
import pytest

from konbini.kiosk.session.choice_views import CheckView, MembersView
from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Marks, Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.kiosk.ui.specimens import CHECK, MEMBERS, SPECIMENS
from konbini.process.entropy import SystemEntropy


@dataclass(slots=True, kw_only=True)
class PageForm:
    """One form of a page: what it would send, and the buttons it has."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.root: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.root = values
        elif tag == "form":
            self.forms.append(PageForm())
        elif tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields.append((values["name"] or "", values["value"] or ""))
        elif tag == "button" and values.get("name") == "act":
            self.forms[-1].buttons.append(values["value"] or "")


class Hands:
    """Taps on one screen over plain HTTP, with the headers that a browser sends."""

    def __init__(self, server: ScreenServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        self.origin = server.address.rstrip("/")
        self.forms: list[PageForm] = []
        self.text = ""
        self.version = ""

    async def look(self) -> str:
        """Load the page that is up."""
        async with self.session.get(self.server.address) as answer:
            assert answer.status == 200, await answer.text()
            self.text = await answer.text()
        reader = _Reader()
        reader.feed(self.text)
        self.forms = reader.forms
        self.version = reader.root["data-version"] or ""
        return self.text

    def acts(self) -> set[str]:
        """Return all that the loaded page offers to do."""
        hidden = {value for form in self.forms for name, value in form.fields if name == "act"}
        return hidden | {button for form in self.forms for button in form.buttons}

    def prepared(self, act: str) -> list[tuple[str, str]]:
        """Return the fields that the loaded page sends for `act`."""
        for form in self.forms:
            if act in form.buttons:
                return [*form.fields, ("act", act)]
            if ("act", act) in form.fields:
                return form.fields
        raise AssertionError(f"the page does not offer {act}: {sorted(self.acts())}")

    async def tap(self, act: str, *more: tuple[str, str]) -> int:
        """Post the form of `act` as the loaded page has it."""
        return await self.post([*self.prepared(act), *more])

    async def post(self, fields: list[tuple[str, str]], **headers: str) -> int:
        """Post `fields`; an empty header is left out."""
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} | headers
        present = {name: value for name, value in sent.items() if value}
        async with self.session.post(
            f"{self.origin}/act", data=fields, headers=present, allow_redirects=False
        ) as answer:
            return answer.status


def listener() -> socket.socket:
    """Return a listening socket on a free loopback port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind(("127.0.0.1", 0))
    sock.listen(16)
    return sock


@pytest.fixture(scope="session")
def pages() -> Pages:
    """All pages, compiled once."""
    return Pages()


@pytest.fixture
async def hands(pages: Pages) -> AsyncIterator[Hands]:
    """A served screen that shows the start, and hands before it."""
    server = ScreenServer(
        listener=listener(), pages=pages, fonts=bundled_fonts(), entropy=SystemEntropy(), first=StartView()
    )
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Hands(server, session)
    await server.close()


@pytest.fixture(params=SPECIMENS, ids=lambda view: f"{type(view).__name__}-{view.state.name}")
def any_view(request: pytest.FixtureRequest) -> View:
    """Each screen in turn."""
    view = request.param
    assert isinstance(view, View)
    return view


@pytest.fixture
def views() -> tuple[View, ...]:
    """All of them at once."""
    return SPECIMENS


@pytest.fixture
def members() -> MembersView:
    """A household of two, one of them with a variant character."""
    return MEMBERS


@pytest.fixture
def check() -> CheckView:
    """A check of one member's certificate."""
    return CHECK


@pytest.fixture
def drawn_acts(pages: Pages) -> Callable[[View], set[str]]:
    """Return what a view's page offers to do."""

    def acts(view: View) -> set[str]:
        reader = _Reader()
        reader.feed(pages.draw(view, Marks(token="t", step="s", version="v")))  # noqa: S106 - no secret
        hidden = {value for form in reader.forms for name, value in form.fields if name == "act"}
        return hidden | {button for form in reader.forms for button in form.buttons}

    return acts
