"""WCAG 2.2 AA on every screen, as axe-core judges it, and what a program beside the page can judge: keys and focus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import cycle, product

import pytest
from playwright.async_api import Browser

from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language, Look, TextSize, Theme
from konbini.kiosk.session.view import IdleWarning, View
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.specimens import CHECK, OVERLAID, SPECIMENS
from tests.axe import violations, with_axe
from tests.integration.kiosk.ui.conftest import ScriptedVisit, Sight
from tests.integration.kiosk.ui.specimen_page import UPRIGHT, specimen_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWS = (*SPECIMENS, *OVERLAID)
FOCUSED = "() => document.activeElement.id || document.activeElement.value || document.activeElement.tagName"
ALL_LETTERS = "document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => null)"
LOAD_ANY_FONT = """
async () => {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const rule = rules.find((each) => each instanceof CSSFontFaceRule);
  const face = new FontFace("Late", rule.style.getPropertyValue("src"));
  document.fonts.add(face);
  await face.load();
}
"""
STRONG = (Theme.BLACK_ON_WHITE, Theme.YELLOW_ON_BLACK)


async def judged(browser: Browser, pages: Pages, shown: Iterable[tuple[View, Language, Theme]]) -> list[object]:
    """Return axe's violations on one screen after the other."""
    wrong: list[object] = []
    async with specimen_page(browser, pages, UPRIGHT) as specimens:
        await with_axe(specimens.page)
        for view, language, theme in shown:
            await specimens.show(replace(view, language=language, look=Look(theme=theme)))
            found = await violations(specimens.page, is_strong=theme in STRONG)
            where = (type(view).__name__, view.state.name, language.value, theme.value)
            wrong += [(*where, each) for each in found]
    return wrong


