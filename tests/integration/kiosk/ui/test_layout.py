"""Every screen in every language and size of text, measured in Chromium upright and lying, 21.5 inches large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from konbini.kiosk.session.look import Language, Look, TextSize
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.specimens import OVERLAID, SPECIMENS
from tests.integration.kiosk.ui.specimen_page import LYING, UPRIGHT, specimen_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
DOTS_PER_MM = 1920 / 476.0
"""A 21.5 inch screen is 476 mm long."""
SMALLEST = 12.7 * DOTS_PER_MM
MAIN = 20 * DOTS_PER_MM
GAP = 2.54 * DOTS_PER_MM
VIEWS = (*SPECIMENS, *OVERLAID)
ORIENTATIONS = pytest.mark.parametrize("screen", [UPRIGHT, LYING], ids=["upright", "lying"])

Box = Mapping[str, Any]


def apart(one: Box, other: Box) -> float:
    """Return the gap between two boxes in pixels, negative where they overlap."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return float(max(across, down))


def ink(line: Box) -> Box:
    """Return the part of a line's box that has ink: lines stand closer than their boxes."""
    return {**line, "y": line["y"] + 0.2 * line["height"], "height": 0.6 * line["height"]}


def faults(found: Mapping[str, Any], *, may_be_long: bool) -> Iterator[object]:
    """Say all that is wrong with one measured screen."""
    if found["over"] > 0 or found["dialogIsLong"]:
        yield "longer than the screen"
    if found["isLong"] != found["isTurned"] or (found["isLong"] and not may_be_long):
        yield "long", found["isLong"], "buttons to turn it", found["isTurned"]
    yield from (("clipped", each) for each in found["clipped"])
    yield from (("torn apart", each) for each in found["torn"])
    yield from (("above where one can turn to", each) for each in found["lost"])
    yield from (("outside of its button or the screen", each) for each in found["outside"])
    yield from frame_faults(found["frame"], found["height"])
    yield from touch_faults(found["boxes"])
    for one, other in combinations([ink(line) for line in found["lines"]], 2):
        if one["area"] == other["area"] and one["node"] != other["node"] and apart(one, other) < -1:
            yield "overlap", one["text"], other["text"]


def frame_faults(frame: Sequence[Box], height: int) -> Iterator[object]:
    """What leads on stands on the screen, beneath what is asked, and the question keeps room."""
    for above, below in combinations(frame, 2):
        if above["y"] + above["height"] > below["y"] + 1:
            yield "over each other", above["name"], below["name"]
    if frame[-1]["y"] + frame[-1]["height"] > height + 1:
        yield "below the screen", frame[-1]["name"]
    yield from (("no room", each) for each in frame if each["name"] == "scroll" and each["height"] < height / 3)


def touch_faults(boxes: Sequence[Box]) -> Iterator[object]:
    """Touch areas are large enough and stand apart."""
    for box in boxes:
        if min(box["width"], box["height"]) < (MAIN if box["main"] else SMALLEST):
            yield "too small to touch", box
    for one, other in combinations(boxes, 2):
        if one["area"] == other["area"] and apart(one, other) < GAP:
            yield "too close to touch", one, other


def sampled() -> Iterator[tuple[View, Language, TextSize]]:
    """Each screen at the normal and at the largest size, in one language after the other."""
    languages = list(Language)
    for index, view in enumerate(VIEWS):
        yield view, languages[index % len(languages)], TextSize.NORMAL
        yield view, languages[(index + 1) % len(languages)], TextSize.LARGEST


async def measured(
    browser: Browser, pages: Pages, screen: tuple[int, int], shown: Iterator[tuple[View, Language, TextSize]]
) -> list[object]:
    """Show one screen after the other and return what is wrong with them."""
    wrong: list[object] = []
    async with specimen_page(browser, pages, screen) as specimens:
        for view, language, size in shown:
            await specimens.show(replace(view, language=language, look=Look(size=size)))
            found = await specimens.page.evaluate(MEASURE)
            may_be_long = screen == LYING or size in (TextSize.LARGE, TextSize.LARGEST)
            where = (type(view).__name__, view.state.name, language.value, size.value)
            wrong += [(*where, fault) for fault in faults(found, may_be_long=may_be_long)]
    return wrong


@ORIENTATIONS
async def test_a_sample_of_screens_fits_and_can_be_touched(
    browser: Browser, pages: Pages, screen: tuple[int, int]
) -> None:
    """Every screen once at the normal and once at the largest size."""
    assert await measured(browser, pages, screen, sampled()) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
@ORIENTATIONS
@pytest.mark.parametrize("size", TextSize)
async def test_every_screen_fits_and_can_be_touched(
    browser: Browser, pages: Pages, screen: tuple[int, int], size: TextSize
) -> None:
    """Nothing is clipped or overlaps; what is longer can be turned; upright at the normal size nothing is longer."""
    assert await measured(browser, pages, screen, ((*each, size) for each in product(VIEWS, Language))) == []
