"""A visit in Chromium, from the start to the paper, with the fingers and with the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.kiosk.session.action import Cancel, ChooseScope, StillHere
from konbini.kiosk.session.flow import Event, State
from konbini.kiosk.session.look import MAIN_LANGUAGES, Language
from konbini.kiosk.session.view import IdleWarning
from konbini.kiosk.ui.catalogue import catalogues
from konbini.protocol.kinds import CertificateKind, Options, Scope
from tests.integration.kiosk.ui.conftest import CHOSEN, ScriptedVisit, Sight, named

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that the browser's act brings about."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is plain state of the scripted visit
            await asyncio.sleep(0.01)


async def jump(visit: ScriptedVisit, state: State) -> None:
    """Put the visit where a test begins."""
    visit.state = state
    await visit.show()


@pytest.mark.parametrize("language", CHOSEN)
async def test_from_the_start_to_the_paper(visit: ScriptedVisit, sight: Sight, language: Language) -> None:
    """Every screen of the straight way, each known by its heading, in each language."""
    says = catalogues()[language].text
    await begin(sight, language)
    await sight.waits_for(says("notice.title"))
    await sight.tap(says("notice.agree"))
    await sight.waits_for(says("ward.title"))
    await sight.tap("見本区" if language.reads_kanji else "Mihon City")
    await sight.waits_for(says("card.title"))
    await visit.happens(Event.CARD_PLACED)
    await sight.waits_for(says("working.identifying"))
    await visit.happens(Event.CARD_RECOGNISED)
    await sight.waits_for(says("pin.title"))
    for digit in "7351":
        await sight.page.get_by_role("button", name=digit, exact=True).click()
    await sight.tap(says("pin.ok"))
    await sight.waits_for(says("working.checking_pin"))
    assert visit.pins == [b"7351"]
    await visit.happens(Event.CARD_SIGNED)
    await visit.happens(Event.MENU)
    await sight.waits_for(says("take_card.title"))
    await visit.happens(Event.CARD_TAKEN)
    await choose(sight, says("kind.title"), says("kind.resident_record"))
    await choose(sight, says("scope.title"), says("scope.part"))
    await sight.waits_for(says("members.title"))
    await sight.page.get_by_role("checkbox", name="見本　<b>花子</b>").check()
    await sight.tap(says("do.next"))
    await sight.waits_for(says("options.title"))
    await (
        sight.page.get_by_role("group", name=named(says("options.domicile")))
        .get_by_role("radio", name=named(says("options.show"), whole=True))
        .check()
    )
    await sight.tap(says("do.next"))
    await sight.waits_for(says("check.title"))
    assert (visit.draft.handles, visit.draft.options) == ((b"\x02" * 8,), Options.DOMICILE)
    assert "花子" not in await sight.page.content()
    await sight.tap(says("check.show_names"))
    await sight.page.get_by_text("見本　<b>花子</b>").wait_for()
    await sight.tap(says("check.pay", fee=says("service.yen", amount="300")))
    await sight.waits_for(says("pay.title"))
    visit.inserted = 300
    await visit.happens(Event.COIN)
    await sight.waits_for(says("pay.enough"))
    await visit.happens(Event.PAID)
    await sight.waits_for(says("working.preparing"))
    await visit.happens(Event.DOCUMENT)
    await sight.waits_for(says("printing.title"))
    await visit.happens(Event.PRINTED)
    await sight.waits_for(says("take_paper.title"))
    await visit.happens(Event.PAPER_TAKEN)
    await sight.waits_for(says("end.title"))
    await sight.tap(says("do.finish"))
    await until(lambda: visit.state is State.WIPING)


async def begin(sight: Sight, language: Language) -> None:
    """Choose the language: six have a button of their own, the others stand in the list."""
    says = catalogues()[language].text
    if language in MAIN_LANGUAGES:
        await sight.tap(says("start.begin"))
    else:
        await sight.tap("ほかの言語")
        await sight.page.get_by_role("dialog").get_by_role("button", name=says("service.own_name")).click()


async def choose(sight: Sight, title: str, choice: str) -> None:
    """Answer one question."""
    await sight.waits_for(title)
    await sight.tap(choice)


async def test_the_sound_lasts_as_long_as_the_card_lies_there(visit: ScriptedVisit, sight: Sight) -> None:
    """It repeats by itself, and ends with the screen."""
    await jump(visit, State.TAKE_CARD)
    await sight.waits_for("カードをお取りください")
    await sight.page.wait_for_function("() => window.notes >= 4")
    await visit.happens(Event.CARD_TAKEN)
    await sight.waits_for("どの証明書が必要ですか")
    after = await sight.notes()
    await asyncio.sleep(2.5)
    assert await sight.notes() == after


async def test_a_double_tap_is_one_step(visit: ScriptedVisit, sight: Sight) -> None:
    """Two quick taps on a choice do not answer the next question too."""
    await jump(visit, State.KIND)
    await sight.waits_for("どの証明書が必要ですか")
    await sight.page.get_by_role("button", name="住民票の写し").dblclick()
    await sight.waits_for("どなたの分が必要ですか")
    await asyncio.sleep(0.3)
    assert visit.state is State.SCOPE


async def test_the_pin_goes_by_the_keyboard_alone(visit: ScriptedVisit, sight: Sight) -> None:
    """Digits, a correction and Enter; the screen shows dots, and no digit of it is on the page."""
    await jump(visit, State.PIN)
    await sight.waits_for("暗証番号を入力してください")
    await sight.page.keyboard.type("73a59")
    await sight.page.keyboard.press("Backspace")
    assert await sight.page.locator(".dots i.full").count() == 3
    assert "7359" not in await sight.page.inner_text("main")
    await sight.page.keyboard.type("1")
    await sight.page.keyboard.press("Enter")
    await until(lambda: visit.state is State.CHECKING_PIN)
    assert visit.pins == [b"7351"]


async def test_half_a_pin_goes_nowhere(visit: ScriptedVisit, sight: Sight) -> None:
    """Three digits cost no try."""
    await jump(visit, State.PIN)
    await sight.waits_for("暗証番号を入力してください")
    for digit in "735":
        await sight.page.get_by_role("button", name=digit, exact=True).click()
    await sight.tap("確認")
    await asyncio.sleep(0.2)
    assert visit.pins == []
    await sight.tap("すべて消す")
    assert await sight.page.locator(".dots i.full").count() == 0


async def test_another_language_keeps_what_is_ticked(visit: ScriptedVisit, sight: Sight) -> None:
    """Changing the language in the middle of an answer loses nothing."""
    visit.draft = replace(visit.draft, scope=Scope.PART)
    await jump(visit, State.MEMBERS)
    await sight.waits_for("どなたを載せますか")
    await sight.page.get_by_role("checkbox", name="見本　太郎").check()
    await sight.tap("日本語")
    await sight.tap("English")
    await sight.waits_for("Whom should it show?")
    assert await sight.page.get_by_role("checkbox").nth(0).is_checked()
    assert not await sight.page.get_by_role("checkbox").nth(1).is_checked()


async def test_nobody_chosen_is_said_at_once(visit: ScriptedVisit, sight: Sight) -> None:
    """An empty choice stays on the page and says so."""
    visit.draft = replace(visit.draft, scope=Scope.PART)
    await jump(visit, State.MEMBERS)
    await sight.waits_for("どなたを載せますか")
    await sight.tap("次へ")
    await sight.page.get_by_text("1人以上を選んでください").wait_for()


async def test_the_warning_counts_down_and_a_hand_ends_it(visit: ScriptedVisit, sight: Sight) -> None:
    """The page beneath is out of reach until somebody says that they are there."""
    await jump(visit, State.KIND)
    await visit.server.show(replace(visit.view(), idle=IdleWarning(seconds=30)))
    await sight.page.get_by_text("残り 29 秒").wait_for(timeout=5000)
    assert await sight.page.locator(".kiosk").get_attribute("inert") is not None
    await sight.tap("操作を続ける")
    await until(lambda: StillHere() in visit.actions)
    await visit.show()
    await sight.page.get_by_role("alertdialog").wait_for(state="detached")


async def test_a_coin_under_the_finger_leaves_the_cancel(visit: ScriptedVisit, sight: Sight) -> None:
    """Coins change the page and the cancel still returns them."""
    await jump(visit, State.PAY)
    await sight.waits_for("硬貨を入れてください")
    visit.inserted = 100
    await visit.happens(Event.COIN)
    await sight.page.get_by_text("200円").wait_for()
    await sight.tap("中止して硬貨を返却する")
    await until(lambda: visit.state is State.RETURNING)
    assert visit.actions[-1] == Cancel()


async def test_without_the_script_the_forms_still_work(visit: ScriptedVisit, sight: Sight) -> None:
    """A choice and a PIN reach the visit by plain forms."""
    context = await sight.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = await context.new_page()
    visit.draft = replace(visit.draft, kind=CertificateKind.RESIDENT_RECORD)
    await jump(visit, State.SCOPE)
    await page.goto(sight.address)
    await page.get_by_role("button", name="本人のみ").click()
    await until(lambda: ChooseScope(scope=Scope.SELF) in visit.actions)
    await jump(visit, State.PIN)
    await page.goto(sight.address)
    await page.get_by_label("暗証番号（数字4桁）").fill("7351")
    await page.get_by_role("button", name="確認").click()
    await until(lambda: visit.state is State.CHECKING_PIN)
    await context.close()
