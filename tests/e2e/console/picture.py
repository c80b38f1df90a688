"""The picture of the console's live page in the README: a whole town runs, residents come, and the page is taken.

`python -m tests.e2e.console.picture docs/pictures` writes `console.ja.png` and `console.en.png`; it takes some minutes.
Nothing on the page is made for it: services, kiosk, card, printer and coins are those of `konbini demo`, and whoever
looks has enrolled as docs/console.md says.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FloatRect, Page

from konbini.process.calls import CallClient
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.simulation.demo.automatic import run_visits
from konbini.simulation.demo.report import visit_line
from konbini.simulation.demo.town_running import RunningTown, TownPlan, run_town
from konbini.ward_server.console.machine import MachineLine
from tests.e2e.console.seats import VIEWPORT, open_chromium, open_seat

_FIRST = "sato"
_WATCHES = "tanaka"
_RESIDENTS = 400
_SCALE = 1.5
_BELOW = -4
_COLOURS = 256


def main() -> None:
    """Write the pictures into a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.console.picture", description="Picture the live page.")
    parser.add_argument("folder", type=Path, help="where the pictures come out")
    parser.add_argument("--visits", type=int, default=24, help="how many residents come before (24)")
    read = parser.parse_args()
    asyncio.run(_picture(read.folder, read.visits))


async def _picture(folder: Path, visits: int) -> None:
    with tempfile.TemporaryDirectory(prefix="picture-") as place:
        plan = TownPlan(directory=Path(place) / "town", tray=Path(place) / "papers", residents=_RESIDENTS)
        async with run_town(plan, SystemClock(), SystemEntropy(), say=_say) as town:
            await run_visits(town, visits, SystemClock(), told=lambda turn, end: _say(visit_line(turn, visits, end)))
            async with open_chromium() as chromium:
                page = await _supervisor(chromium, town)
                await page.click(".notice button")
                for language in ("ja", "en"):
                    await page.goto(f"{town.console}language/{language}")
                    await page.wait_for_selector("#board:not(:has(.problems)) .chart canvas")
                    await _take(page, folder / f"console.{language}.png")


async def _take(page: Page, file: Path) -> None:
    """Take the page down to its first charts, in few colours: it has few."""
    charts = await page.locator(".charts").first.bounding_box()
    assert charts is not None
    height = charts["y"] + charts["height"] + _BELOW
    clip: FloatRect = {"x": 0, "y": 0, "width": VIEWPORT["width"], "height": height}
    taken = await page.screenshot(full_page=True, clip=clip)
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(_COLOURS).save(file, optimize=True)


async def _supervisor(chromium: Browser, town: RunningTown) -> Page:
    """Enrol the first administrator, who enters a supervisor; the machine agrees. Give the supervisor's window."""
    client = CallClient(town.town.run / "console.sock", peers=frozenset({os.getuid()}))
    machine = MachineLine(client)
    try:
        code, terminal = await machine.name_first(_FIRST, "佐藤 一", "窓口1")
        first = await _enrolled((await open_seat(chromium)).page, town, terminal, _FIRST, code)
        made = await _done(first, town, "terminal-code", place="窓口2")
        day = await first.evaluate("new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10)")
        today = await first.evaluate("new Date(Date.now() + 9 * 3600000).toISOString().slice(0, 10)")
        half = await _done(
            first, town, "enrol", person=_WATCHES, full_name="田中 恵", role="supervision", begins=today, ends=day
        )
        (waiting,) = await machine.waiting()
        code = half + await machine.agree(waiting.change_id)
        page = (await open_seat(chromium, scale=_SCALE)).page
        return await _enrolled(page, town, made, _WATCHES, code)
    finally:
        await client.close()


async def _done(page: Page, town: RunningTown, act: str, **fields: str) -> str:
    """Carry an act out, and give the code that the page shows of it."""
    await page.goto(f"{town.console}act/{act}")
    for name, value in fields.items():
        if name == "role":
            await page.select_option("#role", value)
        else:
            await page.fill(f"#{name}", value)
    await page.fill("#reason", "着任")
    await page.click("main button.act")
    await page.wait_for_selector("form[data-passkey]")
    await page.click("form[data-passkey] button")
    await page.wait_for_selector(".verdict.good")
    shown = await page.text_content(".rows div:last-child dd")
    assert shown is not None
    return shown.strip()


async def _enrolled(page: Page, town: RunningTown, terminal: str, person: str, code: str) -> Page:
    """Enrol a terminal and a person, and sign in."""
    await page.goto(town.console)
    await page.fill("#code", terminal)
    await page.click("button.act")
    await page.wait_for_url(f"{town.console}sign-in")
    await page.goto(f"{town.console}enrol")
    await page.fill("#person", person)
    await page.fill("#code", code)
    await page.click("button.act")
    await page.click("form[data-passkey] button")
    await page.wait_for_url(f"{town.console}sign-in")
    await page.click("form[data-passkey] button")
    await page.wait_for_url(town.console)
    return page


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
