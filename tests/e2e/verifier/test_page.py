"""The verification page reads real seals from files and says what `konbini verify` says."""

from __future__ import annotations

import pytest
from PIL import Image, ImageFilter
from playwright.async_api import Browser

from tests.e2e.verifier.conftest import Sight, looking
from tests.papers import OTHER_NUMBER, Municipality, jpeg, png, seals_of, sheet

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_genuine_page_is_told_with_every_fact(sight: Sight, papers: dict[int, list[Image.Image]]) -> None:
    """Content, issuer and status are said to be proved, the original not; every text of the seal is on the screen."""
    (seal,) = seals_of(4)
    await sight.shows(("page.png", png(papers[4][0])))
    assert await sight.reasons() == ["valid"]
    shown = await sight.page.inner_text("#result")
    assert "東京都澄川区" in shown
    assert "この紙が原本であること" in shown
    texts = [item.value for item in seal.items if isinstance(item.value, str)]
    assert texts
    told = await sight.page.locator(".facts dd").all_inner_texts()
    assert [text for text in texts if text not in told] == []


async def test_in_english_too(browser: Browser, address: str, municipality: Municipality) -> None:
    """Somebody whose browser speaks English reads English, and can change."""
    async with looking(browser, address, locale="en-GB") as sight:
        await sight.shows(("page.png", png(sheet(*municipality.codes(seals_of())))))
        (heading,) = await sight.headings()
        assert heading.startswith("Sumikawa City, Tokyo certified this content on 20 November 2026")
        await sight.page.click("#language")
        (heading,) = await sight.headings()
        assert heading.startswith("この内容は、東京都澄川区が令和８年１１月２０日に証明したものです")
        assert sight.faults == []


WAYS = {
    "rotated by 17 degrees": lambda page: png(
        page.rotate(17, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    ),
    "upside down": lambda page: png(page.rotate(180)),
    "scaled to 30 %": lambda page: png(
        page.resize((page.width * 3 // 10, page.height * 3 // 10), Image.Resampling.LANCZOS)
    ),
    "slightly blurred": lambda page: png(page.filter(ImageFilter.GaussianBlur(1.6))),
    "compressed as JPEG": lambda page: jpeg(page, 25),
    "all of it": lambda page: jpeg(
        page.rotate(-8, expand=True, fillcolor=230, resample=Image.Resampling.BICUBIC)
        .resize((1700, 2267), Image.Resampling.BILINEAR)
        .filter(ImageFilter.GaussianBlur(0.8)),
        45,
    ),
}


@pytest.mark.parametrize("way", sorted(WAYS))
async def test_a_page_that_went_through_something(sight: Sight, papers: dict[int, list[Image.Image]], way: str) -> None:
    """A household of four on one page, photographed or scanned badly, is read all the same."""
    kind = "jpg" if "JPEG" in way or "all" in way else "png"
    await sight.shows((f"page.{kind}", WAYS[way](papers[4][0])))
    assert await sight.reasons() == ["valid"]


@pytest.mark.parametrize(
    ("index", "reason"), [(1, "void"), (2, "withdrawn"), (3, "status_unsettled"), (16, "status_earlier")]
)
async def test_the_status_is_told(sight: Sight, municipality: Municipality, index: int, reason: str) -> None:
    """Void, withdrawn, not settled, and newer than the list."""
    await sight.shows(("page.png", png(sheet(*municipality.codes(seals_of(status_index=index))))))
    assert await sight.reasons() == [reason]


async def test_missing_and_swapped_pages(sight: Sight, municipality: Municipality) -> None:
    """One page of two is incomplete; both are whole; with another household's page they are mixed."""
    first, second = municipality.codes(seals_of(5))
    stranger = municipality.codes(seals_of(5, OTHER_NUMBER))[1]
    await sight.shows(("1.png", png(sheet(first))))
    assert await sight.reasons() == ["pages_missing"]
    await sight.shows(("2.png", png(sheet(second))))
    assert await sight.reasons() == ["valid"]
    await sight.page.click(".again")
    await sight.shows(("1.png", png(sheet(first))), ("2.png", png(sheet(stranger))))
    assert await sight.reasons() == ["pages_mixed", "pages_mixed"]


async def test_a_forged_seal_and_an_unknown_key(sight: Sight, municipality: Municipality) -> None:
    """A changed fact under an old signature, and a signature by nobody known."""
    (genuine,) = municipality.codes(seals_of())
    edited = bytearray(genuine)
    edited[40] ^= 1
    await sight.shows(("page.png", png(sheet(bytes(edited)))))
    (heading,) = await sight.headings()
    assert heading.startswith("偽造または改ざんです")
    await sight.page.click(".again")
    await sight.shows(("page.png", png(sheet(*Municipality.make().codes(seals_of())))))
    (heading,) = await sight.headings()
    assert heading.startswith("QRコードの署名の鍵が、発行者一覧にありません")


async def test_a_paper_without_a_seal(sight: Sight) -> None:
    """White paper, and a code that is an address, are not checkable: nothing is claimed."""
    await sight.shows(("page.png", png(Image.new("L", (800, 1100), 255))))
    assert await sight.reasons() == []
    assert (await sight.headings())[0].startswith("証明書のQRコードが見つからない")
    await sight.page.click(".again")
    await sight.shows(("page.png", png(sheet(b"see our shop"))))
    assert (await sight.headings())[0].startswith("証明書のQRコードが見つからない")
    await sight.page.click(".again")
    await sight.shows(("page.png", b"\x89PNG\r\n\x1a\n" + bytes(100)))
    assert (await sight.headings())[0].startswith("このファイルは読み取れない")


async def test_it_works_without_a_network_once_loaded(
    browser: Browser, address: str, municipality: Municipality
) -> None:
    """The host is gone; the page opens again, reads a paper and knows its lists."""
    context = await browser.new_context()
    page = await context.new_page()
    sight = Sight(page, address)
    await page.goto(address)
    await sight.ready()
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await context.set_offline(True)
    await page.reload()
    await sight.ready()
    await sight.shows(("page.png", png(sheet(*municipality.codes(seals_of())))))
    assert await sight.reasons() == ["valid"]
    await context.close()
