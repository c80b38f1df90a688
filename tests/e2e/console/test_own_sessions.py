"""One person at two terminals, in Chromium: both screens say so, one is ended from the other, failed tries are told."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from konbini.ward_server.console.staff import MACHINE
from tests.axe import violations, with_axe
from tests.e2e.console.seats import Seat, open_seat
from tests.e2e.console.test_counter import enrol
from tests.integration.ward_server.console.house import FIRST, House


async def _sign_in(house: House, seat: Seat) -> None:
    await seat.page.goto(f"{house.config.origin}/sign-in")
    await seat.page.click("form[data-passkey] button")
    await seat.page.wait_for_url(f"{house.config.origin}/")


async def _notice(seat: Seat) -> str:
    return " ".join((await seat.page.inner_text(".notice")).split())


async def test_a_session_elsewhere_is_told_of_and_ended(house: House, chromium: Browser) -> None:
    """The list names both; without the person's verification nothing ends; then the other screen is signed out."""
    origin, staff = house.config.origin, house.console.staff
    here, there = [await open_seat(chromium) for _ in range(2)]
    code, _terminal = await staff.name_first(FIRST, "佐藤 一", "窓口1")
    await enrol(house, here.page, FIRST, code)
    assert "初めてのサインインです" in await _notice(here)
    await here.page.click(".notice button")
    await here.page.wait_for_url(f"{origin}/")
    assert await here.page.query_selector(".notice") is None

    await there.take_passkeys_of(here)
    await there.page.goto(f"{origin}/")
    await there.page.fill("#code", await staff.terminal_code(MACHINE, "窓口2"))
    await there.page.click("button.act")
    await there.page.wait_for_url(f"{origin}/sign-in")
    await _verifies(there, verified=False)
    await there.page.click("form[data-passkey] button")
    await there.page.wait_for_selector("[role=status]:not(:empty)")
    await _verifies(there, verified=True)
    await _sign_in(house, there)
    assert "ほかの端末でもサインインしています： 窓口" in await _notice(there)
    await here.page.reload()
    assert "ほかの端末でもサインインしています： 窓口2" in await _notice(here)

    await here.page.click("header .who a")
    await here.page.wait_for_url(f"{origin}/sessions")
    await with_axe(here.page)
    assert await violations(here.page) == []
    assert await here.page.locator("tbody tr").count() == 2
    await here.take_passkeys_of(there)
    await _verifies(here, verified=False)
    await here.page.click("td form[data-passkey] button")
    await here.page.wait_for_selector("td [role=status]:not(:empty)")
    assert await here.page.locator("tbody tr").count() == 2
    await _verifies(here, verified=True)
    await here.page.click("td form[data-passkey] button")
    await expect(here.page.locator("tbody tr")).to_have_count(1)
    await there.page.goto(f"{origin}/staff")
    assert there.page.url == f"{origin}/sign-in"


async def _verifies(seat: Seat, *, verified: bool) -> None:
    wanted = {"authenticatorId": seat.authenticator, "isUserVerified": verified}
    await seat.session.send("WebAuthn.setUserVerified", wanted)


async def test_no_passkey_is_asked_for_before_the_script_is_there(house: House, chromium: Browser) -> None:
    """The button waits for it: a form that is sent without an answer would be refused, and the person not know why."""
    origin, page = house.config.origin, (await open_seat(chromium)).page
    await page.goto(f"{origin}/")
    await page.fill("#code", await house.console.staff.terminal_code(MACHINE, "窓口"))
    await page.route("**/passkeys.js", lambda route: route.abort())
    await page.click("button.act")
    await page.wait_for_url(f"{origin}/sign-in")
    assert await page.is_disabled("form[data-passkey] button.act")
    await page.unroute("**/passkeys.js")
    await page.reload()
    await page.wait_for_selector("form[data-passkey] button.act:enabled")
