"""The settings file: read whole or refused, and a refusal names file, entry, line and reason."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused
from konbini.protocol.kinds import CertificateKind, Options
from konbini.ward_server.settings.calendar import DayRange, Period
from konbini.ward_server.settings.hours import Span
from konbini.ward_server.settings.reading import read_settings, settings_of_text
from konbini.ward_server.settings.settings import Leaving, NewCard, Settings

EXAMPLE = Path(__file__).parents[4] / "docs" / "settings.md"
ITEMS = CertificateKind.RESIDENT_RECORD_ITEMS


def example() -> str:
    """Give the example of docs/settings.md."""
    found = re.search(r"```toml\n(.*?)```", EXAMPLE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def settings_of(folder: Path, text: str) -> Settings:
    """Read settings."""
    path = folder / "ward.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_the_example_of_the_document(tmp_path: Path) -> None:
    """Each entry in its place."""
    settings = settings_of(tmp_path, example())
    assert (settings.municipality, settings.name) == ("131997", "東京都澄川区")
    whole, office = settings.hours
    assert whole.week == (Span(opens=390, closes=1380),) * 7
    assert not whole.keep_holidays
    assert office.kinds == {ITEMS}
    assert office.week == (*(Span(opens=510, closes=1020),) * 5, None, None)
    assert (office.keep_holidays, office.holidays) == (True, None)
    (closed,) = settings.closed
    assert closed.days == (DayRange(first=(12, 29), last=(1, 3)),)
    assert closed.dates == {dt.date(2026, 5, 7)}
    (window,) = settings.maintenance
    assert (window.begins, window.kinds) == (dt.datetime(2026, 12, 5, 22), frozenset())  # noqa: DTZ001 - as written, in Japan
    assert settings.offered[0].barred_options == Options.RESIDENT_CODE
    promotion = next(fee for fee in settings.fees if fee.yen == 10)
    assert promotion.period == Period(begins=dt.date(2026, 4, 1), ends=dt.date(2027, 3, 31))
    rules = settings.rules[0]
    assert (rules.leaving_bars, rules.new_card) == (Leaving.HOUSEHOLD, NewCard.NEXT_DAY)
    assert (rules.visits_a_day, rules.certificates_a_visit) == (10, 5)
    assert settings.calendar.holds(dt.date(2027, 6, 1))


WRONG = [
    ('municipality = "131997"', "municipality = 131997", "municipality: a str is needed"),
    ('name = "東京都澄川区"', 'name = ""', "name: is empty"),
    ('name_english = "Sumikawa City, Tokyo"', "", r"name_english: a str is needed"),
    ('daily = "06:30-23:00"', 'daily = "6:30-23:00"', r"\[\[hours\]\] 1 daily"),
    ('daily = "06:30-23:00"', 'daily = "23:00-06:30"', r"\[\[hours\]\] 1 daily: opens no earlier"),
    ('daily = "06:30-23:00"', 'daily = "06:30-24:01"', r"\[\[hours\]\] 1 daily"),
    ('daily = "06:30-23:00"', 'daily = "always"', r"\[\[hours\]\] 1 daily: hours are HH:MM"),
    ('daily = "06:30-23:00"', 'weekdays = "06:30-23:00"', r"\[\[hours\]\] 1 saturday: no hours"),
    ('weekends = "closed"', 'weekends = "shut"', r"\[\[hours\]\] 2 weekends"),
    ('weekends = "closed"', 'sundays = "closed"', r"\[\[hours\]\] 2 saturday: no hours"),
    ('kinds = ["RESIDENT_RECORD_ITEMS"]', 'kinds = ["ITEMS"]', r"\[\[hours\]\] 2 kinds: unknown: ITEMS"),
    ('kinds = ["RESIDENT_RECORD_ITEMS"]', "kinds = []", r"\[\[hours\]\] 2 kinds: a list of different texts"),
    ('kinds = ["RESIDENT_RECORD_ITEMS"]', "", r"\[\[hours\]\] 2 begins: overlaps with number 1"),
    ('days = ["12-29..01-03"]', 'days = ["12-29..13-03"]', r"\[\[closed\]\] 1 days: '13-03' is no month"),
    ('days = ["12-29..01-03"]', 'days = ["year end"]', r"\[\[closed\]\] 1 days: 'year end'"),
    ("dates = [2026-05-07]", 'dates = ["2026-05-07"]', r"\[\[closed\]\] 1 dates: a list of different dates"),
    ("begins = 2026-12-05T22:00:00", "begins = 2026-12-05", r"\[\[maintenance\]\] 1 begins: a datetime"),
    ("begins = 2026-12-05T22:00:00", "begins = 2026-12-05T22:00:00Z", r"\[\[maintenance\]\] 1 begins: .*offset"),
    ("begins = 2026-12-05T22:00:00", "begins = 2026-12-06T06:00:00", r"\[\[maintenance\]\] 1 ends: not after"),
    ('kind = "RESIDENT_RECORD"\n', 'kind = "TAX"\n', r"\[\[kinds\]\] 1 kind"),
    ("under_age = 15", 'under_age = "15"', r"\[\[kinds\]\] 1 under_age: a int"),
    ("under_age = 15", "under_age = 16", r"\[\[kinds\]\] 1 under_age: at most 15"),
    ('"RESIDENT_CODE"', '"RESIDENT_NAME"', r"\[\[kinds\]\] 1 barred_options: unknown: RESIDENT_NAME"),
    ("yen = 300", "yen = -1", r"\[\[fees\]\] 1 yen: at least 0"),
    ("yen = 300", "yen = 100001", r"\[\[fees\]\] 1 yen: at most 100000"),
    ("ends = 2026-03-31", "ends = 2019-03-31", r"\[\[fees\]\] 1 ends: before begins"),
    ("ends = 2026-03-31", "ends = 2026-04-01", r"\[\[fees\]\] 2 begins: overlaps with number 1"),
    ("ends = 2026-03-31", "ends = 2026-03-30", r"\[\[kinds\]\] 1 kind: .* 2026-03-31, when no fee is in force"),
    ("ends = 2027-03-31", "ends = 2028-02-29", r"\[\[fees\]\] 3 begins: overlaps with number 2"),
    ('leaving_bars = "household"', 'leaving_bars = "nobody"', r"\[\[rules\]\] 1 leaving_bars"),
    ("moved_in_today_bars = true", "moved_in_today_bars = 1", r"\[\[rules\]\] 1 moved_in_today_bars: a bool"),
    ('new_card_counts_from = "next-day"', 'new_card_counts_from = "soon"', r"\[\[rules\]\] 1 new_card_counts_from"),
    ("visits_a_day = 10", "visits_a_day = 0", r"\[\[rules\]\] 1 visits_a_day: at least 1"),
    ("visits_a_day = 10", "", r"\[\[rules\]\] 1 visits_a_day: a int is needed"),
    ("visits_a_day = 10", "visits_a_day = 10\nvisits_a_days = 10", r"\[\[rules\]\] 1 unknown: visits_a_days"),
    ("certificates_a_visit = 5", "certificates_a_visit = 6", r"\[\[rules\]\] 1 certificates_a_visit: at most 5"),
    ("added = [2027-06-01]", "added = [2027-06-01]\nremoved = [2027-06-01]", r"\[public_holidays\] removed"),
    ('kept = "REMOVED_RECORD"', 'kept = "EVERYTHING"', r"\[\[retention\]\] 1 kept"),
    ('kept = "ACCESS_RECORD"', 'kept = "REMOVED_RECORD"', r"\[\[retention\]\] 2 begins: overlaps with number 1"),
    ("years = 150", "years = 0", r"\[\[retention\]\] 1 years: at least 1"),
    ("years = 150", "years = 150\nmonths = 1", r"\[\[retention\]\] 1 years: one of years, months, days"),
    ("years = 150", "", r"\[\[retention\]\] 1 years: one of years, months, days"),
    ('counted_from = "fiscal-year"', 'counted_from = "now"', r"\[\[retention\]\] 2 counted_from: one of day"),
    ("visits_a_day = 10", "visits_a_day =", r"at line \d+, column \d+"),
]


@pytest.mark.parametrize(("old", "new", "reason"), WRONG)
def test_a_file_with_one_thing_wrong(tmp_path: Path, old: str, new: str, reason: str) -> None:
    """Stops the start, and names file, entry, reason and the line on which the change was made, or its table's."""
    text = example()
    assert old in text
    with pytest.raises(ConfigRefused, match=rf"ward\.toml:.*{reason}") as caught:
        settings_of(tmp_path, text.replace(old, new, 1))
    line = re.search(r"line (\d+)", str(caught.value))
    assert line is not None
    if new and "overlaps" not in reason and "when no" not in reason and "no hours" not in reason:
        assert abs(int(line[1]) - (text[: text.index(old)].count("\n") + 1)) <= 2


