"""Accounting for it: a part is held and released by two, an order in doubt is settled; figures as screen and file."""

from __future__ import annotations

import re

import pypdfium2  # type: ignore[import-untyped]  # it ships no types

from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import House, waiting_id
from tests.integration.ward_server.people import HEAD


def _pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


async def test_a_kiosk_is_held_and_released_by_two(house: House) -> None:
    """It stands among the cases with its reason while it is held, and the live page says so."""
    people = await house.people(aoki=Role.MAINTENANCE, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    for act, held in (("hold-part", True), ("release-part", False)):
        entered = await aoki.do(act, process="issuing", scope="kiosk", part="K-0001", reason="点検")
        agreed = await bando.do("agree", process="issuing", decision=waiting_id(entered), reason="確認")
        assert "実行しました" in agreed.text
        await house.ward.clock.advance(2)
        assert ("止めているものがあります" in (await aoki.get("/")).text) is held
        assert ("K-0001" in (await aoki.get("/cases")).text) is held


async def test_an_order_in_doubt_is_settled_and_counted(house: House) -> None:
    """Listed with what is known, settled by two, and then in the month's figures."""
    visit = house.ward.visit(HEAD)
    await visit.open()
    told = await visit.order()
    await house.ward.clock.advance(300)
    people = await house.people(aoki=Role.ENTRY, bando=Role.APPROVAL)
    aoki, bando = people["aoki"], people["bando"]
    number = told.given_document.number
    page = await aoki.get("/cases")
    assert number in page.text
    found = re.search(r"/act/settle-order\?visit=([0-9a-f]{64})&amp;ordinal=1", page.text)
    assert found is not None
    fee = told.given_document.fee
    entered = await aoki.do(
        "settle-order",
        process="issuing",
        visit=found[1],
        ordinal="1",
        outcome="printed",
        after_page="0",
        taken=str(fee),
        returned="0",
        owed="0",
        reason="店舗に確認",
    )
    agreed = await bando.do("agree", process="issuing", decision=waiting_id(entered), reason="確認")
    assert "実行しました" in agreed.text
    assert number not in (await aoki.get("/cases")).text
    sheet = await aoki.get("/reports.csv?first=2026-11-01&last=2026-11-20&by=month")
    assert f"202611,K-0001,1,1,{fee},0,0,0,0,0,0" in sheet.text
    assert f"{fee:,}" in (await aoki.get("/reports")).text
    paper = await aoki.get("/reports.pdf?first=2026-11-01&last=2026-11-20&by=month")
    (text,) = _pages(paper.body)
    for word in (
        "月報",
        "東京都澄川区",
        "2026-11-01 – 2026-11-20",
        "202611",
        "K-0001",
        f"{fee:,}",
        "表示した人 aoki · 2026-11-20",
    ):
        assert word in text
    assert HEAD not in text
    assert (await aoki.get("/reports?first=2026-10-31&last=2026-11-01")).status == 400
