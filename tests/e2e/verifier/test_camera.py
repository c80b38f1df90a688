"""The verification page before a camera: Chromium's fake device plays a video of a hand that brings a page closer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from playwright.async_api import async_playwright

from tests import chromium
from tests.e2e.verifier.conftest import Sight, looking
from tests.papers import jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = (1280, 720)
DESK = 170


def video(place: Path, pages: list[Image.Image]) -> Path:
    """Write a video (motion JPEG): for each page the empty desk, the whole page, then its lower right corner."""
    frames = []
    for page in pages:
        desk = Image.new("L", SIZE, DESK)
        whole = desk.copy()
        small = page.resize((480, 679), Image.Resampling.LANCZOS)
        whole.paste(small, (400, 20))
        corner = page.crop((page.width // 2, page.height * 2 // 3, page.width, page.height))
        close = desk.copy()
        near = corner.rotate(6, expand=True, fillcolor=DESK, resample=Image.Resampling.BICUBIC)
        near.thumbnail(SIZE, Image.Resampling.LANCZOS)
        close.paste(near, (100, 10))
        frames += [desk] * 5 + [whole] * 10 + [close.filter(ImageFilter.GaussianBlur(0.7))] * 40
    place.write_bytes(b"".join(jpeg(frame.convert("RGB"), 60) for frame in frames))
    return place


@asynccontextmanager
async def before_camera(address: str, film: Path) -> AsyncIterator[Sight]:
    """Open the page in a browser whose camera plays a film over and over, and start the camera."""
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.PROGRAM, args=[*chromium.FLAGS, *flags])
        async with looking(browser, address) as sight:
            await sight.page.click("#camera")
            yield sight
            assert sight.faults == []
        await browser.close()


async def test_a_page_of_four_people_is_read(
    address: str, papers: dict[int, list[Image.Image]], tmp_path: Path
) -> None:
    """The camera finds the seal, tells the verdict, and is switched off by itself."""
    film = video(tmp_path / "film.mjpeg", papers[4])
    async with before_camera(address, film) as sight:
        await sight.page.locator("article[data-verdict=valid]").wait_for()
        await sight.page.locator("#sight").wait_for(state="hidden")
        assert await sight.page.evaluate("() => document.getElementById('video').srcObject") is None


async def test_two_pages_one_after_the_other(
    address: str, papers: dict[int, list[Image.Image]], tmp_path: Path
) -> None:
    """After the first the page asks for the second and goes on looking."""
    film = video(tmp_path / "film.mjpeg", papers[5])
    async with before_camera(address, film) as sight:
        await sight.page.locator("article[data-verdict=valid]").wait_for()
        assert await sight.page.locator(".pages .seen").count() == 2