def test_sections_that_do_not_meet(tmp_path: Path) -> None:
    """Hours, fees and rules must be in force on every day on which a kind is offered, and not on others."""
    text = example()
    rules = text[text.index("[[rules]]") : text.index("[public_holidays]")]
    for what, gone in (("rules", rules.replace("begins = 2020-01-01", "begins = 2020-01-02")),):
        with pytest.raises(ConfigRefused, match=f"2020-01-01, when no {what} is in force"):
            settings_of(tmp_path, text.replace(rules, gone))
    with pytest.raises(ConfigRefused, match="2020-01-01, when no hours is in force"):
        settings_of(tmp_path, text.replace("begins = 2020-01-01", "begins = 2020-01-02", 1))
    first = "[[kinds]]\nbegins = 2020-01-01"
    assert first in text
    settings_of(tmp_path, text.replace(first, "[[kinds]]\nbegins = 2021-01-01"))


HARD = {
    "nested": "a = " + "[" * 12_000,
    "inline tables": "a = " + "{a=" * 6_000,
    "dotted": "a" + ".a" * 11_000 + " = 1",
    "dotted, line by line": "\n".join(f"a{number}" + ".a" * 450 + " = 1" for number in range(23)),
    "digits": "a = " + "1" * 20_000,
    "long": "#" * 30_000,
    "lines": "\n" * 1_500,
    "sections": "[[maintenance]]\nbegins = 2026-12-05T22:00:00\nends = 2026-12-06T06:00:00\n" * 250,
    "unseen": "# \u202e",
    "without width": "# \u200b",
    "another line's end": "# \u2028",
}


@pytest.mark.parametrize("name", HARD)
def test_a_text_that_is_hard_to_read_is_refused_in_time(name: str) -> None:
    """What somebody may enter at a console costs a process no second, whatever it is."""
    begun = time.monotonic()
    with pytest.raises(ConfigRefused):
        settings_of_text(example() + HARD[name], "131997")
    assert time.monotonic() - begun < 2


def test_a_text_of_the_most_sections_is_read_in_time() -> None:
    """Each is held against each other."""
    days = [dt.date(2027, 1, 1) + dt.timedelta(days=number) for number in range(199)]
    text = example() + "".join(f"[[maintenance]]\nbegins = {day}T01:00:00\nends = {day}T02:00:00\n" for day in days)
    begun = time.monotonic()
    assert len(settings_of_text(text, "131997").maintenance) == 200
    assert time.monotonic() - begun < 2


def test_another_municipality_is_refused() -> None:
    """Whoever changes settings does not make the ward another one."""
    with pytest.raises(ConfigRefused, match="of 131997, and the process is of 131016"):
        settings_of_text(example(), "131016")
