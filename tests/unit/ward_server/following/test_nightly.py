"""When the reconcile of the night is due."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.japan import JAPAN
from konbini.ward_server.following.nightly import due_after

MINUTES = 24 * 60


@given(moment=st.integers(1_700_000_000_000, 1_900_000_000_000), at=st.integers(0, MINUTES - 1))
def test_it_is_due_once_a_day_at_its_minute(moment: int, at: int) -> None:
    """Behind the moment, at most a day later, at that minute in Japan; the next one a day later."""
    due = due_after(moment, at)
    assert moment < due <= moment + MINUTES * 60_000
    local = dt.datetime.fromtimestamp(due / 1000, JAPAN)
    assert 60 * local.hour + local.minute == at
    assert due_after(due, at) == due + MINUTES * 60_000
