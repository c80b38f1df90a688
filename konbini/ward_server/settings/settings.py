"""One municipality's settings, and which of their dated sections counts at a moment. Pure; docs/settings.md.

Invariants, which `reading` checks: no two sections of one thing are in force on one day, and on every day on which a
kind is offered there are hours, a fee and rules. Moments are in Japan's time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique

from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind, Options
from konbini.ward_server.certificates.conditions import CONDITIONS
from konbini.ward_server.settings.calendar import HolidayCalendar, Period
from konbini.ward_server.settings.hours import ClosedDays, Hours, Maintenance, Span, hours_on, minute_of
from konbini.ward_server.settings.retention import Retention

__all__ = ["Fee", "KindTerms", "Leaving", "NewCard", "Offered", "Rules", "Settings", "Terms"]

_DAYS_AHEAD = 62
_A_DAY = dt.timedelta(days=1)


@unique
class Leaving(Enum):
    """Whom a planned move out (転出予定) bars."""

    PERSON = "person"
    HOUSEHOLD = "household"


@unique
class NewCard(Enum):
    """From when a card's new serial counts (コンビニ交付シリアル番号)."""

    NEXT_DAY = "next-day"
    SAME_DAY = "same-day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """That a kind is offered, to whom and with what; below `under_age` it is not issued."""

    period: Period
    kind: CertificateKind
    under_age: int
    barred_options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A kind's fee in yen."""

    period: Period
    kind: CertificateKind
    yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for all kinds.

    Attributes:
        leaving_bars: whom a planned move out bars.
        moved_in_today_bars: whether a holder who moved in today gets nothing.
        address_notice_today_bars: whether one whose address notice (届出) is of today does.
        new_card: from when a new card counts.
        visits_a_day: visits a card may open in a day.
        certificates_a_visit: certificates that may be printed in one visit.
    """

    period: Period
    leaving_bars: Leaving
    moved_in_today_bars: bool
    address_notice_today_bars: bool
    new_card: NewCard
    visits_a_day: int
    certificates_a_visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTerms:
    """A kind on one day: its fee, the age below which it is not issued, the options that are barred."""

    yen: int
    under_age: int
    barred_options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What counts on one day."""

    rules: Rules
    kinds: Mapping[CertificateKind, KindTerms]

    def of(self, kind: CertificateKind) -> KindTerms:
        """Give a kind's terms.

        Raises:
            Refused: `NOT_OFFERED`.
        """
        if kind not in self.kinds:
            raise Refused(Code.NOT_OFFERED, f"{kind.name} is not offered today")
        return self.kinds[kind]

    def link_day(self, day: dt.date) -> dt.date:
        """Give the day by which a card's link must count: the registry lets a link count from the day after its own."""
        return day + _A_DAY if self.rules.new_card is NewCard.SAME_DAY else day


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One municipality's settings."""

    municipality: str
    name: str
    name_english: str
    hours: Sequence[Hours]
    closed: Sequence[ClosedDays]
    maintenance: Sequence[Maintenance]
    offered: Sequence[Offered]
    fees: Sequence[Fee]
    rules: Sequence[Rules]
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)
    retention: tuple[Retention, ...] = ()

    def terms(self, day: dt.date) -> Terms:
        """Give what counts on a day.

        Raises:
            Refused: `WARD_CLOSED`: nothing is offered on that day.
        """
        offered = [one for one in self.offered if one.period.holds(day)]
        rules = [one for one in self.rules if one.period.holds(day)]
        if not offered or not rules:
            raise Refused(Code.WARD_CLOSED, "nothing is offered today")
        fees = {fee.kind: fee.yen for fee in self.fees if fee.period.holds(day)}
        return Terms(
            rules=rules[0],
            kinds={
                one.kind: KindTerms(
                    yen=fees[one.kind],
                    under_age=max(one.under_age, CONDITIONS[one.kind].least_age),
                    barred_options=one.barred_options,
                )
                for one in offered
            },
        )

    def offered_on(self, day: dt.date) -> tuple[CertificateKind, ...]:
        """Give the kinds that are offered on a day."""
        return tuple(sorted(one.kind for one in self.offered if one.period.holds(day)))

    def hours_of(self, kind: CertificateKind, day: dt.date) -> Span | None:
        """Give a kind's hours on a day, maintenance apart; None where it is closed or not offered."""
        if kind not in self.offered_on(day):
            return None
        if any(closed.holds(day) for closed in self.closed):
            return None
        return hours_on(kind, day, self.hours, self.calendar)

    def hours_on(self, day: dt.date) -> dict[CertificateKind, Span]:
        """Give the hours of every kind that has any on a day."""
        spans = {kind: self.hours_of(kind, day) for kind in CertificateKind}
        return {kind: span for kind, span in spans.items() if span is not None}

    def open_kinds(self, moment: dt.datetime) -> frozenset[CertificateKind]:
        """Give the kinds that may be issued at a moment."""
        local = _local(moment)
        kept = {kind for window in self.maintenance if window.holds(local) for kind in _kinds_of(window)}
        hours = self.hours_on(local.date())
        return frozenset(kind for kind, span in hours.items() if span.holds(minute_of(local)) and kind not in kept)

    def check_open(self, moment: dt.datetime, kind: CertificateKind | None = None) -> None:
        """Refuse where nothing is issued at a moment, or not this kind.

        Raises:
            Refused: `WARD_CLOSED`.
        """
        open_now = self.open_kinds(moment)
        if not open_now or (kind is not None and kind not in open_now):
            raise Refused(Code.WARD_CLOSED)

    def closing(self, kind: CertificateKind, moment: dt.datetime) -> dt.datetime:
        """Give when a kind that is open at `moment` closes: by its hours, or by maintenance before.

        Raises:
            Refused: `WARD_CLOSED`: it is not open.
        """
        self.check_open(moment, kind)
        local = _local(moment)
        span = self.hours_on(local.date())[kind]
        windows = (window.begins for window in self.maintenance if window.is_of(kind) and window.begins > local)
        return min((_at(local.date(), span.closes), *windows)).replace(tzinfo=JAPAN)

    def maintenance_of_all(self, moment: dt.datetime) -> Maintenance | None:
        """Give the first interruption of the whole ward that is not over."""
        local = _local(moment)
        coming = (window for window in self.maintenance if not window.kinds and local < window.ends)
        return min(coming, key=lambda window: window.begins, default=None)

    def opens_next(self, moment: dt.datetime) -> dt.datetime | None:
        """Give the next moment at which issuing begins again; None where it does not within two months."""
        local = _local(moment)
        for ahead in range(_DAYS_AHEAD):
            for candidate in sorted(self._openings(local.date() + ahead * _A_DAY)):
                if candidate > local and self.open_kinds(candidate) and not self.open_kinds(_before(candidate)):
                    return candidate.replace(tzinfo=JAPAN)
        return None

    def _openings(self, day: dt.date) -> set[dt.datetime]:
        """Give the moments of a day at which something may begin."""
        opened = {_at(day, span.opens) for span in self.hours_on(day).values()}
        return opened | {window.ends for window in self.maintenance if window.ends.date() == day}


def _kinds_of(window: Maintenance) -> frozenset[CertificateKind]:
    return window.kinds or frozenset(CertificateKind)


def _local(moment: dt.datetime) -> dt.datetime:
    """Give a moment as it is written in Japan, without its offset."""
    return moment.replace(tzinfo=None) if moment.tzinfo is None else moment.astimezone(JAPAN).replace(tzinfo=None)


def _at(day: dt.date, minute: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)


def _before(moment: dt.datetime) -> dt.datetime:
    return moment - dt.timedelta(seconds=1)
