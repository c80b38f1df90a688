"""The live page's board as it is drawn: the time-stamp service in each state, the times by step with their table."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from konbini.simulation.clock import SettableClock
from konbini.ward_server.clerk.calls import StampsCondition
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.routes import all_routes
from konbini.ward_server.console.standing import problems
from konbini.ward_server.console.words import LANGUAGES
from konbini.ward_server.issuing.view import LiveView, StepTime
from tests.unit.ward_server.console.test_standing import CLERK, NOW, VIEW, with_clerk

STEPS = ("rules", "reserve", "certify", "draw", "seal", "complete")


def board(view: LiveView | None, language: str = "ja") -> str:
    """Draw it, and give its text."""
    drawing = Drawing(SettableClock(NOW), name="澄川区", name_english="Sumikawa", routes=all_routes(()), lock_after=600)
    html = drawing.part("board", language, view=view, problems=problems(view), counted={})
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        (None, "時刻認証局 使いません"),
        (StampsCondition(answered=0, failed=0, failures=0), "時刻認証局 未確認 応答 –"),
        (StampsCondition(answered=NOW - 60_000, failed=0, failures=0), "時刻認証局 応答あり 応答 11:59:00"),
        (StampsCondition(answered=NOW, failed=NOW, failures=1), "時刻認証局 応答あり 応答 12:00:00 失敗 1"),
        (
            StampsCondition(answered=NOW - 86_400_000, failed=NOW, failures=7),
            "時刻認証局 応答なし 応答 11-19 12:00 失敗 7",
        ),
    ],
)
def test_the_time_stamp_service_is_shown_in_each_state(stamps: StampsCondition | None, said: str) -> None:
    """Not used, not asked yet, answering, failed once, silent: with its last answer, and the day of an old one."""
    assert said in board(with_clerk(replace(CLERK, stamps=stamps)))


def test_a_silent_service_stands_on_top_with_what_to_do() -> None:
    """Above all that is well, with the code of the manual."""
    text = board(with_clerk(replace(CLERK, stamps=StampsCondition(answered=0, failed=NOW, failures=2))))
    assert text.startswith("交付が止まっています")
    assert text.index("時刻認証局が応答しません") < text.index("回線を確かめてください") < text.index("住民記録")
    assert "TIME_STAMP_UNAVAILABLE 825" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_has_a_word_and_its_times(language: str) -> None:
    """In milliseconds, to a tenth; and since when they are counted."""
    steps = tuple(StepTime(step=step, count=3, p50=1_250, p95=98_760) for step in STEPS)
    text = board(replace(VIEW, steps=steps, steps_since=NOW - 5_000), language)
    assert text.count("1.2 98.8 3") == len(STEPS)
    assert "11:59:55" in text
    assert board(VIEW, language) != text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ward_whose_issuing_or_clerk_is_silent_is_drawn(language: str) -> None:
    """Nothing of what they would have said is missed."""
    assert board(None, language)
    assert board(replace(VIEW, health=replace(VIEW.health, clerk=None)), language)
