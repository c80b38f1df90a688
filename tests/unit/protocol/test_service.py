"""What a ward's NOTICE means, to the center that gives no ticket and to the kiosk that shows why."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code
from konbini.protocol.service import Notice

JAPAN = dt.timezone(dt.timedelta(hours=9))
NOTICE = Notice(
    ward="999999",
    serial=1,
    opens=390,
    closes=1380,
    maintenance_from=None,
    maintenance_to=None,
    held=(),
    stopped=False,
    version="1",
    message_key=b"",
    reopens=None,
    kinds=(),
    barred=(),
)


def at(hour: int, minute: int = 0) -> int:
    """Give a moment of one day in Japan, Unix seconds."""
    return int(dt.datetime(2025, 12, 1, hour, minute, tzinfo=JAPAN).timestamp())


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (at(6, 30) - 1, Code.WARD_CLOSED),
        (at(6, 30), None),
        (at(23) - 1, None),
        (at(23), Code.WARD_CLOSED),
    ],
)
def test_hours(moment: int, code: Code | None) -> None:
    """`opens` is the first minute open, `closes` the first one closed; a stop goes before hours."""
    assert NOTICE.refusal(moment) is code
    assert replace(NOTICE, stopped=True).refusal(moment) is Code.WARD_STOPPED


def test_whoever_is_barred_is_told_before_the_hours() -> None:
    """By the kiosk's name or its link's; a stop goes before it, and another's name says nothing."""
    barred = replace(NOTICE, barred=("K-0001", "center"))
    for moment in (at(12), at(23)):
        assert barred.refusal(moment, "K-0001") is Code.KIOSK_STOPPED
        assert barred.refusal(moment, "K-0002", "center") is Code.KIOSK_STOPPED
        assert barred.refusal(moment, "K-0002", "131997") is NOTICE.refusal(moment)
    assert replace(barred, stopped=True).refusal(at(12), "K-0001") is Code.WARD_STOPPED


@pytest.mark.parametrize(("opens", "closes"), [(390, 390), (1320, 120)])
@given(moment=st.integers(0, 2**33))
def test_hours_that_are_none_close_all_day(opens: int, closes: int, moment: int) -> None:
    """A closed day is said so; nothing is open over midnight."""
    assert replace(NOTICE, opens=opens, closes=closes).refusal(moment) is Code.WARD_CLOSED


@pytest.mark.parametrize(
    ("begins", "ends", "moment", "code"),
    [
        (at(14), at(15), at(14) - 1, None),
        (at(14), at(15), at(14), Code.WARD_CLOSED),
        (at(14), at(15), at(15) - 1, Code.WARD_CLOSED),
        (at(14), at(15), at(15), None),
        (at(14), None, at(14) - 1, None),
        (at(14), None, at(22), Code.WARD_CLOSED),
        (None, at(15), at(14), None),
    ],
)
def test_maintenance(begins: int | None, ends: int | None, moment: int, code: Code | None) -> None:
    """From its first second to before its end; without an end until another notice, without a beginning not at all."""
    assert replace(NOTICE, maintenance_from=begins, maintenance_to=ends).refusal(moment) is code


@given(moment=st.integers(0, 2**33))
def test_minutes_are_those_of_japan(moment: int) -> None:
    """As the calendar's own arithmetic has them."""
    there = dt.datetime.fromtimestamp(moment, JAPAN)
    assert Notice.minute(moment) == there.hour * 60 + there.minute
