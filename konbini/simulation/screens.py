"""Pictures of the kiosk's screens: each specimen as Chromium draws it, upright, at the normal size, in the light theme.

    STATE.LANGUAGE.png   half the kiosk's own size, in a palette; STATE-2, STATE-3 where a state has several screens
    service*.LANGUAGE.png  the service page, whole, as wide as the kiosk's screen
    README.md            all of them in a table, in the order of a visit, the service page last

Invariant: a folder is made, or is one that this room made before; then its old pictures go first.
Limits: movement is off, and what lies over a screen (the panels, the idle warning) has one picture each.
"""

from __future__ import annotations

import io
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page, Route, async_playwright

from konbini.kiosk.maintenance.drawing import ServiceDrawing
from konbini.kiosk.maintenance.page import SERVICE_HEADERS
from konbini.kiosk.maintenance.specimens import SERVICE_SPECIMENS, ServiceSpecimen
from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.clips import Clips
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.kiosk.ui.specimens import OVERLAID, SPECIMENS
from konbini.process.entropy import SystemEntropy

__all__ = ["CHROMIUM", "Shown", "is_ours", "picture_screens", "screen_name", "show_service"]

CHROMIUM: Final = Path("/usr/bin/chromium")
_SCREEN: Final = (1080, 1920)
_SCALE: Final = 0.5
_COLOURS: Final = 64
_LANGUAGES: Final = (Language.JAPANESE, Language.ENGLISH)
_SERVICE: Final = "http://127.0.0.1:1"
"""Where nothing listens: what is asked for there is answered here."""
_TITLE: Final = "# The kiosk's screens"
# No name but this machine's own address leads anywhere.
_FLAGS: Final = ("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One screen in the folder: what its pictures are called before the language, and its heading in English."""

    name: str
    heading: str


def is_ours(folder: Path) -> bool:
    """Whether `folder` is free to be written: not there, empty, or made by this room."""
    if not folder.exists():
        return True
    index = folder / "README.md"
    made_before = index.is_file() and index.read_text(encoding="utf-8").startswith(_TITLE)
    return folder.is_dir() and (made_before or not any(folder.iterdir()))


async def picture_screens(folder: Path, only: Sequence[State]) -> Sequence[Shown]:
    """Write the pictures of all screens and of the service page, or of the states `only`, and their index.

    Raises:
        ValueError: `folder` holds something else.
    """
    _clear(folder)
    async with _kiosk() as (page, server):
        shown = [await _picture(page, server, folder, name, view) for name, view in _named(only)]
        if not only:
            shown += [await _picture_service(page, folder, specimen) for specimen in SERVICE_SPECIMENS]
    (folder / "README.md").write_text(_index(shown), encoding="utf-8")
    return shown


def screen_name(state: State) -> str:
    """Return what the pictures of a state are called."""
    return state.name.lower().replace("_", "-")


def _clear(folder: Path) -> None:
    if not is_ours(folder):
        raise ValueError("the folder holds something else")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()


def _named(only: Sequence[State]) -> Sequence[tuple[str, View]]:
    order = list(State)
    views = sorted(SPECIMENS, key=lambda view: order.index(view.state))
    views = [view for view in views if not only or view.state in only]
    seen: Counter[str] = Counter()
    named: list[tuple[str, View]] = []
    for view in views:
        name = screen_name(view.state)
        seen[name] += 1
        named.append((name if seen[name] == 1 else f"{name}-{seen[name]}", view))
    return named if only else [*named, *zip(("languages", "display", "audio", "idle"), OVERLAID, strict=True)]


@asynccontextmanager
async def _kiosk() -> AsyncIterator[tuple[Page, ScreenServer]]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    pages = Pages(Clips.installed())
    server = ScreenServer(
        listener=listener, pages=pages, fonts=bundled_fonts(), entropy=SystemEntropy(), first=StartView()
    )
    await server.start()
    # Chromium will not confine itself for the administrator, under whom containers run.
    flags = (*_FLAGS, "--no-sandbox") if os.geteuid() == 0 else _FLAGS
    width, height = _SCREEN
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            page = await browser.new_page(
                viewport={"width": width, "height": height}, device_scale_factor=_SCALE, reduced_motion="reduce"
            )
            yield page, server
            await browser.close()
    finally:
        await server.close()


async def _picture(page: Page, server: ScreenServer, folder: Path, name: str, view: View) -> Shown:
    heading = ""
    for language in _LANGUAGES:
        await server.show(replace(view, language=language))
        await page.goto(server.address)
        await page.wait_for_function("() => document.documentElement.classList.contains('js')")
        _save(await page.screenshot(), folder / f"{name}.{language.value}.png")
        heading = await page.locator("[aria-modal] h2, h1").last.inner_text()
    return Shown(name=name, heading=" ".join(heading.split()))


async def _picture_service(page: Page, folder: Path, specimen: ServiceSpecimen) -> Shown:
    for language in _LANGUAGES:
        await show_service(page, specimen, language.value)
        _save(await page.screenshot(full_page=True), folder / f"{specimen.name}.{language.value}.png")
    return Shown(name=specimen.name, heading=(await page.locator(".said, h1").last.inner_text()).strip())


async def show_service(page: Page, specimen: ServiceSpecimen, language: str) -> None:
    """Open a specimen of the service page with the style sheet and the headers that the kiosk sends with it."""
    drawing = ServiceDrawing()
    html, style = specimen.draw(drawing, language), drawing.style

    async def answer(route: Route) -> None:
        kind, body = ("text/css", style) if route.request.url.endswith(".css") else ("text/html", html)
        await route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers=dict(SERVICE_HEADERS))

    await page.route(f"{_SERVICE}/**", answer)
    await page.goto(f"{_SERVICE}/{language}")
    await page.unroute(f"{_SERVICE}/**", answer)


def _save(taken: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(taken)) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def _index(shown: Sequence[Shown]) -> str:
    rows = "".join(
        f"| {one.name}<br>{one.heading} | {_image(one, Language.JAPANESE)} | {_image(one, Language.ENGLISH)} |\n"
        for one in shown
    )
    return (
        f"{_TITLE}\n\nEvery screen with made-up values, as `konbini screens --out docs/screens` draws it: upright, at"
        f" the normal size, in the light theme.\n\n| screen | 日本語 | English |\n|---|---|---|\n{rows}"
    )


def _image(one: Shown, language: Language) -> str:
    return f'<img src="{one.name}.{language.value}.png" width="270" alt="{one.name}, {language.value}">'
