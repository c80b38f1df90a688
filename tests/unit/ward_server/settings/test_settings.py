"""Which of the dated sections counts: at midnight, at closing, on holidays, over the year's end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.settings.calendar import DayRange, HolidayCalendar, Period
from konbini.ward_server.settings.hours import ClosedDays, Hours, Maintenance, Span
from konbini.ward_server.settings.settings import Fee, NewCard, Settings
from tests.municipality import ALWAYS, SETTINGS, offered, with_rules

RECORD, ITEMS = CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD_ITEMS
OFFICE = Hours(
    period=ALWAYS,
    kinds=frozenset((ITEMS,)),
    week=(*(Span(opens=510, closes=1020),) * 5, None, None),
    holidays=None,
    keep_holidays=True,
)
YEAR_END = ClosedDays(
    period=ALWAYS, days=(DayRange(first=(12, 29), last=(1, 3)),), dates=frozenset((dt.date(2026, 5, 7),))
)
WINDOW = Maintenance(
    begins=dt.datetime(2026, 12, 5, 22),  # noqa: DTZ001 - as a settings file has it, in Japan
    ends=dt.datetime(2026, 12, 6, 6),  # noqa: DTZ001
    kinds=frozenset(),
)
WHOLE = replace(SETTINGS, hours=(*SETTINGS.hours, OFFICE), closed=(YEAR_END,), maintenance=(WINDOW,))


def at(*moment: int) -> dt.datetime:
    """Give a moment in Japan."""
    return dt.datetime(*moment, tzinfo=JAPAN)  # type: ignore[misc,arg-type] # year to second


@pytest.mark.parametrize(
    ("moment", "kinds"),
    [
        (at(2026, 11, 20, 6, 29, 59), set()),
        (at(2026, 11, 20, 6, 30), {RECORD}),
        (at(2026, 11, 20, 8, 30), {RECORD, ITEMS}),
        (at(2026, 11, 20, 16, 59, 59), {RECORD, ITEMS}),
        (at(2026, 11, 20, 17), {RECORD}),
        (at(2026, 11, 20, 22, 59, 59), {RECORD}),
        (at(2026, 11, 20, 23), set()),
        (at(2026, 11, 21, 0), set()),
        (at(2026, 11, 21, 12), {RECORD}),
        (at(2026, 11, 23, 12), {RECORD}),
        (at(2026, 9, 22, 12), {RECORD}),
        (at(2026, 5, 6, 12), {RECORD}),
        (at(2026, 5, 7, 12), set()),
        (at(2026, 12, 28, 12), {RECORD, ITEMS}),
        (at(2026, 12, 29, 12), set()),
        (at(2027, 1, 3, 22, 59), set()),
        (at(2027, 1, 4, 12), {RECORD, ITEMS}),
        (at(2026, 12, 5, 21, 59, 59), {RECORD}),
        (at(2026, 12, 5, 22), set()),
        (at(2026, 12, 6, 6, 30), {RECORD}),
    ],
)
def test_what_is_open(moment: dt.datetime, kinds: set[CertificateKind]) -> None:
    """Saturdays, 勤労感謝の日, a day between two holidays, a substitute holiday, the year's end, maintenance."""
    assert WHOLE.open_kinds(moment) == kinds
    assert WHOLE.open_kinds(moment.astimezone(dt.UTC)) == kinds
    for kind in (RECORD, ITEMS):
        if kind in kinds:
            WHOLE.check_open(moment, kind)
            continue
        with pytest.raises(Refused) as caught:
            WHOLE.check_open(moment, kind)
        assert caught.value.code is Code.WARD_CLOSED


@given(moment=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2032, 1, 1), timezones=st.just(JAPAN)))  # noqa: DTZ001 - given its zone
def test_hours_over_any_years(moment: dt.datetime) -> None:
    """As plain arithmetic has them, with the calendar's own word on holidays."""
    day, minute = moment.date(), moment.hour * 60 + moment.minute
    closed = (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    closed = closed or day == dt.date(2026, 5, 7)
    local = moment.replace(tzinfo=None)
    closed = closed or WINDOW.begins <= local < WINDOW.ends
    expected = set()
    if not closed and 390 <= minute < 1380:
        expected.add(RECORD)
    working = day.weekday() < 5 and not HolidayCalendar().holds(day)
    if not closed and working and 510 <= minute < 1020:
        expected.add(ITEMS)
    assert WHOLE.open_kinds(moment) == expected
    for kind in expected:
        closing = WHOLE.closing(kind, moment)
        assert moment < closing
        assert kind in WHOLE.open_kinds(closing - dt.timedelta(seconds=1))
        assert kind not in WHOLE.open_kinds(closing)


@given(moment=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(JAPAN)))  # noqa: DTZ001 - given its zone
def test_the_next_opening(moment: dt.datetime) -> None:
    """It is later, something is issued from then on, and nothing was a second before."""
    opens = WHOLE.opens_next(moment)
    assert opens is not None
    assert opens > moment
    assert WHOLE.open_kinds(opens)
    assert not WHOLE.open_kinds(opens - dt.timedelta(seconds=1))


