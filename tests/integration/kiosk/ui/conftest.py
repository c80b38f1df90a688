"""Debian's Chromium before a screen, and a scripted visit behind it: the real flow, draft and pages, no devices."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from konbini.kiosk.session.action import (
    Action,
    ChangeAudio,
    ChooseLanguage,
    ChooseSize,
    ChooseTheme,
    EnterPin,
    OpenPanel,
    ShowNames,
    StillHere,
)
from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.draft import Draft, KindOffer, MemberOffer, Offer, event_of, question, settled
from konbini.kiosk.session.entry_views import CardView, NoticeView, PinView, StartView, TakeCardView, WorkingView
from konbini.kiosk.session.fates import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.session.flow import FIRST, Event, State, follow
from konbini.kiosk.session.look import Language, Look, Panel
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, ReturningView, TakePaperView
from konbini.kiosk.session.place_views import WardChoice, WardName, WardView
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.clips import Clips
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.process.entropy import SystemEntropy
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Options, Scope
from tests import chromium

CHROMIUM = (*chromium.FLAGS, "--autoplay-policy=no-user-gesture-required")
WARD = WardName(written="見本区", latin="Mihon City", reading="みほんく")
OFFER = Offer(
    kinds=(
        KindOffer(
            kind=CertificateKind.RESIDENT_RECORD,
            fee=300,
            scopes=tuple(Scope),
            options=Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE,
        ),
    ),
    members=(
        MemberOffer(handle=b"\x01" * 8, name="見本　太郎", is_holder=True, reading="みほん　たろう"),
        MemberOffer(handle=b"\x02" * 8, name="見本　<b>花子</b>", is_holder=False, reading="みほん　はなこ"),
    ),
)
SAMPLE = (Language.JAPANESE, Language.PLAIN_JAPANESE, Language.ENGLISH, Language.NEPALI)
"""One of each kind: kanji, kanji with readings, Latin letters, letters that stack."""
CHOSEN = [pytest.param(each, id=each.value, marks=() if each in SAMPLE else pytest.mark.long) for each in Language]
COUNT_NOTES = """
window.notes = 0;
const start = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
"""


def named(text: str, *, whole: bool = False) -> re.Pattern[str]:
    """Return what finds a name that says `text`, however a browser spaces readings that stand above kanji."""
    pattern = r"\s*".join(re.escape(character) for character in text if not character.isspace())
    return re.compile(rf"^\s*{pattern}\s*$" if whole else pattern)


class ScriptedVisit:
    """The visit's loop without card, ward, money and printer: a test says what those do with `happens`."""

    def __init__(self, server: ScreenServer) -> None:
        self.server = server
        self.state = FIRST
        self.draft = Draft()
        self.language = Language.JAPANESE
        self.look = Look()
        self.audio = Audio()
        self.panel: Panel | None = None
        self.is_naming = False
        self.pins: list[bytes] = []
        self.actions: list[Action] = []
        self.inserted = 0

    async def run(self) -> None:
        """Take one action after another for ever."""
        while True:
            await self.do(await self.server.next_action())

    async def do(self, action: Action) -> None:
        """Answer one action as the flow says."""
        self.actions.append(action)
        match action:
            case EnterPin():
                self.pins.append(bytes(action.pin))
                action.wipe()
            case ChooseLanguage(language=language):
                self.language, self.panel = language, None
            case ChooseSize(size=size):
                self.look = replace(self.look, size=size)
            case ChooseTheme(theme=theme):
                self.look = replace(self.look, theme=theme)
            case OpenPanel(panel=panel):
                self.panel = panel
            case ChangeAudio(wish=wish):
                self.audio = self.audio.wished(wish)
            case ShowNames(shown=shown):
                self.is_naming = shown
            case StillHere():
                return
            case _:
                self.draft = settled(OFFER, self.draft, action)
        event = event_of(self.state, action, OFFER, self.draft)
        await self.happens(event) if event else await self.show()

    async def happens(self, event: Event) -> None:
        """Go where the flow says, and show it."""
        after = follow(self.state, event) or self.state
        if after is not self.state:
            self.panel = None
        self.state = after
        await self.show()

    async def plugged(self, *, headphones: bool) -> None:
        """Let the jack say whether headphones are in."""
        self.audio = self.audio.plugged(headphones=headphones)
        await self.show()

    async def show(self) -> None:
        """Show the state that the visit is in."""
        await self.server.show(replace(self.view(), look=self.look, audio=self.audio, panel=self.panel))

    def view(self) -> View:
        """Return the screen of the present state."""
        says = self.language
        views: dict[State, View] = {
            State.START: StartView(),
            State.NOTICE: NoticeView(language=says),
            State.WARD: WardView(
                language=says, wards=(WardChoice(code="990001", name=WARD, hours="6:30-23:00", is_open=True),)
            ),
            State.CARD: CardView(language=says, ward=WARD),
            State.PIN: PinView(language=says, tries_left=3 - len(self.pins), was_wrong=bool(self.pins)),
            State.TAKE_CARD: TakeCardView(language=says),
            State.PAY: PayView(language=says, fee=300, inserted=self.inserted),
            State.PRINTING: PrintingView(language=says, page=1, pages=1),
            State.TAKE_PAPER: TakePaperView(language=says, pages=1),
            State.RETURNING: ReturningView(language=says, amount=self.inserted),
            State.REFUSED: OutcomeView(
                language=says,
                code=Code.CANCELLED,
                money=Money(fate=MoneyFate.RETURNED, amount=self.inserted),
                paper=Paper(fate=PaperFate.NONE),
            ),
            State.END: EndView(language=says, fee=300),
        }
        if self.state in views:
            return views[self.state]
        if self.state in {State.KIND, State.SCOPE, State.MEMBERS, State.OPTIONS, State.CHECK}:
            return question(self.state, OFFER, self.draft, says, names_shown=self.is_naming)
        return WorkingView(language=says, work=self.state)


