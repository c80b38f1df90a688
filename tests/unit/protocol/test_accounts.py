"""A day's account: which day a moment is counted to, and who may say what of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.accounts import CenterCounts, DayFigures, KioskCount, day_of, put_together, span_of
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused

KEY = SigningKey.generate()
FIGURES = put_together("K-0001", "131997", 20261120, 2, ())
COUNTS = CenterCounts(ward="131997", day=20261120, kiosks=(KioskCount(kiosk="K-0001", ordered=2, finished=1),))


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_every_moment_is_of_one_day(moment: int) -> None:
    """In Japan: a day begins at 15:00 UTC, and the next one where it ends."""
    begins, ends = span_of(day_of(moment))
    assert begins <= moment < ends
    assert (ends - begins, begins % 86_400) == (86_400, 54_000)


@pytest.mark.parametrize("day", [0, 20261301, 20260230, 20260100])
def test_what_is_no_day(day: int) -> None:
    """A number that no calendar has."""
    with pytest.raises(Refused) as refused:
        span_of(day)
    assert refused.value.code is Code.MALFORMED


def test_the_last_day_of_the_calendar_ends_too() -> None:
    """Whatever day somebody names is a span or a refusal, and no defect."""
    begins, ends = span_of(99_991_231)
    assert ends - begins == 86_400


def test_who_says_it() -> None:
    """The kiosk under its own key and to this ward; the center likewise."""
    assert DayFigures.open(FIGURES.sign(KEY), KEY.verifying, "K-0001", "131997") == FIGURES
    assert CenterCounts.open(COUNTS.sign(KEY), KEY.verifying, "131997") == COUNTS
    other = SigningKey.generate()
    for kiosk, ward, key in (("K-0002", "131997", KEY), ("K-0001", "131016", KEY), ("K-0001", "131997", other)):
        with pytest.raises(Refused):
            DayFigures.open(FIGURES.sign(KEY), key.verifying, kiosk, ward)
    for ward, key in (("131016", KEY), ("131997", other)):
        with pytest.raises(Refused):
            CenterCounts.open(COUNTS.sign(KEY), key.verifying, ward)
    with pytest.raises(Refused):
        CenterCounts.open(replace(FIGURES).sign(KEY), KEY.verifying, "131997")
