"""A visit with the keypad and the audio alone: Chromium plays the clips, and who listens has nothing else to go by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from konbini.kiosk.session.audio import RATES, Audio, AudioWish
from konbini.kiosk.session.draft import Draft
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.view import IdleWarning
from konbini.kiosk.speech.script import Script
from konbini.kiosk.speech.texts import spoken_texts
from konbini.protocol.kinds import CertificateKind, Options, Scope
from tests.integration.kiosk.ui.conftest import ScriptedVisit, Sight
from tests.listening import Ears, Wishes, go_by_ear

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

WARD_SPELLED = {Language.JAPANESE: "ミ ホ ン ク", Language.ENGLISH: "M I H O N C I T Y"}
NAMES = {
    Language.JAPANESE: {"holder": "ミ ホ ン タ ロ ウ", "other": "ミ ホ ン ハ ナ コ"},
    Language.ENGLISH: {"holder": "mi ho n ta ro u", "other": "mi ho n ha na ko"},
}
YEN = {Language.JAPANESE: "300円", Language.ENGLISH: "300 yen"}
PIN = "7351"
_HURRY = 6
"""With the fastest rate of the kiosk twelve times: what a browser plays goes up to sixteen."""


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that the browser's act brings about."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for is plain state of the scripted visit
            await asyncio.sleep(0.01)


@asynccontextmanager
async def ears_at(browser: Browser, visit: ScriptedVisit, hurry: int = 1) -> AsyncIterator[Ears]:
    """Open the kiosk's screen with somebody before it who listens; every clip that was asked for is there."""
    context = await browser.new_context(viewport={"width": 1080, "height": 1920})
    page = await context.new_page()
    ears, sight = Ears(page, hurry), Sight(page, visit.server.address)
    await ears.open()
    await page.goto(visit.server.address)
    yield ears
    assert (ears.mute, sight.faults) == ([], [])
    await context.close()


async def jump(visit: ScriptedVisit, state: State) -> None:
    """Put the visit where a test begins, with the audio guide on."""
    visit.audio = visit.audio.wished(AudioWish.ON)
    visit.state = state
    await visit.show()


@pytest.mark.parametrize("language", [Language.JAPANESE, pytest.param(Language.ENGLISH, marks=pytest.mark.long)])
async def test_from_the_start_to_the_paper_by_ear(  # noqa: C901, PLR0915 - one deed a screen
    browser: Browser, visit: ScriptedVisit, language: Language
) -> None:
    """A certificate of one member of the household, with the domicile: all that is done follows from what was said."""
    script = Script(language=language, texts=spoken_texts()[language])

    def says(key: str, **values: int) -> str:
        return " ".join(script.say(key, **values))

    async with ears_at(browser, visit, hurry=_HURRY) as ears:

        async def begin() -> None:
            await ears.press(*["ArrowRight"] * 3)
            await ears.take(says("start.begin"))

        async def lay_card() -> None:
            await ears.until(says("audio.card"))
            await visit.happens(Event.CARD_PLACED)
            await visit.happens(Event.CARD_RECOGNISED)

        async def type_pin() -> None:
            await ears.until(says("audio.type"))
            ears.forget()
            await ears.press(*PIN[:3], "Enter")
            assert await ears.until(says("pin.entered", n=3))
            await ears.press(PIN[3], "Enter")
            await until(lambda: bool(visit.pins))
            await visit.happens(Event.CARD_SIGNED)
            await visit.happens(Event.MENU)

        async def choose_people() -> None:
            await ears.until(says("audio.names_private"))
            await ears.tick(says("audio.person", n=2), becomes=says("audio.ticked"))
            await ears.take(says("do.next"))

        async def choose_options() -> None:
            shown = f"{says('options.domicile')} {says('options.show')}"
            await ears.tick(shown, becomes=says("audio.ticked"))
            await ears.take(says("do.next"))

        async def check() -> None:
            await ears.until(f"{says('check.members')} {says('audio.person', n=2)}")
            await ears.until(f"{says('check.fee')} {YEN[language]}")
            await ears.take(YEN[language])

        async def pay() -> None:
            await ears.until(f"{says('pay.remaining')} {YEN[language]}")
            ears.forget()
            visit.inserted = 300
            await visit.happens(Event.COIN)
            await ears.until(says("pay.enough"))
            await visit.happens(Event.PAID)
            await visit.happens(Event.DOCUMENT)
            await ears.until(says("printing.page", page=1, pages=1))
            await visit.happens(Event.PRINTED)

        async def finish() -> None:
            await ears.until(YEN[language])
            await ears.take(says("do.finish"))

        wishes = Wishes(
            answers={
                says("start.title"): begin,
                says("notice.title"): lambda: ears.take(says("notice.agree")),
                says("ward.title"): lambda: ears.take(WARD_SPELLED[language]),
                says("card.title"): lay_card,
                says("pin.title"): type_pin,
                says("take_card.title"): lambda: visit.happens(Event.CARD_TAKEN),
                says("kind.title"): lambda: ears.take_by_number(says("kind.resident_record")),
                says("scope.title"): lambda: ears.take_by_number(says("scope.part")),
                says("members.title"): choose_people,
                says("options.title"): choose_options,
                says("check.title"): check,
                says("pay.title"): pay,
                says("take_paper.title"): lambda: visit.happens(Event.PAPER_TAKEN),
                says("end.title"): finish,
            },
            last=says("end.title"),
        )
        await ears.press("*")
        if language is Language.ENGLISH:
            # The start is said in Japanese, each language's own choice in its own voice.
            wishes = replace(
                wishes, answers={spoken_texts()[Language.JAPANESE]["start.title"]: begin, **wishes.answers}
            )
        await go_by_ear(ears, wishes)
        await until(lambda: visit.state is State.WIPING)
        assert (visit.draft.handles, visit.draft.options) == ((b"\x02" * 8,), Options.DOMICILE)
        assert visit.pins == [PIN.encode()]
        spoken = " ".join(ears.begun)
        assert not [name for name in ("花子", "太郎", *NAMES[language].values()) if name in spoken]
        assert visit.audio.rate == 200


