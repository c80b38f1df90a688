"""Figures that show no person: counts, small ones withheld, and none that can be reckoned from the others."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.changes import ChangeKind
from konbini.ward_server.residents.figures import LEAST_SHOWN, Figure, Tally
from konbini.ward_server.residents.operator_text import figures_csv, figures_json, figures_lines
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.statistics import Statistics
from tests.unit.ward_server.residents.conftest import Office, arrival_of, record_of
from tests.unit.ward_server.residents.test_person_changes import FOREIGN

DAY = 20260921


def town(ages: list[int], district: str = "緑町") -> Tally:
    """Count people of these ages."""
    tally = Tally(day=DAY)
    for age in ages:
        tally.add(record_of(birth=(2026 - age) * 10000 + 101, address=f"東京都澄川区{district}一丁目２番"))
    return tally


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Give every way in which a sum is made of so many counts of 1 or more."""
    for cuts in itertools.combinations(range(1, total), parts - 1):
        yield tuple(end - start for start, end in zip((0, *cuts), (*cuts, total), strict=True))


def counts(figures: tuple[Figure, ...]) -> dict[str, int | None]:
    """Give the counts by name."""
    return {one.name: one.count for one in figures}


def test_residents_households_and_foreign_residents_are_counted() -> None:
    """Those who are there; removed records apart."""
    tally = Tally(day=DAY)
    for place in range(12):
        tally.add(
            record_of(order=place % 3 + 1, foreign=FOREIGN if place < 4 else None, birth=19550000 if place else 0)
        )
    for _ in range(5):
        tally.add(record_of(presence=Presence.DIED))
    figures = tally.figures(202609)
    assert counts(figures.standing) == {
        "residents": 12,
        "households": 4,
        "foreign residents": 4,
        "removed records": 5,
    }
    assert counts(figures.ages) == {"0-14": 0, "15-64": 0, "65-74": None, "75-": 0, "unknown": None}


def test_ages_are_of_the_day_and_districts_of_the_address() -> None:
    """The last day before a birthday; the town without its 丁目."""
    tally = Tally(day=DAY)
    for birth in (20110922, 20110922, 20110922, 20110921, 20110921, 20110921):
        tally.add(record_of(birth=birth, address="東京都澄川区西町十二丁目３番"))
    assert counts(tally.figures(202609).ages) == {"0-14": 3, "15-64": 3, "65-74": 0, "75-": 0, "unknown": 0}
    assert counts(tally.figures(202609).districts) == {"東京都澄川区西町": 6}


@given(st.lists(st.integers(1, 99), max_size=40))
def test_no_small_count_is_shown_nor_can_be_reckoned(ages: list[int]) -> None:
    """Whoever knows the whole and all that is shown cannot tell a withheld count."""
    figures = town(ages).figures(202609)
    parts = counts(figures.ages)
    shown = [count for count in parts.values() if count is not None]
    assert all(count == 0 or count >= LEAST_SHOWN for count in shown)
    withheld = len(parts) - len(shown)
    if withheld:
        possible = itertools.islice(compositions(len(ages) - sum(shown), withheld), 2)
        assert len(list(possible)) > 1


def test_a_small_kind_of_change_is_withheld() -> None:
    """There is no sum of the kinds, so each is judged by itself."""
    tally = Tally(day=DAY)
    for kind, count in ((ChangeKind.BIRTH, 2), (ChangeKind.DEATH, 3)):
        for _ in range(count):
            tally.add_change(kind)
    assert counts(tally.figures(202609).changes) == {"birth": None, "death": 3}


async def test_the_register_is_counted_for_a_month(office: Office) -> None:
    """Changes that were approved in it, Japan's time; the text forms say the same."""
    for place in range(1, 5):
        await office.take_in(f"{place:015d}", birth=19500101)
    await office.registry.enter("aoki", arrival_of(record_of("000000000000009")))
    statistics = Statistics(office.store, office.clock)
    figures = await statistics.figures("chiba", 202609)
    assert counts(figures.changes) == {"move_in": 4}
    assert counts(figures.standing)["residents"] == 4
    assert (await statistics.figures("chiba", 202608)).changes == ()
    assert (await statistics.figures("chiba", 202612)).changes == ()
    told = json.loads(figures_json(figures))
    assert (told["month"], told["changes"], told["ages"]["75-"]) == (202609, {"move_in": 4}, 4)
    rows = list(csv.reader(figures_csv(figures).splitlines()))
    assert ["changes", "move_in", "4"] in rows
    assert "  move_in  4" in list(figures_lines(figures))
    for month in (202613, 0, 202600):
        with pytest.raises(Refused) as refusal:
            await statistics.figures("chiba", month)
        assert refusal.value.code is Code.CHANGE_INVALID
