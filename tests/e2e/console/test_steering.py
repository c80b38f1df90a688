"""Settings and keys in Chromium: what a person sees of a change before it is signed, and of each refusal."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

from konbini.ward_server.console.rights import Role
from tests.axe import violations, with_axe
from tests.e2e.console.test_counter import Seat, _confirm, _person
from tests.integration.ward_server.console.house import House
from tests.integration.ward_server.issuing.test_renewing import put_first, wrapping

PICTURES = os.environ.get("KONBINI_PICTURES", "")


async def _shown(page: Page, name: str) -> None:
    """Hold that axe finds nothing on a page, and keep its picture where somebody wants to look at it."""
    await with_axe(page)
    assert await violations(page) == [], name
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def _type(house: House, page: Page, old: str, new: str) -> None:
    """Open the form of issuing's settings, and change one line."""
    await page.goto(f"{house.config.origin}/act/change-settings?process=issuing")
    text = await page.input_value("#settings_text")
    assert old in text
    await page.fill("#settings_text", text.replace(old, new))
    await page.fill("#reason", "手数料の改定")


async def _enter(page: Page) -> str:
    """Confirm what is shown, and give the id under which it waits."""
    await page.click("form[data-passkey] button")
    await page.wait_for_selector(".verdict.good")
    waits = await page.text_content("dt:has-text('承認待ちの番号') + dd")
    assert waits is not None
    return waits.strip()


async def _agree(house: House, page: Page, decision: str) -> str:
    await page.goto(f"{house.config.origin}/act/agree?process=issuing&decision={decision}")
    await page.fill("#reason", "例規を確認")
    await page.click("main button.act")
    await page.wait_for_selector("form[data-passkey], .refusal")
    if await page.query_selector(".refusal"):
        return (await page.text_content(".refusal h1") or "").strip()
    return await _confirm(house, page)


async def test_two_persons_change_settings(house: House, seat: Seat) -> None:
    """A wrong text, the difference, own approval, the other's agreement, a form that is old by then."""
    await house.first()
    await house.second()
    boss = await _person(house, await seat(), "tanaka", Role.SUPERVISION)
    bando = await _person(house, await seat(), "bando", Role.APPROVAL)
    await _type(house, boss, "yen = 200", "yen = 200000")
    await _shown(boss, "settings-form")
    await boss.click("main button.act")
    await boss.wait_for_selector(".verdict.bad")
    await _shown(boss, "settings-wrong")
    assert "yen = 200000" in await boss.input_value("#settings_text")
    assert "yen = 200000" in (await boss.text_content(".verdict.bad") or "")

    await _type(house, boss, "yen = 200", "yen = 250")
    await boss.click("main button.act")
    await boss.wait_for_selector(".diff .added")
    await _shown(boss, "settings-preview")
    decision = await _enter(boss)
    assert await _agree(house, boss, decision) == "ご自分が入力したものは承認できません"

    stale = await seat()
    late = await _person(house, stale, "mori", Role.MAINTENANCE)
    await _type(house, late, "yen = 200", "yen = 300")
    await bando.goto(f"{house.config.origin}/decisions")
    await _shown(bando, "decisions")
    assert await _agree(house, bando, decision) == "実行しました"
    await _shown(bando, "settings-agreed")
    await late.click("main button.act")
    await late.wait_for_selector(".refusal")
    assert "その間に内容が変わりました" in await late.content()
    await _shown(late, "settings-stale")
    assert {fee.yen for fee in house.ward.desk.settings.fees} >= {250}

    await bando.goto(f"{house.config.origin}/settings")
    assert "プロセスによって設定が違います" in await bando.content()
    await _shown(bando, "settings")
    await bando.click("a[href='/settings/text?process=issuing&number=2']")
    await bando.wait_for_selector(".diff .added")
    await _shown(bando, "settings-text")
    await bando.goto(f"{house.config.origin}/language/en")
    await bando.goto(f"{house.config.origin}/settings")
    await _shown(bando, "settings-en")


async def test_two_persons_rotate_keys(house: House, seat: Seat) -> None:
    """Ids and counts before it is signed, own approval, and what wraps afterwards."""
    await house.first()
    await house.second()
    boss = await _person(house, await seat(), "tanaka", Role.SUPERVISION)
    bando = await _person(house, await seat(), "bando", Role.APPROVAL)
    before = wrapping(house.ward)
    put_first(house.ward)
    await boss.goto(f"{house.config.origin}/act/rotate-keys?process=issuing")
    await boss.fill("#reason", "年次の切替")
    await _shown(boss, "keys-form")
    await boss.click("main button.act")
    await boss.wait_for_selector("form[data-passkey]")
    await _shown(boss, "keys-preview")
    decision = await _enter(boss)
    assert await _agree(house, boss, decision) == "ご自分が入力したものは承認できません"
    assert await _agree(house, bando, decision) == "実行しました"
    await house.ward.go_on_until(lambda: wrapping(house.ward).isdisjoint(before))
    await boss.goto(f"{house.config.origin}/settings")
    assert "件を包み直し" in await boss.content()
    await _shown(boss, "keys-rotated")
    await boss.goto(f"{house.config.origin}/act/renew-message-keys")
    await boss.fill("#reason", "漏えいの疑い")
    await boss.click("main button.act")
    await boss.wait_for_selector("form[data-passkey]")
    await _shown(boss, "renew-preview")