async def test_a_pin_is_tones_and_never_words(browser: Browser, visit: ScriptedVisit) -> None:
    """One note for each digit, the same for all, another for one that is taken back; the page has no digit of it."""
    async with ears_at(browser, visit) as ears:
        page = ears._page
        await page.evaluate(
            """() => { window.tones = []; const start = OscillatorNode.prototype.start;
            OscillatorNode.prototype.start = function (...when) {
              window.tones.push(this.frequency.value); return start.apply(this, when); }; }"""
        )
        await jump(visit, State.PIN)
        await ears.until("同じ音が鳴ります")
        await ears.press("Shift")
        await until(lambda: not ears.speaks)
        ears.begun.clear()
        await ears.press("9", "0", "Backspace", "6")
        await page.wait_for_function("() => window.tones.length === 4")
        tones = await page.evaluate("window.tones")
        assert tones[0] == tones[1] == tones[3] != tones[2]
        assert ears.begun == []
        attributes = await page.evaluate(
            "() => [...document.querySelectorAll('main *')].flatMap((e) => [...e.attributes].map((a) => a.value))"
        )
        assert not [each for each in attributes if "96" in each and "token" not in each and len(each) < 12]
        assert "96" not in await page.inner_text("main")


async def test_headphones_begin_it_and_pulling_them_out_ends_it(browser: Browser, visit: ScriptedVisit) -> None:
    """Nobody presses a key: the plug is enough; without it the speech breaks off in the middle."""
    async with ears_at(browser, visit) as ears:
        await visit.plugged(headphones=True)
        await ears.until("マイナンバーカードで証明書を受け取れます")
        await until(lambda: ears.begun[-1].startswith("音声案内です"))
        await visit.plugged(headphones=False)
        await until(lambda: bool(ears.cut))
        begun = len(ears.begun)
        await asyncio.sleep(1)
        assert len(ears.begun) == begun


@pytest.mark.parametrize("language", [Language.JAPANESE, pytest.param(Language.ENGLISH, marks=pytest.mark.long)])
async def test_names_are_heard_through_headphones_and_by_nobody_else(
    browser: Browser, visit: ScriptedVisit, language: Language
) -> None:
    """Whoever listens ticks a member by the name, and hears it where it was asked for; without the plug nobody does."""
    script = Script(language=language, texts=spoken_texts()[language])
    holder, other = (NAMES[language][each] for each in ("holder", "other"))

    def says(key: str, **values: int) -> str:
        return " ".join(script.say(key, **values))

    async with ears_at(browser, visit, hurry=_HURRY) as ears:
        visit.language, visit.audio = language, Audio(rate=RATES[-1])
        visit.draft = Draft(kind=CertificateKind.RESIDENT_RECORD, scope=Scope.PART)
        visit.state = State.MEMBERS
        await visit.plugged(headphones=True)
        person = f"{says('audio.person', n=1)} {says('audio.holder')} {holder}"
        assert await ears.until(holder) == f"{says('audio.number', n=1)} {person} {says('audio.unticked')}"
        await ears.tick(other, becomes=says("audio.ticked"))
        await ears.take(says("do.next"))
        await ears.until(says("options.title"))
        await ears.take(says("do.next"))
        await ears.until(f"{says('check.members')} {says('audio.person', n=2)}")
        await ears.take(says("check.show_names"))
        await ears.until(f"{says('audio.person', n=2)} {other}")
        await visit.plugged(headphones=False)
        await ears._page.locator("#speech:not([data-audio])").wait_for(state="attached")
        ears.begun.clear()
        await ears.press("*")
        assert await ears.until(says("check.members")) == f"{says('check.members')} {says('audio.person', n=2)}"
        assert not [name for name in (holder, other) if any(name in each for each in ears.begun)]
        page = await ears._page.content()
        assert not [name for name in (holder, other, "みほん　はなこ") if name in page]


async def test_any_key_breaks_off_what_is_said_and_a_star_says_it_again(browser: Browser, visit: ScriptedVisit) -> None:
    """Interrupt, repeat, louder and slower: each with one key, and rate and volume do not lose the place."""
    async with ears_at(browser, visit) as ears:
        await jump(visit, State.TAKE_CARD)
        await ears.until("カードをお取りください")
        await until(lambda: len(ears.begun) == 2)
        await ears.press("x")
        await until(lambda: ears.cut == [ears.begun[1]])
        ears.forget()
        await ears.press("*")
        await ears.press("+", "ArrowLeft")
        assert await ears.next() == ears.begun[0]
        assert await ears.next() == ears.begun[1]
        await until(lambda: (visit.audio.rate, visit.audio.volume) == (75, 4))


async def test_the_warning_counts_down_aloud(browser: Browser, visit: ScriptedVisit) -> None:
    """Whoever listens hears the seconds go, and how to stay; the speech itself does not count as a hand."""
    async with ears_at(browser, visit) as ears:
        await jump(visit, State.KIND)
        await ears.until("どの証明書が必要ですか")
        visit.actions.clear()
        await visit.server.show(replace(visit.view(), audio=visit.audio, idle=IdleWarning(seconds=12)))
        await ears.until("操作を続けますか")
        await ears.until("残り 10 秒")
        assert visit.actions == []
        await ears.take("操作を続ける")
