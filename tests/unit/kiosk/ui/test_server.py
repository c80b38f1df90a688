"""The served screen: versions, double taps, strangers, and the PIN that nobody writes down."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import aiohttp
import pytest

from konbini.kiosk.session.action import (
    Action,
    Back,
    Cancel,
    ChooseLanguage,
    ChooseScope,
    EnterPin,
    OpenPanel,
    StillHere,
)
from konbini.kiosk.session.choice_views import ScopeView
from konbini.kiosk.session.entry_views import PinView, StartView, TakeCardView, WorkingView
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language, Panel
from konbini.kiosk.session.order_views import EndView, PayView
from konbini.kiosk.session.view import IdleWarning
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.protocol.kinds import Scope
from tests.unit.kiosk.ui.conftest import Hands

SCOPES = ScopeView(scopes=tuple(Scope))
PIN = ("pin", "7351")


async def taken(hands: Hands) -> list[Action]:
    """Return every action that waits."""
    actions = []
    while True:
        try:
            async with asyncio.timeout(0.05):
                actions.append(await hands.server.next_action())
        except TimeoutError:
            return actions


async def test_a_tap_is_an_action_and_uses_the_page_up(hands: Hands) -> None:
    """The second tap of a double tap is answered with the present page and does nothing."""
    await hands.server.show(SCOPES)
    await hands.look()
    assert [await hands.tap("scope.1"), await hands.tap("scope.1"), await hands.tap("scope.3")] == [303, 303, 303]
    assert await taken(hands) == [ChooseScope(scope=Scope.SELF)]
    assert 'aria-busy="true"' in await hands.look()


async def test_a_tap_on_a_page_that_is_gone_does_nothing(hands: Hands) -> None:
    """A post names its page: what it meant there means nothing here, even if the same act is offered."""
    await hands.server.show(SCOPES)
    await hands.look()
    gone = hands.prepared("cancel")
    await hands.server.show(PayView(fee=300, inserted=0))
    assert await hands.post(gone) == 303
    assert await taken(hands) == []
    await hands.look()
    await hands.tap("cancel")
    assert await taken(hands) == [Cancel()]


async def test_the_same_view_again_can_be_tapped_again(hands: Hands) -> None:
    """When the visit answers an action with the same screen, the screen is not dead."""
    await hands.server.show(SCOPES)
    await hands.look()
    await hands.tap("scope.1")
    assert len(await taken(hands)) == 1
    before = hands.version
    await hands.server.show(SCOPES)
    await hands.look()
    assert hands.version != before
    await hands.tap("back")
    assert await taken(hands) == [Back()]


async def test_a_tap_that_was_not_taken_goes_with_its_page(hands: Hands) -> None:
    """A card pulled while the PIN is under way: the PIN is wiped, and never meets the next card."""
    await hands.server.show(PinView(tries_left=3))
    await hands.look()
    await hands.tap("pin", PIN)
    await hands.server.show(TakeCardView())
    assert await taken(hands) == []


async def test_coins_do_not_take_the_cancel_away(hands: Hands) -> None:
    """A figure that changes under the finger leaves the page's meaning, and its tap, as they are."""
    await hands.server.show(PayView(fee=300, inserted=0))
    await hands.look()
    before = hands.version
    await hands.server.show(PayView(fee=300, inserted=100))
    await hands.tap("cancel")
    await hands.server.show(PayView(fee=300, inserted=200))
    assert await taken(hands) == [Cancel()]
    await hands.look()
    assert hands.version.rsplit("-", 1)[0] == before.rsplit("-", 1)[0]


async def test_the_language_and_the_hand_use_nothing_up(hands: Hands) -> None:
    """They mean the same on every page, and a page stays good for its own answer."""
    await hands.server.show(replace(SCOPES, panel=Panel.LANGUAGES))
    await hands.look()
    await hands.tap("language.en")
    await hands.tap("panel.closed")
    await hands.tap("here")
    await hands.tap("scope.3")
    assert await taken(hands) == [
        ChooseLanguage(language=Language.ENGLISH),
        OpenPanel(panel=None),
        StillHere(),
        ChooseScope(scope=Scope.WHOLE),
    ]


async def test_the_warning_and_the_language_ask_no_new_question(hands: Hands) -> None:
    """A tap from the page before the warning still counts."""
    await hands.server.show(SCOPES)
    await hands.look()
    await hands.server.show(replace(SCOPES, language=Language.ENGLISH, idle=IdleWarning(seconds=30)))
    await hands.tap("scope.1")
    assert await taken(hands) == [ChooseScope(scope=Scope.SELF)]


async def test_a_warning_that_counts_down_is_no_news(hands: Hands) -> None:
    """The page counts by itself: it is not loaded, and read aloud, anew each second; its end is news."""
    seen = []
    for idle in (None, IdleWarning(seconds=30), IdleWarning(seconds=29), IdleWarning(seconds=9), None):
        await hands.server.show(replace(SCOPES, idle=idle))
        page = await hands.look()
        seen.append((hands.version.split("-", 1)[1], "9 秒" in page))
    assert seen == [("2-1", False), ("2-2", False), ("2-2", True), ("2-2", True), ("2-3", False)]


async def test_showing_the_same_again_is_no_news(hands: Hands) -> None:
    """The browser is told of changes alone."""
    await hands.look()
    before = hands.version
    await hands.server.show(StartView())
    await hands.look()
    assert hands.version == before