async def test_a_sample_of_screens_meets_the_guidelines(browser: Browser, pages: Pages) -> None:
    """Every screen once, in one language and theme after the other."""
    looks = cycle(product(Language, Theme))
    assert await judged(browser, pages, ((view, *next(looks)) for view in VIEWS)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("theme", Theme)
async def test_every_screen_meets_the_guidelines(browser: Browser, pages: Pages, theme: Theme) -> None:
    """No violation on any screen, in any language and theme."""
    assert await judged(browser, pages, ((*each, theme) for each in product(VIEWS, Language))) == []


async def test_a_screen_that_is_too_long_turns_by_touch_and_by_key(browser: Browser, pages: Pages) -> None:
    """The buttons move it, say when there is no more, and the keyboard reaches the text as well."""
    view = next(view for view in SPECIMENS if view.state is State.NOTICE)
    async with specimen_page(browser, pages, UPRIGHT) as specimens:
        await specimens.show(replace(view, look=Look(size=TextSize.LARGEST)))
        up, down = (specimens.page.locator(f"[data-turn='{way}']") for way in ("-1", "1"))
        assert (await up.get_attribute("aria-disabled"), await down.get_attribute("aria-disabled")) == ("true", "false")
        while await down.get_attribute("aria-disabled") == "false":
            before = await specimens.page.evaluate("document.querySelector('.scroll').scrollTop")
            await down.click()
            await specimens.page.wait_for_function("b => document.querySelector('.scroll').scrollTop > b", arg=before)
        assert await up.get_attribute("aria-disabled") == "false"
        last = await specimens.page.locator(".promises li").last.bounding_box()
        more = await specimens.page.locator(".more").bounding_box()
        assert last is not None
        assert more is not None
        assert last["y"] + last["height"] <= more["y"]
        await specimens.page.locator(".scroll").press("Home")
        await specimens.page.wait_for_function("() => document.querySelector('.scroll').scrollTop === 0")


async def test_letters_that_come_late_are_measured(browser: Browser, pages: Pages) -> None:
    """A font that arrives when the screen stands already may make it longer, and then it can be turned."""
    async with specimen_page(browser, pages, UPRIGHT) as specimens:
        await specimens.show(next(view for view in SPECIMENS if view.state is State.NOTICE))
        more = specimens.page.locator(".more")
        await specimens.page.evaluate(ALL_LETTERS)
        await specimens.page.evaluate("document.querySelector('.rest').style.minHeight = '3000px'")
        assert await more.is_hidden()
        await specimens.page.evaluate(LOAD_ANY_FONT)
        await more.wait_for()


async def test_focus_goes_into_the_panel_round_in_it_and_back(visit: ScriptedVisit, sight: Sight) -> None:
    """The page beneath is out of reach; the Escape key closes; the button that opened it has the focus again."""
    visit.state = State.KIND
    await visit.show()
    await sight.waits_for("どの証明書が必要ですか")
    keys = sight.page.keyboard
    await sight.page.locator("[value='panel.display']").focus()
    await keys.press("Enter")
    await sight.page.get_by_role("dialog").wait_for()
    assert await sight.page.evaluate(FOCUSED) == "panel-title"
    count = await sight.page.locator("[aria-modal] button").count()
    seen = []
    for _ in range(count + 1):
        await keys.press("Tab")
        seen.append(await sight.page.evaluate(FOCUSED))
    assert seen[0] == seen[-1] == "size.small"
    assert len(set(seen)) == count
    await keys.press("Shift+Tab")
    assert await sight.page.evaluate(FOCUSED) == "panel.closed"
    await sight.page.locator("[value='size.large']").click()
    await sight.page.wait_for_function("() => document.documentElement.dataset.size === 'large'")
    assert await sight.page.evaluate(FOCUSED) == "size.large"
    await keys.press("Escape")
    await sight.page.get_by_role("dialog").wait_for(state="detached")
    assert await sight.page.evaluate(FOCUSED) == "panel.display"


async def test_the_warning_gives_the_focus_back(visit: ScriptedVisit, sight: Sight) -> None:
    """Whoever was on an answer when the warning came is there again when it has gone."""
    visit.state = State.KIND
    await visit.show()
    await sight.waits_for("どの証明書が必要ですか")
    await sight.page.locator("main .choice").first.focus()
    held = await sight.page.evaluate(FOCUSED)
    await visit.server.show(replace(visit.view(), idle=IdleWarning(seconds=30)))
    await sight.page.get_by_role("alertdialog").wait_for()
    assert await sight.page.evaluate(FOCUSED) == "idle-title"
    await visit.show()
    await sight.page.get_by_role("alertdialog").wait_for(state="detached")
    assert await sight.page.evaluate(FOCUSED) == held


async def test_one_copy_more_keeps_the_place(visit: ScriptedVisit, sight: Sight) -> None:
    """A change on the same screen leaves focus and place where they were."""
    check = replace(CHECK, most_copies=4, look=Look(size=TextSize.LARGEST))
    await visit.server.show(check)
    await sight.page.locator("#one-more").focus()
    place = await sight.page.evaluate("(document.querySelector('.scroll').scrollTop = 60, 60)")
    await visit.server.show(replace(check, copies=2))
    await sight.page.locator("[value='copies.1']").wait_for()
    assert await sight.page.evaluate(FOCUSED) == "one-more"
    assert await sight.page.evaluate("document.querySelector('.scroll').scrollTop") == place


async def test_every_stop_of_the_tab_key_shows_and_follows_the_page(browser: Browser, pages: Pages) -> None:
    """On every screen the Tab key goes through the page as it is written, and each stop is outlined and has a name."""
    async with specimen_page(browser, pages, UPRIGHT) as specimens:
        for view in VIEWS:
            await specimens.show(view)
            wrong = await specimens.page.evaluate(STOPS)
            assert wrong == [], (type(view).__name__, view.state.name)


# Visual order is checked by place: of two stops that stand one above the other the upper one comes first, and of two on
# one line the left one.
STOPS = """
() => {
  const stops = [...document.querySelectorAll("button, input:not([type=hidden])")]
    .filter((each) => each.checkVisibility() && !each.closest("[inert]") && !each.disabled && each.tabIndex >= 0);
  const wrong = [];
  const placeOf = (each) => (each.closest("label") ?? each).getBoundingClientRect();
  stops.forEach((each, index) => {
    each.focus({ focusVisible: true });
    const drawn = getComputedStyle(each.matches("label *") ? each.closest("label") : each);
    const outlined = drawn.outlineStyle === "solid" && parseFloat(drawn.outlineWidth) >= 4;
    const dots = each.closest(".dots") !== null;
    if (!outlined && !dots) wrong.push(["no outline", each.outerHTML.slice(0, 120)]);
    const name = each.innerText || each.ariaLabel || each.labels?.[0]?.innerText;
    if (!name?.trim()) wrong.push(["no name", each.outerHTML]);
    if (each.tabIndex > 0) wrong.push(["its own order", each.outerHTML]);
    const next = stops[index + 1];
    if (!next) return;
    const [a, b] = [placeOf(each), placeOf(next)];
    const isAbove = b.bottom <= a.top + 1;
    const isLeft = Math.abs((a.top + a.bottom - b.top - b.bottom) / 2) < 10 && b.right <= a.left + 1;
    if (isAbove || isLeft) wrong.push(["before its place", next.outerHTML.slice(0, 120)]);
  });
  return wrong;
}
"""
