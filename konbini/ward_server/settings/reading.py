"""Reads the settings of a municipality from one TOML text; docs/settings.md names every entry.

A wrong file stops the start: the refusal names the file, the entry, the line and the reason. Beside each entry the
sections are held against each other: none of one thing overlap, and whenever a kind is offered there are hours, a fee
and rules for it.
"""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from konbini.process.config import ConfigRefused, Table, minute_of_day, table_of
from konbini.protocol.kinds import MOST_ORDERS, CertificateKind, Options
from konbini.ward_server.settings.calendar import DayRange, HolidayCalendar, Period
from konbini.ward_server.settings.hours import ClosedDays, Hours, Maintenance, Span
from konbini.ward_server.settings.retention import CountedFrom, Kept, Retention, Term
from konbini.ward_server.settings.settings import Fee, Leaving, NewCard, Offered, Rules, Settings

__all__ = ["MOST_SETTINGS_BYTES", "read_settings", "read_settings_of", "read_text", "settings_of_text"]

MOST_SETTINGS_BYTES = 24_576
"""Of a text of settings: what two persons can compare, and what a list of waiting decisions can carry."""

_TEXT = Path("settings")
"""What a text that stands in no file is called."""
_MOST_LINES = 1000
_MOST_OF_A_LINE = 1000
_MOST_SECTIONS = 200
"""Of one name: each is held against each other."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORKING = 5
_CLOSED = "closed"
_MOST_YEN = 100_000
_MOST_AGE = 15
"""The resident's sentence for the refusal says 15 (15歳未満)."""
_ALL = frozenset(CertificateKind)
_COUNTED = {"day": CountedFrom.DAY, "fiscal-year": CountedFrom.FISCAL_YEAR}


class _Dated(Protocol):
    @property
    def period(self) -> Period:
        """Its time."""


S = TypeVar("S", bound=_Dated)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read(Generic[T]):
    """A section and its table, which can name its place."""

    section: T
    table: Table


def read_settings(path: Path) -> Settings:
    """Read and check the file.

    Raises:
        ConfigRefused: naming file, entry, line and reason.
        OSError: it cannot be read.
    """
    return _settings(table_of(read_text(path), path))


def read_settings_of(path: Path, municipality: str) -> Settings:
    """Read and check the file of one municipality.

    Raises:
        ConfigRefused: as `read_settings`, or they are another's.
        OSError: it cannot be read.
    """
    return settings_of_text(read_text(path), municipality, path)


def read_text(path: Path) -> str:
    """Read the file's text.

    Raises:
        ConfigRefused: it is not UTF-8.
        OSError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigRefused(f"{path.name}: {error}") from error


def settings_of_text(text: str, municipality: str, path: Path = _TEXT) -> Settings:
    """Read and check the settings of one municipality.

    Args:
        text: TOML.
        municipality: whose they must be.
        path: by whose name they are refused.

    Raises:
        ConfigRefused: as `read_settings`, or they are another's, or longer than what can be changed afterwards, or
            hold a character that does not show.
    """
    if len(text.encode()) > MOST_SETTINGS_BYTES or text.count("\n") > _MOST_LINES:
        raise ConfigRefused(f"{path.name}: longer than {MOST_SETTINGS_BYTES} bytes or {_MOST_LINES} lines")
    settings = _settings_of(text, path)
    if settings.municipality != municipality:
        raise ConfigRefused(f"{path.name}: of {settings.municipality}, and the process is of {municipality}")
    return settings


@functools.lru_cache(maxsize=4)  # the file's text and the kept one, which most often are one
def _settings_of(text: str, path: Path) -> Settings:
    _check_lines(text, path)
    return _settings(table_of(text, path))


def _check_lines(text: str, path: Path) -> None:
    """Refuse what a person who compares two texts would not see: marks of direction, marks without width.

    A line that goes on for ever nobody compares either, and a key of thousands of parts takes a parser seconds.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _MOST_OF_A_LINE:
            raise ConfigRefused(f"{path.name}: longer than {_MOST_OF_A_LINE} characters (line {number})")
        if not line.removesuffix("\r").replace("\t", "").replace("　", "").isprintable():
            raise ConfigRefused(f"{path.name}: a character that does not show (line {number})")


