"""The benchmark of watched orders: a console of its own, people who sign in and watch; no time is asserted."""

from __future__ import annotations

import json

import pytest

from konbini.commands.main import main
from konbini.simulation.bench.watched.figures import Verdict
from konbini.simulation.bench.watched.running import Plan, measure_watched


async def test_people_who_watch_are_one_question_every_two_seconds() -> None:
    """However many they are; each is sent boards, and orders are served to both ways."""
    said: list[str] = []
    found = await measure_watched(Plan(pairs=2, seconds=4, rate=20, people=6), said.append)
    assert 0 < found.asked <= 0.75
    assert 0 < found.boards[0] <= found.boards[1] <= 1
    assert min(found.watched.p99) > 0
    assert found.watched.orders > 2 * 2 * 4 * 20 * 0.8
    assert found.watched.console[1] > found.watched.console[0]
    assert found.watched.interval is None
    assert said[0].startswith("6 people signed in at the console; 20 orders a second")
    assert said[1:] == [f"slice {number} of 4" for number in range(1, 5)]


@pytest.mark.long
def test_a_run_says_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    """In words for people, and in a line for programs."""
    arguments = ["--pairs", "2", "--seconds", "3", "--rate", "20", "--people", "2", "--json"]
    ended = main(["bench", "watched", *arguments])
    said = capsys.readouterr().out.splitlines()
    read = json.loads(said[-1])
    assert read["verdict"] is not None, said
    verdict = Verdict[read["verdict"].upper()]
    assert said[-2] == f"watched by these, the p99 of an order {verdict.value}"
    assert ended == int(verdict is Verdict.DOES_NOT)
    assert read["change_low"] is None
    assert min(read["p99_unwatched"], read["p99_watched"]) > 0
