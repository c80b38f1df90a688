"""What NOTICE says of hours: a kiosk that reads it decides as the ward would, before it asks for a card."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.service import KindHours, Notice
from konbini.ward_server.issuing.notices import standing_of
from konbini.ward_server.settings.calendar import DayRange
from konbini.ward_server.settings.hours import ClosedDays, Hours, Maintenance, Span
from konbini.ward_server.settings.settings import Settings
from tests.municipality import ALWAYS, SETTINGS

RECORD, ITEMS = CertificateKind.RESIDENT_RECORD, CertificateKind.RESIDENT_RECORD_ITEMS
MORNING, AFTERNOON = Span(opens=480, closes=600), Span(opens=840, closes=960)


def at(*moment: int) -> dt.datetime:
    """Give a moment in Japan."""
    return dt.datetime(*moment, tzinfo=JAPAN)  # type: ignore[misc,arg-type] # year to second


def pattern(kind: CertificateKind, span: Span) -> Hours:
    """Give a kind hours of its own, on working days."""
    return Hours(period=ALWAYS, kinds=frozenset((kind,)), week=(*(span,) * 5, None, None), keep_holidays=True)


def window(begins: dt.datetime, hours: int, *kinds: CertificateKind) -> Maintenance:
    """Plan an interruption."""
    local = begins.replace(tzinfo=None)
    return Maintenance(begins=local, ends=local + dt.timedelta(hours=hours), kinds=frozenset(kinds))


WHOLE = replace(
    SETTINGS,
    hours=(*SETTINGS.hours, pattern(ITEMS, MORNING)),
    closed=(ClosedDays(period=ALWAYS, days=(DayRange(first=(12, 29), last=(1, 3)),), dates=frozenset()),),
    maintenance=(window(at(2026, 11, 20, 12), 2), window(at(2026, 11, 24, 9), 1, ITEMS)),
)
APART = replace(WHOLE, hours=(*SETTINGS.hours, pattern(RECORD, MORNING), pattern(ITEMS, AFTERNOON)))


def notice(settings: Settings, moment: dt.datetime) -> Notice:
    """Give the notice of a moment."""
    standing, reopens = standing_of(settings, moment), settings.opens_next(moment)
    maintenance = standing.maintenance
    return Notice(
        ward="131997",
        serial=1,
        opens=standing.hours.opens,
        closes=standing.hours.closes,
        maintenance_from=None if maintenance is None else int(maintenance.begins.replace(tzinfo=JAPAN).timestamp()),
        maintenance_to=None if maintenance is None else int(maintenance.ends.replace(tzinfo=JAPAN).timestamp()),
        held=standing.held,
        stopped=False,
        version="1",
        message_key=b"",
        reopens=None if reopens is None else int(reopens.timestamp()),
        kinds=standing.kinds,
        barred=(),
    )


@given(
    moment=st.datetimes(dt.datetime(2026, 11, 16), dt.datetime(2027, 1, 12), timezones=st.just(JAPAN)),  # noqa: DTZ001 - given its zone
    settings=st.sampled_from([WHOLE, APART]),
)
def test_a_kiosk_decides_as_the_ward(moment: dt.datetime, settings: Settings) -> None:
    """At the moment of the notice it lets a visit begin exactly where something is issued; what is held is not."""
    told, open_now = notice(settings, moment), settings.open_kinds(moment)
    seconds = int(moment.timestamp())
    assert told.refusal(seconds) is (None if open_now else Code.WARD_CLOSED)
    if open_now:
        assert set(told.held) == set(settings.offered_on(moment.date())) - open_now
    assert told.reopens is not None
    assert told.reopens > seconds


def test_what_a_day_says() -> None:
    """A kind's own hours, its interruption, the whole ward's, and the way over the new year."""
    friday = standing_of(WHOLE, at(2026, 11, 20, 11))
    assert (friday.hours, friday.held) == (Span(opens=390, closes=1380), (ITEMS,))
    assert friday.kinds == (KindHours(kind=ITEMS, opens=480, closes=600),)
    assert friday.maintenance == WHOLE.maintenance[0]
    saturday = standing_of(WHOLE, at(2026, 11, 21, 9))
    assert saturday.kinds == (KindHours(kind=ITEMS, opens=0, closes=0),)
    tuesday = standing_of(WHOLE, at(2026, 11, 24, 9, 30))
    assert (tuesday.held, tuesday.maintenance) == ((ITEMS,), None)
    closed = standing_of(WHOLE, at(2026, 12, 31, 12))
    assert (closed.hours.opens, closed.hours.closes, closed.held, closed.kinds) == (0, 0, (), ())
    assert notice(WHOLE, at(2026, 12, 31, 12)).reopens == int(at(2027, 1, 4, 6, 30).timestamp())
    between = standing_of(APART, at(2026, 11, 19, 12))
    assert between.hours.opens == between.hours.closes
    assert notice(APART, at(2026, 11, 19, 12)).reopens == int(at(2026, 11, 19, 14).timestamp())
