"""What a receiver opens, in a browser and on paper: readable by everybody, and marked on each page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from playwright.async_api import Page

from konbini.ward_server.console.rights import Role
from konbini.ward_server.residents.calls import OperatorMethod
from tests.axe import violations, with_axe
from tests.integration.ward_server.console.house import House, waiting_id
from tests.integration.ward_server.people import HEAD
from tests.receivers import ReceiverKey

_LOOK_UPS = 60
"""So many that they do not stand on one page."""


async def _opened(house: House, folder: Path) -> str:
    """Have a resident's record disclosed by two persons, and open it with the receiver's key."""
    key = ReceiverKey.make()
    people = await house.people(aoki=Role.ENTRY, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    entered = await aoki.do("disclose", resident=HEAD, matter="令8-77", reason="開示請求", certificate=key.pem)
    disclosure = waiting_id(entered)
    preview = await bando.prepare("approve-disclosure", disclosure=disclosure, reason="確認")
    await house.finished(bando, "approve-disclosure", preview)
    await aoki.get("/disclosures")
    sealed = (await aoki.post("/disclosures/file", disclosure=disclosure)).body
    opened = key.open_with_openssl(sealed, folder)
    assert opened.returncode == 0, opened.stderr
    return opened.stdout.decode()


async def test_each_page_of_a_disclosure_is_marked(
    house: House, seat: Callable[[], Awaitable[Page]], tmp_path: Path
) -> None:
    """With both persons and the time, wherever the page ends; axe finds nothing."""
    for _ in range(_LOOK_UPS):
        await house.ward.operators.call(OperatorMethod.LOOK_UP, "chiba", HEAD, "窓口での照会")
    page = await seat()
    await page.set_content(await _opened(house, tmp_path))
    await with_axe(page)
    assert await violations(page) == []
    document = pypdfium2.PdfDocument(await page.pdf(prefer_css_page_size=True))
    try:
        texts = [one.get_textpage().get_text_bounded() for one in document]
    finally:
        document.close()
    assert len(texts) > 1
    for text in texts:
        assert "aoki · bando · 2026-11-20" in text
    assert "".join(texts).count("窓口での照会") == _LOOK_UPS
