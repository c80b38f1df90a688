"""A whole visit in the real town by somebody who cannot see: the keypad, the audio guide, and hands at the devices."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from konbini.kiosk.session.look import Language
from konbini.kiosk.speech.clips import Clips
from konbini.kiosk.speech.script import Script
from konbini.kiosk.speech.texts import spoken_texts
from konbini.process.clock import SystemClock
from konbini.protocol.kinds import Outcome
from konbini.simulation.demo.town_running import RunningTown
from tests import chromium
from tests.e2e.kiosk.visit.guest import Books, fresh
from tests.listening import Ears, Wishes, go_by_ear

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

_TEXTS = spoken_texts()[Language.JAPANESE]
_COIN = 100


@pytest_asyncio.fixture(loop_scope="module")
async def page() -> AsyncIterator[Page]:
    """An empty page in a browser that may play sounds without being touched."""
    async with async_playwright() as playwright:
        flags = (*chromium.FLAGS, "--autoplay-policy=no-user-gesture-required")
        browser = await playwright.chromium.launch(executable_path=chromium.PROGRAM, args=flags)
        yield await browser.new_page(viewport={"width": 1080, "height": 1920})
        await browser.close()


@pytest.mark.long
async def test_from_card_to_paper_by_ear(  # noqa: C901 - one deed a screen
    town: RunningTown, page: Page
) -> None:
    """The card's own PIN, the ward's own answer, coins and paper: what is done follows from what was said."""
    person, books, ears = fresh(town, least=2), Books(town=town), Ears(page)
    script = Script(language=Language.JAPANESE, texts=_TEXTS, names=Clips.installed().names[Language.JAPANESE])
    fee = " ".join(script.yen(town.town.ward.fee))
    printed, before = town.printer.impressions, (await town.cash(SystemClock()).state()).counts

    def says(key: str, **values: int) -> str:
        return " ".join(script.say(key, **values))

    async def begin() -> None:
        await ears.press(*["ArrowRight"] * 3)
        await ears.take(says("start.begin"))

    async def lay_card() -> None:
        await ears.until(says("audio.card"))
        town.slot.insert(await town.card_of(person))

    async def type_pin() -> None:
        await ears.until(says("audio.type"))
        await ears.press(*person.pin, "Enter")

    async def answer_options() -> None:
        await ears.take(says("do.next"))

    async def check() -> None:
        await ears.until(f"{says('check.fee')} {fee}")
        await ears.take(fee)

    async def pay() -> None:
        await ears.until(f"{says('pay.remaining')} {fee}")
        for _ in range(town.town.ward.fee // _COIN):
            await town.coins.hands.drop(_COIN)

    async def take_paper() -> None:
        assert town.printer.take_paper()

    async def finish() -> None:
        await ears.until(fee)
        await ears.take(says("do.finish"))

    wishes = Wishes(
        answers={
            says("start.title"): begin,
            says("notice.title"): lambda: ears.take(says("notice.agree")),
            says("ward.title"): lambda: ears.take(town.town.ward.name),
            says("card.title"): lay_card,
            says("pin.title"): type_pin,
            says("take_card.title"): town.slot.pull,
            says("kind.title"): lambda: ears.take_by_number(says("kind.resident_record")),
            says("scope.title"): lambda: ears.take_by_number(says("scope.self")),
            says("options.title"): answer_options,
            says("check.title"): check,
            says("pay.title"): pay,
            says("take_paper.title"): take_paper,
            says("end.title"): finish,
        },
        last=says("end.title"),
    )
    await ears.open()
    await page.goto(town.screen)
    await ears.press("*")
    await go_by_ear(ears, wishes)
    await books.settled()
    await books.balance()
    assert books.outcomes() == [Outcome.PRINTED]
    assert town.printer.impressions == printed + 1
    assert (await town.cash(SystemClock()).state()).counts.kept == before.kept + town.town.ward.fee
    assert ears.mute == []
    private = (person.record.name, " ".join(script.person(person.record.name, person.record.reading or "")))
    assert not [part for part in private if part and part in " ".join(ears.begun)]