def _settings(read: Table) -> Settings:
    with read as table:
        hours = _sections(table, "hours", _hours)
        closed = _sections(table, "closed", _closed, least=0)
        maintenance = _sections(table, "maintenance", _maintenance, least=0)
        offered = _sections(table, "kinds", _offered)
        fees = _sections(table, "fees", _fee)
        rules = _sections(table, "rules", _rules)
        retention = _sections(table, "retention", _retention, least=0)
        _check_hours(hours)
        _check_apart(closed, lambda _one, _other: True)
        _check_maintenance(maintenance)
        _check_apart(offered, lambda one, other: one.kind is other.kind)
        _check_apart(fees, lambda one, other: one.kind is other.kind)
        _check_apart(rules, lambda _one, _other: True)
        _check_apart(retention, lambda one, other: one.kept is other.kept)
        for one in offered:
            kind = one.section.kind
            _check_covered(one, "hours", [other.section for other in hours if not other.section.kinds])
            _check_covered(one, "fee", [other.section for other in fees if other.section.kind is kind])
            _check_covered(one, "rules", [other.section for other in rules])
        return Settings(
            municipality=table.text("municipality"),
            name=table.text("name"),
            name_english=table.text("name_english"),
            hours=_plain(hours),
            closed=_plain(closed),
            maintenance=_plain(maintenance),
            offered=_plain(offered),
            fees=_plain(fees),
            rules=_plain(rules),
            calendar=_calendar(table),
            retention=_plain(retention),
        )


def _sections(table: Table, key: str, read: Callable[[Table], T], *, least: int = 1) -> tuple[_Read[T], ...]:
    if not least and not table.has(key):
        return ()
    parts, found = table.parts(key), []
    if len(parts) > _MOST_SECTIONS:
        raise parts[_MOST_SECTIONS].refused("begins", f"more than {_MOST_SECTIONS} of one name")
    for part in parts:
        with part:
            found.append(_Read(section=read(part), table=part))
    return tuple(found)


def _plain(sections: Iterable[_Read[T]]) -> tuple[T, ...]:
    return tuple(one.section for one in sections)


def _period(part: Table) -> Period:
    begins = part.day("begins")
    ends = part.day("ends") if part.has("ends") else None
    if ends is not None and ends < begins:
        raise part.refused("ends", "before begins")
    return Period(begins=begins, ends=ends)


def _kinds(part: Table) -> frozenset[CertificateKind]:
    """Take the kinds that a section is for; without the entry it is for all, which an empty set stands for."""
    if not part.has("kinds"):
        return frozenset()
    names = part.texts("kinds")
    unknown = sorted(set(names) - set(CertificateKind.__members__))
    if unknown:
        raise part.refused("kinds", f"unknown: {', '.join(unknown)}")
    return frozenset(CertificateKind[name] for name in names)


def _kind(part: Table) -> CertificateKind:
    return part.convert("kind", lambda name: CertificateKind[name])


def _hours(part: Table) -> Hours:
    spans = {
        key: part.convert(key, _span) for key in (*_DAYS, "weekdays", "weekends", "daily", "holidays") if part.has(key)
    }
    week = []
    for place, day in enumerate(_DAYS):
        group = "weekdays" if place < _WORKING else "weekends"
        named = [key for key in (day, group, "daily") if key in spans]
        if not named:
            raise part.refused(day, f"no hours: neither {day} nor {group} nor daily is there")
        week.append(spans[named[0]])
    return Hours(
        period=_period(part),
        kinds=_kinds(part),
        week=tuple(week),
        holidays=spans.get("holidays"),
        keep_holidays="holidays" in spans,
    )


def _span(text: str) -> Span | None:
    if text == _CLOSED:
        return None
    opens, separator, closes = text.partition("-")
    if not separator:
        raise ValueError("hours are HH:MM-HH:MM, or closed")
    span = Span(opens=minute_of_day(opens), closes=minute_of_day(closes))
    if span.opens >= span.closes:
        raise ValueError("opens no earlier than it closes")
    return span


def _closed(part: Table) -> ClosedDays:
    days = part.texts("days", least=0) if part.has("days") else ()
    try:
        ranges = tuple(_range(text) for text in days)
    except ValueError as error:
        raise part.refused("days", str(error)) from error
    dates = frozenset(part.days("dates")) if part.has("dates") else frozenset()
    return ClosedDays(period=_period(part), days=ranges, dates=dates)


def _range(text: str) -> DayRange:
    first, _, last = text.partition("..")
    return DayRange(first=_month_day(first), last=_month_day(last or first))


