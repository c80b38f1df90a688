"""The published page on a plain static host of loopback, and Debian's Chromium before it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, async_playwright

from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.paper_seal.status import Status
from konbini.verifier.page_files import page_files, published_json
from tests import chromium
from tests.papers import Municipality, drawn
from tests.unit.pdf.conftest import form, template, typeface

__all__ = ["form", "template", "typeface"]

PATIENCE_MS = 30_000
STATUSES = (Status.VALID, Status.VOID, Status.WITHDRAWN, Status.UNSETTLED, *[Status.VALID] * 12)
"""By status index: 0 valid, 1 void, 2 withdrawn, 3 unsettled."""
LONG_LIFE = 4_000_000_000
"""The page asks its own clock, so that its lists must last."""


class _Host(SimpleHTTPRequestHandler):
    """A static host as it comes, but silent."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Say nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Host, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever, name="static host")
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


class Sight:
    """The page, and everything about it that must not happen: a word on the console, a request to anybody else."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text))

    async def ready(self) -> None:
        """Wait until lists and reader are loaded."""
        await self.page.locator("html[data-ready=yes]").wait_for(state="attached", timeout=PATIENCE_MS)

    async def shows(self, *pictures: tuple[str, bytes]) -> None:
        """Choose pictures as files, and wait until the page has looked at them."""
        kinds = {"png": "image/png", "jpg": "image/jpeg"}
        files = [
            FilePayload(name=name, mimeType=kinds[name.rpartition(".")[2]], buffer=data) for name, data in pictures
        ]
        await self.page.set_input_files("#file", files)
        await self.page.locator("#busy:empty").wait_for(state="attached", timeout=PATIENCE_MS)
        await self.page.locator("#result:not([hidden])").wait_for(timeout=PATIENCE_MS)

    async def reasons(self) -> list[str]:
        """Give the reason that each certificate's card tells."""
        return [
            str(one) for one in await self.page.locator("article").evaluate_all("all => all.map(a => a.dataset.reason)")
        ]

    async def headings(self) -> list[str]:
        """Give the sentences."""
        return await self.page.locator(".verdict h2").all_inner_texts()


@pytest.fixture(scope="session")
def municipality() -> Municipality:
    """Fresh keys."""
    return Municipality.make()


@pytest.fixture(scope="session")
def papers(form: ResidentRecordForm, municipality: Municipality) -> dict[int, list[Image.Image]]:
    """Certificates as the ward draws them, by their number of people: each page at 300 dots per inch."""
    return {people: drawn(form, municipality, people)[1] for people in (1, 4, 5)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, municipality: Municipality) -> Path:
    """The published folder."""
    folder = tmp_path_factory.mktemp("published")
    publish_into(folder, municipality)
    return folder


def publish_into(folder: Path, municipality: Municipality) -> None:
    """Write the page and the lists."""
    authority = municipality.authority.verifying.point
    files = page_files() | {
        "published.json": published_json(
            authority=authority, issuers="issuers.cose", statuses=["status-131997-1.cose"]
        ),
        "issuers.cose": municipality.issuers(expires=LONG_LIFE),
        "status-131997-1.cose": municipality.statuses(STATUSES, expires=LONG_LIFE),
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    """Where the page is served."""
    with hosted(folder) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a module."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.PROGRAM, args=chromium.FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def looking(browser: Browser, address: str, *, locale: str = "ja-JP") -> AsyncIterator[Sight]:
    """Open the page as somebody who was never there."""
    context = await browser.new_context(viewport={"width": 820, "height": 1180}, locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    sight = Sight(page, address)
    await page.goto(address)
    await sight.ready()
    yield sight
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sight(browser: Browser, address: str) -> AsyncIterator[Sight]:
    """The page in Japanese; at the end it has spoken with nobody else and has met no fault."""
    async with looking(browser, address) as sight:
        yield sight
        assert sight.faults == []
        assert not [url for url in sight.requests if not url.startswith(sight.address)]