def test_openings_over_the_new_year_and_after_maintenance() -> None:
    """The days between are passed over; maintenance that ends before the hours does not open anything."""
    assert WHOLE.opens_next(at(2026, 12, 28, 23)) == at(2027, 1, 4, 6, 30)
    assert WHOLE.opens_next(at(2026, 12, 5, 22, 30)) == at(2026, 12, 6, 6, 30)
    late = replace(WINDOW, ends=dt.datetime(2026, 12, 6, 9, 15))  # noqa: DTZ001 - in Japan
    assert replace(WHOLE, maintenance=(late,)).opens_next(at(2026, 12, 6, 7)) == at(2026, 12, 6, 9, 15)
    night = replace(SETTINGS, hours=(replace(SETTINGS.hours[0], week=(Span(opens=0, closes=1440),) * 7),))
    assert night.opens_next(at(2026, 12, 6, 7)) is None
    night.check_open(at(2026, 12, 6, 23, 59, 59))


def test_maintenance_of_one_kind() -> None:
    """The others are issued; the ward's own notice says maintenance only where it is the whole ward's."""
    window = replace(WINDOW, kinds=frozenset((ITEMS,)), begins=dt.datetime(2026, 11, 20, 12))  # noqa: DTZ001 - in Japan
    settings = replace(WHOLE, maintenance=(window,))
    assert settings.open_kinds(at(2026, 11, 20, 12)) == {RECORD}
    assert settings.closing(ITEMS, at(2026, 11, 20, 11)) == at(2026, 11, 20, 12)
    assert settings.maintenance_of_all(at(2026, 11, 20, 12)) is None
    assert WHOLE.maintenance_of_all(at(2026, 11, 20, 12)) == WINDOW
    assert WHOLE.maintenance_of_all(at(2026, 12, 6, 6)) is None


def test_a_holiday_moved_by_law() -> None:
    """As in 2020 and 2021, when the law moved 海の日 for one year: the settings say it before the library does."""
    moved, from_day = dt.date(2027, 7, 20), dt.date(2027, 7, 19)
    assert HolidayCalendar().holds(from_day)
    calendar = HolidayCalendar(added=frozenset((moved,)), removed=frozenset((from_day,)))
    settings = replace(WHOLE, calendar=calendar)
    assert settings.open_kinds(at(2027, 7, 19, 12)) == {RECORD, ITEMS}
    assert settings.open_kinds(at(2027, 7, 20, 12)) == {RECORD}
    assert [HolidayCalendar().holds(dt.date(2021, 7, day)) for day in (19, 22, 23)] == [False, True, True]


def test_fees_turn_at_midnight() -> None:
    """A promotion holds through its last day, in Japan's time; before any fee nothing is offered."""
    promotion = Period(begins=dt.date(2026, 4, 1), ends=dt.date(2027, 3, 31))
    settings = replace(
        SETTINGS,
        offered=(offered(RECORD, period=Period(begins=dt.date(2020, 1, 1))),),
        fees=(
            Fee(period=Period(begins=dt.date(2020, 1, 1), ends=dt.date(2026, 3, 31)), kind=RECORD, yen=300),
            Fee(period=promotion, kind=RECORD, yen=10),
            Fee(period=Period(begins=dt.date(2027, 4, 1)), kind=RECORD, yen=300),
        ),
    )
    days = (dt.date(2026, 3, 31), dt.date(2026, 4, 1), dt.date(2027, 3, 31), dt.date(2027, 4, 1))
    assert [settings.terms(day).of(RECORD).yen for day in days] == [300, 10, 10, 300]
    with pytest.raises(Refused) as caught:
        settings.terms(dt.date(2019, 12, 31))
    assert caught.value.code is Code.WARD_CLOSED
    with pytest.raises(Refused) as caught:
        settings.terms(days[0]).of(ITEMS)
    assert caught.value.code is Code.NOT_OFFERED
    assert not settings.open_kinds(at(2019, 12, 31, 12))


def test_an_age_below_the_laws() -> None:
    """No setting gives a seal certificate to somebody under 15."""
    seal = CertificateKind.SEAL_REGISTRATION
    settings = replace(SETTINGS, offered=(offered(seal, under_age=0),), fees=(Fee(period=ALWAYS, kind=seal, yen=300),))
    assert settings.terms(dt.date(2026, 11, 20)).of(seal).under_age == 15


def test_from_when_a_card_counts() -> None:
    """The registry lets a link count from the day after its own; a municipality may take it a day sooner."""
    day = dt.date(2026, 12, 31)
    assert SETTINGS.terms(day).link_day(day) == day
    assert with_rules(new_card=NewCard.SAME_DAY).terms(day).link_day(day) == dt.date(2027, 1, 1)


PERIODS = st.builds(
    lambda begins, days: Period(
        begins=dt.date(2026, 1, 1) + dt.timedelta(days=begins),
        ends=None if days is None else dt.date(2026, 1, 1) + dt.timedelta(days=begins + days),
    ),
    st.integers(0, 40),
    st.none() | st.integers(0, 20),
)


@given(one=PERIODS, others=st.lists(PERIODS, max_size=5))
def test_overlaps_and_gaps(one: Period, others: list[Period]) -> None:
    """Each as a look at every day has it."""
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=ahead) for ahead in range(80)]
    for other in others:
        assert one.overlaps(other) == any(one.holds(day) and other.holds(day) for day in days)
    missing = [day for day in days if one.holds(day) and not any(other.holds(day) for other in others)]
    assert one.gap(others) == (missing[0] if missing else None)


@given(settings=st.just(WHOLE), day=st.dates(dt.date(2001, 1, 1), dt.date(2098, 1, 1)))
def test_hours_of_a_day_are_those_of_its_kinds(settings: Settings, day: dt.date) -> None:
    """What has hours is offered, and opens before it closes."""
    hours = settings.hours_on(day)
    assert set(hours) <= set(settings.offered_on(day))
    assert all(span.opens < span.closes for span in hours.values())