def _month_day(text: str) -> tuple[int, int]:
    try:
        day = dt.date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ValueError(f"{text!r} is no month and day, MM-DD") from error
    return day.month, day.day


def _maintenance(part: Table) -> Maintenance:
    begins, ends = part.local_moment("begins"), part.local_moment("ends")
    if ends <= begins:
        raise part.refused("ends", "not after begins")
    return Maintenance(begins=begins, ends=ends, kinds=_kinds(part))


def _offered(part: Table) -> Offered:
    names = part.texts("barred_options", least=0)
    unknown = sorted(set(names) - set(Options.__members__))
    if unknown:
        raise part.refused("barred_options", f"unknown: {', '.join(unknown)}")
    barred = functools.reduce(operator.or_, (Options[name] for name in names), Options(0))
    return Offered(
        period=_period(part),
        kind=_kind(part),
        under_age=_at_most(part, "under_age", _MOST_AGE),
        barred_options=barred,
    )


def _fee(part: Table) -> Fee:
    return Fee(period=_period(part), kind=_kind(part), yen=_at_most(part, "yen", _MOST_YEN))


def _rules(part: Table) -> Rules:
    return Rules(
        period=_period(part),
        leaving_bars=part.convert("leaving_bars", Leaving),
        moved_in_today_bars=part.boolean("moved_in_today_bars"),
        address_notice_today_bars=part.boolean("address_notice_today_bars"),
        new_card=part.convert("new_card_counts_from", NewCard),
        visits_a_day=part.integer("visits_a_day", least=1),
        certificates_a_visit=_at_most(part, "certificates_a_visit", MOST_ORDERS, least=1),
    )


def _retention(part: Table) -> Retention:
    named = [key for key in ("years", "months", "days") if part.has(key)]
    if len(named) != 1:
        raise part.refused("years", "one of years, months, days is needed")
    (unit,) = named
    return Retention(
        period=_period(part),
        kept=part.convert("kept", lambda name: Kept[name]),
        term=Term(**{unit: part.integer(unit, least=1)}),
        counted_from=part.convert("counted_from", _counted) if part.has("counted_from") else CountedFrom.DAY,
    )


def _counted(text: str) -> CountedFrom:
    if text not in _COUNTED:
        raise ValueError(f"one of {', '.join(_COUNTED)} is needed")
    return _COUNTED[text]


def _at_most(part: Table, key: str, most: int, *, least: int = 0) -> int:
    number = part.integer(key, least=least)
    if number > most:
        raise part.refused(key, f"at most {most}")
    return number


def _calendar(table: Table) -> HolidayCalendar:
    if not table.has("public_holidays"):
        return HolidayCalendar()
    with table.part("public_holidays") as part:
        added = frozenset(part.days("added")) if part.has("added") else frozenset()
        removed = frozenset(part.days("removed")) if part.has("removed") else frozenset()
        if added & removed:
            raise part.refused("removed", "a day that is added too")
        return HolidayCalendar(added=added, removed=removed)


def _check_apart(sections: Sequence[_Read[S]], same: Callable[[S, S], bool]) -> None:
    """Refuse two sections of one thing that are in force on one day."""
    for place, one in enumerate(sections):
        for number, other in enumerate(sections[:place], start=1):
            if same(one.section, other.section) and one.section.period.overlaps(other.section.period):
                raise one.table.refused("begins", f"overlaps with number {number} of the same name")


def _check_hours(hours: Sequence[_Read[Hours]]) -> None:
    def same(one: Hours, other: Hours) -> bool:
        return bool(one.kinds & other.kinds) or not (one.kinds or other.kinds)

    _check_apart(hours, same)


def _check_maintenance(windows: Sequence[_Read[Maintenance]]) -> None:
    for place, one in enumerate(windows):
        for number, other in enumerate(windows[:place], start=1):
            shares = (one.section.kinds or _ALL) & (other.section.kinds or _ALL)
            if shares and one.section.begins < other.section.ends and other.section.begins < one.section.ends:
                raise one.table.refused("begins", f"overlaps with number {number} of the same name")


def _check_covered(offered: _Read[Offered], what: str, sections: Sequence[_Dated]) -> None:
    gap = offered.section.period.gap(section.period for section in sections)
    if gap is not None:
        kind = offered.section.kind.name
        raise offered.table.refused("kind", f"{kind} is offered on {gap.isoformat()}, when no {what} is in force")
