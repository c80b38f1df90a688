"""Dates in the Japanese era."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from konbini.pdf.era import from_era, in_era

_DIGITS = "０１２３４５６７８９"
_NUMBERS = st.text(_DIGITS, max_size=4)


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2025, 11, 22), "令和７年１１月２２日"),
        (date(2019, 5, 1), "令和元年５月１日"),
        (date(2019, 4, 30), "平成３１年４月３０日"),
        (date(1989, 1, 8), "平成元年１月８日"),
        (date(1989, 1, 7), "昭和６４年１月７日"),
        (date(1926, 12, 25), "昭和元年１２月２５日"),
        (date(1926, 12, 24), "大正１５年１２月２４日"),
        (date(1912, 7, 30), "大正元年７月３０日"),
        (date(1912, 7, 29), "明治４５年７月２９日"),
        (date(1873, 1, 1), "明治６年１月１日"),
    ],
)
def test_every_era_begins_and_ends_on_its_day(day: date, written: str) -> None:
    """The first and the last day of each era."""
    assert in_era(day) == written


def test_days_before_the_gregorian_calendar_are_refused() -> None:
    """Japan counted days otherwise until the end of 1872."""
    with pytest.raises(ValueError, match="Gregorian"):
        in_era(date(1872, 12, 31))


@given(st.dates(min_value=date(1873, 1, 1)))
def test_what_is_written_is_read(day: date) -> None:
    """Every day from its one writing."""
    assert from_era(in_era(day)) == day


@given(
    st.builds(
        "{}{}年{}月{}日".format,
        st.sampled_from(("令和", "平成", "昭和", "大正", "明治", "慶応", "")),
        st.one_of(_NUMBERS, st.just("元")),
        _NUMBERS,
        _NUMBERS,
    )
)
@example("令和１年５月１日")
@example("令和元年４月３０日")
@example("昭和６４年１月８日")
@example("平成０８年１月８日")
@example("令和７年１１月３１日")
@example("令和９９９９年１月１日")
@example("令和7年１１月２２日")
def test_nothing_else_is_read(text: str) -> None:
    """A text is a day only where that day is written so."""
    day = from_era(text)
    assert day is None or in_era(day) == text
