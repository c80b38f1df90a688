"""Acts that each process checks itself, in Chromium: two persons with passkeys, at registry, issuing and clerk."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from konbini.protocol.errors import Code
from konbini.ward_server.console.rights import Role
from konbini.ward_server.signed_acts import events
from tests.axe import violations, with_axe
from tests.e2e.console.test_counter import Seat, _confirm, _enter_hold, _person, _preview
from tests.integration.ward_server.console.house import House


async def _two(house: House, seat: Seat) -> tuple[Page, Page]:
    """Give two persons at windows of their own, whom every process believes."""
    await house.first()
    await house.second()
    aoki = await _person(house, await seat(), "aoki", Role.ENTRY, Role.SUPERVISION)
    bando = await _person(house, await seat(), "bando", Role.APPROVAL, Role.SUPERVISION)
    await house.sign_acts()
    return aoki, bando


async def _act(house: House, page: Page, act: str, **form: str) -> str:
    """Do an act from its form to its outcome, and give what the page says of it."""
    await page.goto(f"{house.config.origin}/act/{act}?{'&'.join(f'{name}={value}' for name, value in form.items())}")
    await page.fill("#reason", "訓練")
    await page.click("main button.act")
    await page.wait_for_selector("form[data-passkey]")
    return await _confirm(house, page)


async def test_a_change_by_two_persons(house: House, seat: Seat) -> None:
    """Entered and approved; the registry keeps the assertions of both browsers, and they hold."""
    aoki, bando = await _two(house, seat)
    change = await _enter_hold(house, aoki, "H-7")
    await _preview(house, bando, change)
    assert await _confirm(house, bando) == "実行しました"
    assert await house.ward.at_store("check-proofs", "registry") == (0, ["2 of 2 proofs hold"])


@pytest.mark.parametrize("process", ["issuing", pytest.param("clerk", marks=pytest.mark.long)])
async def test_a_stop_and_its_release(house: House, seat: Seat, process: str) -> None:
    """Stopped unsigned by one; released by two, each under a passkey that the process itself believes."""
    aoki, bando = await _two(house, seat)
    assert await _act(house, aoki, "stop", process=process) == "実行しました"
    assert await _act(house, aoki, "release", process=process) == "実行しました"
    waits = (await aoki.text_content("dt:has-text('承認待ちの番号') + dd") or "").strip()
    assert await _act(house, bando, "agree", process=process, decision=waits) == "実行しました"
    assert house.ward.stops()[process] is None
    assert await house.ward.at_store("check-proofs", process) == (0, ["2 of 2 proofs hold"])


async def test_a_person_is_put_into_a_roll(house: House, seat: Seat) -> None:
    """From the list of people, with the fingerprint that the person reads on a page of their own."""
    aoki, bando = await _two(house, seat)
    chiba = await _person(house, await seat(), "chiba", Role.SUPERVISION)
    await chiba.goto(f"{house.config.origin}/act")
    await with_axe(chiba)
    assert await violations(chiba) == []
    own = await chiba.text_content("main section.panel code") or ""
    assert len(own.split()) == 8
    refused = await _act(house, chiba, "release", process="clerk")
    assert refused == "このパスキーは、業務プロセスの操作者名簿にありません"
    assert Code.OPERATOR_UNKNOWN.name in await chiba.content()
    await aoki.goto(f"{house.config.origin}/staff")
    await with_axe(aoki)
    assert await violations(aoki) == []
    await aoki.click("tr:has(th:text-is('chiba')) a[href*='process=clerk']")
    await aoki.fill("#until", "2027-03-31")
    await aoki.fill("#reason", "着任")
    await aoki.click("main button.act")
    await aoki.wait_for_selector("form[data-passkey]")
    assert own in await aoki.content()
    assert await _confirm(house, aoki) == "実行しました"
    waits = (await aoki.text_content("dt:has-text('承認待ちの番号') + dd") or "").strip()
    assert await _act(house, bando, "agree", process="clerk", decision=waits) == "実行しました"
    assert await _act(house, chiba, "restored", process="clerk") == "実行しました"
    enrolled = [one for one in house.ward.audit("clerk") if one.event is events.CLERK.enrolled]
    assert enrolled[-1].operators == ("aoki", "bando")
