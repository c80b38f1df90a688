"""What is remembered of the next opening is what looking again would find."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.japan import JAPAN
from konbini.ward_server.settings.calendar import DayRange
from konbini.ward_server.settings.hours import ClosedDays, Span
from konbini.ward_server.settings.opening import NextOpening
from konbini.ward_server.settings.settings import Settings
from tests.municipality import ALWAYS, SETTINGS

_YEAR_END = ClosedDays(period=ALWAYS, days=(DayRange(first=(12, 29), last=(1, 3)),), dates=frozenset())
_BY_DAY = replace(SETTINGS, closed=(_YEAR_END,))
_ALWAYS = replace(SETTINGS, hours=(replace(SETTINGS.hours[0], week=(Span(opens=0, closes=1440),) * 7),))
_ENDING = replace(_ALWAYS, closed=(replace(_YEAR_END, days=(DayRange(first=(3, 1), last=(3, 1)),)),))
_STEPS = st.lists(
    st.tuples(st.sampled_from((_BY_DAY, _ALWAYS, _ENDING)), st.integers(-3 * 24 * 60, 5 * 24 * 60)), max_size=12
)


@given(steps=_STEPS)
def test_as_if_looked_again(steps: list[tuple[Settings, int]]) -> None:
    """Over days, over a year's end, with settings that change and a clock that goes back."""
    moment, remembered = dt.datetime(2026, 12, 28, 12, tzinfo=JAPAN), NextOpening()
    for settings, minutes in steps:
        moment += dt.timedelta(minutes=minutes)
        assert remembered.after(settings, moment) == settings.opens_next(moment)
