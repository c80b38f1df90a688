"""A municipality's settings: read whole or refused, hours and fees by the day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.config import ConfigRefused
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options
from konbini.ward_server.issuing.settings import Leaving, Settings, read_settings

GOOD = """
municipality = "131997"
name = "東京都澄川区"
name_english = "Sumikawa City, Tokyo"
opens = "06:30"
closes = "23:00"
closed_days = ["12-29", "12-31", "02-29"]
barred_options = ["RESIDENT_CODE", "INDIVIDUAL_NUMBER"]
daily_visits = 10
leaving_bars = "household"
under_age = 15
[[fees]]
kind = "RESIDENT_RECORD"
begins = 2026-04-01
yen = 250
[[fees]]
kind = "RESIDENT_RECORD"
begins = 2020-01-01
yen = 200
"""
JAPAN = dt.timezone(dt.timedelta(hours=9))


def settings_of(folder: Path, text: str = GOOD) -> Settings:
    """Read settings."""
    path = folder / "ward.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the good ones."""
    return settings_of(tmp_path_factory.mktemp("s"))


def test_a_whole_file(settings: Settings) -> None:
    """Each entry in its place."""
    assert (settings.municipality, settings.opens, settings.closes) == ("131997", 390, 1380)
    assert settings.closed_days == {(12, 29), (12, 31), (2, 29)}
    assert settings.barred_options == Options.RESIDENT_CODE | Options.INDIVIDUAL_NUMBER
    assert (settings.leaving_bars, settings.under_age, settings.daily_visits) == (Leaving.HOUSEHOLD, 15, 10)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('opens = "06:30"', 'opens = "23:30"'),
        ('opens = "06:30"', 'opens = "6:30"'),
        ('closes = "23:00"', 'closes = "25:00"'),
        ('"12-29"', '"13-29"'),
        ('"RESIDENT_CODE"', '"RESIDENT_NAME"'),
        ("daily_visits = 10", "daily_visits = 0"),
        ('leaving_bars = "household"', 'leaving_bars = "nobody"'),
        ("under_age = 15", 'under_age = "15"'),
        ('kind = "RESIDENT_RECORD"', 'kind = "TAX"'),
        ("begins = 2026-04-01", 'begins = "2026-04-01"'),
        ("yen = 250", "yen = -1"),
        ("under_age = 15", ""),
        ("under_age = 15", "under_age = 15\nunder_ages = 15"),
        ("under_age = 15", "under_age ="),
    ],
)
def test_a_file_with_one_thing_wrong(tmp_path: Path, old: str, new: str) -> None:
    """Stops the start, and names the place."""
    assert old in GOOD
    with pytest.raises(ConfigRefused, match=r"ward\.toml|barred_options|closed_days"):
        settings_of(tmp_path, GOOD.replace(old, new, 1))


def test_fees_are_dated(settings: Settings) -> None:
    """The newest that has begun counts, whatever their order in the file; before the first there is none."""
    fee = settings.fee
    kind = CertificateKind.RESIDENT_RECORD
    assert [fee(kind, dt.date(2026, *day)) for day in ((3, 31), (4, 1))] == [200, 250]
    with pytest.raises(Refused) as caught:
        fee(kind, dt.date(2019, 12, 31))
    assert caught.value.code is Code.NOT_OFFERED


@given(moment=st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2032, 1, 1)))  # noqa: DTZ001 - given its zone below
def test_hours(settings: Settings, moment: dt.datetime) -> None:
    """Open from the first minute to the last, on every day that is not closed."""
    moment = moment.replace(tzinfo=JAPAN)
    minute = moment.hour * 60 + moment.minute
    open_now = 390 <= minute < 1380 and (moment.month, moment.day) not in {(12, 29), (12, 31), (2, 29)}
    try:
        settings.check_open(moment)
    except Refused:
        assert not open_now
    else:
        assert open_now
    assert settings.closing(moment).time() == dt.time(23)


def test_a_ward_that_never_closes(tmp_path: Path) -> None:
    """24:00 is the end of the day."""
    settings = settings_of(tmp_path, GOOD.replace("06:30", "00:00").replace("23:00", "24:00"))
    settings.check_open(dt.datetime(2026, 11, 20, 23, 59, 59, tzinfo=JAPAN))
    assert settings.closing(dt.datetime(2026, 11, 20, tzinfo=JAPAN)) == dt.datetime(2026, 11, 21, tzinfo=JAPAN)
