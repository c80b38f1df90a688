"""The museum's pages are those of the catalogue, but for what was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from konbini.simulation.museum.catalogue import CATALOGUE
from konbini.simulation.museum.mutant import Mutant
from konbini.simulation.museum.page import INDEX, MEASURED, body, file_name, index, write_pages
from konbini.simulation.museum.running import Row
from konbini.simulation.museum.staged import Staged
from konbini.simulation.museum.telling import last_line, row_line, table

_PAGES = Path(__file__).parents[4] / "docs" / "museum"
_STAGED = Staged(visits=100, papers=90, wrong=3, found_after=7, cpu_seconds=12.5, endings={"end": 90})


@pytest.mark.parametrize("mutant", CATALOGUE, ids=[mutant.name for mutant in CATALOGUE])
def test_a_page_is_what_the_catalogue_says(mutant: Mutant) -> None:
    """The diff among it, so that the page shows the very fault that runs."""
    page = (_PAGES / file_name(mutant)).read_text(encoding="utf-8")
    assert page.partition(MEASURED)[0] == body(mutant)


def test_the_index_names_every_page_and_there_is_no_other() -> None:
    """No room without a page, no page without a room."""
    assert (_PAGES / INDEX).read_text(encoding="utf-8") == index()
    assert {path.name for path in _PAGES.iterdir()} == {INDEX, *map(file_name, CATALOGUE)}


def test_what_was_measured_stays_until_it_is_measured_again(tmp_path: Path) -> None:
    """Pages that were not run now keep what they had."""
    first, second = CATALOGUE[:2]
    write_pages(tmp_path, [_row(first), _row(second)])
    before = (tmp_path / file_name(first)).read_text(encoding="utf-8")
    write_pages(tmp_path, [])
    assert (tmp_path / file_name(first)).read_text(encoding="utf-8") == before
    assert "3 wrong of 90 sheets" in before.partition(MEASURED)[2]


def test_a_row_is_right_where_the_fault_shows_and_is_caught() -> None:
    """Nothing shown, something come through, or an alteration that was never in: each is not right."""
    row = _row(CATALOGUE[0])
    assert row.is_right
    assert not replace(row, off=replace(_STAGED, wrong=0)).is_right
    assert not replace(row, on=_STAGED).is_right
    assert not replace(row, off=replace(_STAGED, unaltered=("konbini.x",))).is_right
    assert (row.sufficient, row.insufficient) == (("good",), ("bad",))


def test_what_is_told() -> None:
    """A line as it ends, the table, and the last line for programs."""
    row = _row(CATALOGUE[0])
    assert row_line(row).endswith("right")
    assert "(not: bad)" in list(table([row]))[1]
    assert last_line([row]) == (
        '{"rows": [{"mutant": "yokohama-2023", "off": 3, "on": 0, "found_after": 7, "cpu_seconds": 25.0}]}'
    )


def test_a_run_tells_what_it_came_to_in_one_line() -> None:
    """And what is no such line is refused."""
    assert Staged.from_line(_STAGED.to_line()) == _STAGED
    for wrong in ("", "nothing", '{"visits": 1}'):
        with pytest.raises(ValueError, match=r".*"):
            Staged.from_line(wrong)


def _row(mutant: Mutant) -> Row:
    on = replace(_STAGED, wrong=0, found_after=None)
    return Row(mutant=mutant, off=_STAGED, on=on, single={"good": on, "bad": _STAGED})