class Sight:
    """The page, and everything about it that must not happen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text))

    async def waits_for(self, title: str) -> None:
        """Wait until the screen's heading says `title`."""
        await self.page.get_by_role("heading", level=1, name=named(title, whole=True)).wait_for()

    async def tap(self, name: str) -> None:
        """Tap the button `name`."""
        await self.page.get_by_role("button", name=named(name)).first.click()

    async def notes(self) -> int:
        """Return how many notes have been started."""
        return int(await self.page.evaluate("window.notes"))


@pytest.fixture(scope="session")
def pages() -> Pages:
    """All pages, compiled once, with the clips that the installation made."""
    return Pages(Clips.installed())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a module."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.PROGRAM, args=CHROMIUM)
        yield browser
        await browser.close()


@asynccontextmanager
async def looking(browser: Browser, address: str) -> AsyncIterator[Sight]:
    """Open a fresh page of the kiosk's size on `address`."""
    context = await browser.new_context(viewport={"width": 1080, "height": 1920})
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.add_init_script(COUNT_NOTES)
    sight = Sight(page, address)
    await page.goto(address)
    yield sight
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(pages: Pages) -> AsyncIterator[ScriptedVisit]:
    """A served visit that stands at the start."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    server = ScreenServer(
        listener=listener, pages=pages, fonts=bundled_fonts(), entropy=SystemEntropy(), first=StartView()
    )
    await server.start()
    visit = ScriptedVisit(server)
    running = asyncio.create_task(visit.run())
    yield visit
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sight(browser: Browser, visit: ScriptedVisit) -> AsyncIterator[Sight]:
    """A browser before the visit; at the end it has spoken with nobody else and has met no fault."""
    async with looking(browser, visit.server.address) as sight:
        yield sight
        assert sight.faults == []
        assert not [url for url in sight.requests if not url.startswith(visit.server.address)]
