"""The console in Chromium: two persons with passkeys, an act of both, and each refusal on its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

from konbini.protocol.errors import Code
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import MACHINE, StaffChange, StaffKind
from tests.axe import violations, with_axe
from tests.integration.ward_server.console.house import BEGINS, ENDS, FIRST, SECOND, House
from tests.integration.ward_server.people import HEAD

_STAFF_PAGES = ("/", "/sessions", "/act", "/act/enrol", "/staff", "/rights", "/manual")
_WARD_PAGES = (
    *("/find", "/cases", "/reports", "/changes", "/decisions", "/disposals", "/disclosures"),
    *("/log", "/log/acts", "/log/look-ups", "/act/hold-part"),
)
Seat = Callable[[], Awaitable[Page]]


async def enrol(house: House, page: Page, person: str, code: str) -> None:
    """Enrol the window's terminal and a person's passkey, and sign in."""
    origin = house.config.origin
    await page.goto(f"{origin}/")
    await page.fill("#code", await house.console.staff.terminal_code(MACHINE, "窓口"))
    await page.click("button.act")
    await page.wait_for_url(f"{origin}/sign-in")
    await page.goto(f"{origin}/enrol")
    await page.fill("#person", person)
    await page.fill("#code", code)
    await page.click("button.act")
    await page.click("form[data-passkey] button")
    await page.wait_for_url(f"{origin}/sign-in")
    await page.click("form[data-passkey] button")
    await page.wait_for_url(f"{origin}/")


async def _person(house: House, page: Page, person: str, *roles: Role) -> Page:
    change = StaffChange(
        kind=StaffKind.ENROL, person=person, name=f"{person}さん", roles=roles, begins=BEGINS, ends=ENDS
    )
    change_id, half = await house.console.staff.enter(FIRST, change)
    await enrol(house, page, person, half + await house.console.staff.agree(SECOND, change_id))
    return page


async def _enter_hold(house: House, page: Page, name: str) -> str:
    """Enter a hold through form, preview and passkey, and give the id under which it waits."""
    await page.goto(f"{house.config.origin}/act/hold-set?resident={HEAD}&seen=0")
    await page.fill("#effective", "2026-11-20")
    await page.fill("#name", name)
    await page.fill("#reason", "届出")
    await page.click("main button.act")
    await page.wait_for_selector("form[data-passkey]")
    await page.click("form[data-passkey] button")
    await page.wait_for_selector(".verdict.good")
    waits = await page.text_content("dt:has-text('承認待ちの番号') + dd")
    assert waits is not None
    return waits.strip()


async def _preview(house: House, page: Page, change: str) -> None:
    await page.goto(f"{house.config.origin}/act/approve?change={change}")
    await page.fill("#reason", "確認")
    await page.click("main button.act")
    await page.wait_for_selector("form[data-passkey]")


async def _confirm(house: House, page: Page) -> str:
    """Confirm with the passkey, let the followers' time pass, and give what the page says of it."""
    await page.click("form[data-passkey] button")
    await page.wait_for_selector(".verdict")
    await house.ward.go_on_until(lambda: not house.console.acts.running)
    await page.reload()
    return (await page.text_content(".verdict h2") or "").strip()


async def test_signing_in_and_looking(house: House, seat: Seat) -> None:
    """The first administrator by a one-time code; no page says a word on the console, and axe finds nothing."""
    page = await seat()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    code, _terminal = await house.console.staff.name_first(FIRST, "佐藤 一", "窓口1")
    await enrol(house, page, FIRST, code)
    await house.second()
    boss = await _person(house, await seat(), "tanaka", Role.SUPERVISION)
    for window, places in ((page, _STAFF_PAGES), (boss, _WARD_PAGES)):
        for place in places:
            await window.goto(f"{house.config.origin}{place}")
            await with_axe(window)
            assert await violations(window) == [], place
    await page.goto(f"{house.config.origin}/")
    await page.wait_for_selector(".chart canvas", state="attached")
    assert errors == []


async def test_the_live_page_shows_how_long_an_orders_steps_took(house: House, seat: Seat) -> None:
    """Six steps in a table, drawn beside it; papers here are not time-stamped, and the page says so."""
    page = await seat()
    code, _terminal = await house.console.staff.name_first(FIRST, "佐藤 一", "窓口1")
    await enrol(house, page, FIRST, code)
    await page.wait_for_selector("[data-chart=steps]", state="attached")
    assert await page.locator("[data-chart=steps] canvas").count() == 0
    visit = house.ward.visit(HEAD)
    await visit.open()
    await visit.printed(await visit.order())
    await house.ward.clock.advance(3)
    await page.wait_for_selector("[data-chart=steps] canvas")
    steps = await page.locator("table[data-for=steps] tbody th").all_inner_texts()
    assert steps == ["確認", "採番", "審査", "作成", "署名", "確定"]
    assert await page.text_content("dt:has-text('時刻認証局') + dd") == "使いません"
    await with_axe(page)
    assert await violations(page) == []


async def test_two_persons_and_each_refusal(house: House, seat: Seat) -> None:
    """Entered by one, approved by another; own approval, old version, double click, back, right, lock."""
    await house.first()
    await house.second()
    aoki = await _person(house, await seat(), "aoki", Role.ENTRY, Role.APPROVAL)
    bando = await _person(house, await seat(), "bando", Role.APPROVAL)
    first, second = [await _enter_hold(house, aoki, "H-9") for _ in range(2)]

    await _preview(house, aoki, first)
    assert await _confirm(house, aoki) == "ご自分が入力したものは承認できません"

    await _preview(house, bando, first)
    await bando.dblclick("form[data-passkey] button")
    await bando.wait_for_selector(".verdict")
    await house.ward.go_on_until(lambda: not house.console.acts.running)
    await bando.reload()
    assert await bando.text_content(".verdict h2") == "実行しました"
    assert len(house.ward.rows("console", "SELECT act_id FROM act WHERE person = 'bando'")) == 1

    await bando.go_back()
    await bando.reload()
    assert await bando.query_selector("form[data-passkey]") is None

    await _preview(house, bando, second)
    assert await _confirm(house, bando) == "その間に内容が変わりました"

    answer = await bando.goto(f"{house.config.origin}/act/hold-set")
    assert answer is not None
    assert answer.status == 403
    assert Code.RIGHT_MISSING.name in await bando.content()

    await aoki.goto(f"{house.config.origin}/changes")
    await aoki.click("text=画面ロック")
    await aoki.wait_for_selector("form[data-passkey]")
    await aoki.goto(f"{house.config.origin}/changes")
    assert aoki.url == f"{house.config.origin}/locked"
    assert HEAD not in await aoki.content()
    await with_axe(aoki)
    assert await violations(aoki) == []
    await aoki.click("form[data-passkey] button")
    await aoki.wait_for_url(f"{house.config.origin}/")
