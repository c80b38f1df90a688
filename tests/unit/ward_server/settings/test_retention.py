"""Terms of retention: the Civil Code's count, leap days, fiscal years, and what no count may do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import CountedFrom, Kept, Retention, Term, in_force

SINCE = Period(begins=dt.date(2020, 1, 1))
DAYS = st.dates(dt.date(1868, 1, 1), dt.date(2300, 12, 31))
TERMS = st.builds(Term, years=st.integers(0, 150), months=st.integers(0, 30), days=st.integers(0, 400))


def of(term: Term, counted_from: CountedFrom = CountedFrom.DAY, kept: Kept = Kept.REMOVED_RECORD) -> Retention:
    """Write a row."""
    return Retention(period=SINCE, kept=kept, term=term, counted_from=counted_from)


@pytest.mark.parametrize(
    ("event", "term", "last"),
    [
        ("1876-02-29", Term(years=150), "2026-02-28"),
        ("1876-02-28", Term(years=150), "2026-02-28"),
        ("2000-02-28", Term(years=150), "2150-02-28"),
        ("2000-02-28", Term(years=4), "2004-02-28"),
        ("1876-02-27", Term(years=150), "2026-02-27"),
        ("1900-12-31", Term(years=150), "2050-12-31"),
        ("2026-01-30", Term(months=1), "2026-02-28"),
        ("2026-03-30", Term(months=1), "2026-04-30"),
        ("2026-03-31", Term(years=1), "2027-03-31"),
        ("2026-03-31", Term(days=30), "2026-04-30"),
    ],
)
def test_a_term_by_the_day(event: str, term: Term, last: str) -> None:
    """The day itself does not count; a day that the last month has not is its last one."""
    retention = of(term)
    day = dt.date.fromisoformat(last)
    assert retention.last_day(dt.date.fromisoformat(event)) == day
    assert not retention.is_due(dt.date.fromisoformat(event), day)
    assert retention.is_due(dt.date.fromisoformat(event), day + dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("event", "last"), [("2026-03-31", "2031-03-31"), ("2026-04-01", "2032-03-31"), ("2027-03-31", "2032-03-31")]
)
def test_a_term_by_fiscal_years(event: str, last: str) -> None:
    """It begins with the next first of April."""
    retention = of(Term(years=5), CountedFrom.FISCAL_YEAR)
    assert retention.last_day(dt.date.fromisoformat(event)) == dt.date.fromisoformat(last)


@given(DAYS, TERMS)
def test_what_is_kept_longer_is_due_later(event: dt.date, term: Term) -> None:
    """No term ends before its event; a day later never ends earlier; the fiscal count is never the shorter one."""
    retention = of(term)
    last = retention.last_day(event)
    assert last >= event
    assert retention.last_day(event + dt.timedelta(days=1)) >= last
    assert of(term, CountedFrom.FISCAL_YEAR).last_day(event) >= last
    longer = of(Term(years=term.years + 1, months=term.months, days=term.days))
    assert longer.last_day(event) > last


@given(DAYS)
def test_a_hundred_and_fifty_years(event: dt.date) -> None:
    """From any day, a leap day too, it is the same day of the year, or the last of February."""
    last = of(Term(years=150)).last_day(event)
    assert last.year == event.year + 150
    if (event.month, event.day) not in {(2, 28), (2, 29)}:
        assert (last.month, last.day) == (event.month, event.day)
    else:
        assert (last.month, last.day) in {(2, 28), (2, 29)}


def test_the_end_of_the_calendar_is_kept() -> None:
    """What would end after the year 9999 is never due."""
    assert of(Term(years=150)).last_day(dt.date(9900, 1, 1)) == dt.date.max
    assert of(Term(years=1), CountedFrom.FISCAL_YEAR).last_day(dt.date.max) == dt.date.max
    assert not of(Term(years=9999)).is_due(dt.date(1900, 1, 1), dt.date.max)


def test_the_row_that_counts_is_todays() -> None:
    """A law that lengthens a term lengthens it for what is still kept; without a row nothing is due."""
    short = Retention(
        period=Period(begins=dt.date(2000, 1, 1), ends=dt.date(2019, 6, 19)),
        kept=Kept.REMOVED_RECORD,
        term=Term(years=5),
    )
    long = Retention(period=Period(begins=dt.date(2019, 6, 20)), kept=Kept.REMOVED_RECORD, term=Term(years=150))
    table = (short, long)
    assert in_force(table, Kept.REMOVED_RECORD, dt.date(2019, 6, 19)) is short
    assert in_force(table, Kept.REMOVED_RECORD, dt.date(2019, 6, 20)) is long
    assert in_force(table, Kept.ACCESS_RECORD, dt.date(2019, 6, 20)) is None


def test_the_documents_name_each_kind() -> None:
    """docs/retention.md says of each what it is and how it ends, docs/settings.md that it may have a term."""
    docs = Path(__file__).parents[4] / "docs"
    named = [
        line.split("`")[1] for line in (docs / "retention.md").read_text("utf-8").splitlines() if line[:3] == "| `"
    ]
    assert named == [kept.name for kept in Kept]
    (row,) = (line for line in (docs / "settings.md").read_text("utf-8").splitlines() if "| `kept` |" in line)
    assert [kept.name for kept in Kept if f"`{kept.name}`" not in row] == []