async def test_the_pin_arrives_as_bytes_of_its_taker(hands: Hands) -> None:
    """Four digits in a buffer that can be wiped."""
    await hands.server.show(PinView(tries_left=3))
    await hands.look()
    await hands.tap("pin", PIN)
    (entered,) = await taken(hands)
    assert isinstance(entered, EnterPin)
    assert entered.pin == b"7351"


async def test_a_pin_that_nobody_took_is_wiped_at_the_end(hands: Hands) -> None:
    """Closing the screen wipes what waits; closing it twice is harmless."""
    await hands.server.show(PinView(tries_left=3))
    await hands.look()
    await hands.tap("pin", PIN)
    waiting = hands.server._taps._actions._queue[0]  # type: ignore[attr-defined]  # the buffer itself must be seen
    assert waiting.pin == b"7351"
    await hands.server.close()
    assert waiting.pin == bytes(4)


async def test_the_pin_is_in_no_log(hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    """Right, stale, malformed, too long or with a foreign token: no log of any library holds a digit of it."""
    caplog.set_level(logging.DEBUG)
    await hands.server.show(PinView(tries_left=3))
    await hands.look()
    fields = hands.prepared("pin")
    statuses = [
        await hands.post([*fields, PIN]),
        await hands.post([*fields, PIN]),
        await hands.post([*fields, PIN, ("act", "pin")]),
        await hands.post([*fields, PIN, ("x", "7351" * 2000)]),
        await hands.post([("token", "7351"), *fields[1:], PIN]),
        await hands.post([*fields, PIN], Origin="http://evil.example"),
        await hands.post([*fields, PIN], **{"Content-Type": "text/plain"}),
    ]
    assert statuses == [303, 303, 400, 413, 403, 403, 400]
    assert "7351" not in caplog.text
    assert "7351" not in repr(hands.server.__dict__)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "localhost"},
    ],
)
async def test_a_page_from_elsewhere_drives_nothing(hands: Hands, headers: dict[str, str]) -> None:
    """Forged posts, sandboxed frames and rebound names are refused, even with a stolen token."""
    await hands.server.show(SCOPES)
    await hands.look()
    assert await hands.post(hands.prepared("scope.1"), **headers) == 403
    assert await taken(hands) == []


async def test_a_page_from_elsewhere_reads_nothing(hands: Hands) -> None:
    """Neither by another name for this address nor from within another site's page."""
    for headers in ({"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("", "events", "static/kiosk.js"):
            async with hands.session.get(hands.server.address + path, headers=headers) as answer:
                assert answer.status == 403
                assert "token" not in await answer.text()


async def test_without_the_token_nothing_is_done(hands: Hands) -> None:
    """A post that no page of this process made."""
    await hands.server.show(SCOPES)
    await hands.look()
    fields = [(name, "0" * 64 if name == "token" else value) for name, value in hands.prepared("scope.1")]
    assert await hands.post(fields) == 403
    assert await taken(hands) == []


@pytest.mark.parametrize("path", ["", "events", "static/kiosk.css", "static/nothing", "nothing"])
async def test_every_answer_carries_the_strict_headers(hands: Hands, path: str) -> None:
    """Pages, stream, assets and errors alike: nothing is stored, nothing foreign is loaded or framed."""
    async with hands.session.get(hands.server.address + path) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_stream_tells_each_version(hands: Hands) -> None:
    """At once when it opens, and again with each change; it ends when the screen closes."""
    async with hands.session.get(f"{hands.server.address}events") as stream:
        await hands.look()
        assert await told(stream) == hands.version
        for view in (WorkingView(work=State.ASKING), EndView(fee=300)):
            await hands.server.show(view)
            await hands.look()
            assert await told(stream) == hands.version
        closing = asyncio.create_task(hands.server.close())
        assert (await stream.content.read()).strip() == b""
        await closing


async def told(stream: aiohttp.ClientResponse) -> str:
    """Return the next version that the stream tells."""
    async with asyncio.timeout(5):
        while True:
            line = (await stream.content.readline()).decode().strip()
            if line.startswith("data: "):
                return line.removeprefix("data: ")


async def test_a_flood_of_taps_is_bounded(hands: Hands) -> None:
    """A finger drumming on the language never grows the visit's memory."""
    await hands.look()
    for _ in range(20):
        await hands.tap("panel.languages")
    assert len(await taken(hands)) < 20


async def test_a_font_is_served_from_its_file(hands: Hands) -> None:
    """With its type, kept in no cache; a name that no rule has is none."""
    name, path = next(iter(bundled_fonts().files.items()))
    async with hands.session.get(f"{hands.origin}/fonts/{name}") as answer:
        assert (answer.status, answer.content_type) == (200, "font/woff2")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "font-src 'self'" in answer.headers["Content-Security-Policy"]
        assert await answer.read() == path.read_bytes()
    for other in ("package.json", "..%2f..%2fpackage.json", "none.woff2"):
        async with hands.session.get(f"{hands.origin}/fonts/{other}") as answer:
            assert answer.status == 404


async def test_a_clip_is_served_to_our_own_page_and_never_kept(hands: Hands) -> None:
    """This machine has none here: what is not in the archive is not found, and the answer is not to be stored."""
    async with hands.session.get(f"{hands.origin}/clip/{'0' * 32}.opus") as answer:
        assert answer.status == 404
        assert answer.headers["Cache-Control"] == "no-store"
        assert "media-src 'self'" in answer.headers["Content-Security-Policy"]
    async with hands.session.get(f"{hands.origin}/clip/x", headers={"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403
