"""NOTICE: the ward's hours, holds and stop, signed, for every kiosk to show before a card is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.clock import to_seconds
from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.service import MOST_BARRED, KindHours, Notice
from konbini.ward_server.issuing.desk import Desk, Question
from konbini.ward_server.issuing.ledger.barred import Barred, PartScope
from konbini.ward_server.issuing.prekeys import MessageKey
from konbini.ward_server.settings.hours import Maintenance, Span, minute_of
from konbini.ward_server.settings.opening import NextOpening
from konbini.ward_server.settings.settings import Settings

__all__ = ["Notices", "Standing", "standing_of"]


class Notices:
    """Gives the notice of now."""

    def __init__(self, desk: Desk, version: str) -> None:
        self._desk = desk
        self._version = version
        self._opening = NextOpening()

    async def of(self, message_key: MessageKey, now: Question) -> Notice:
        """Give the notice, to be signed; where it would complete nothing, the ward counts as stopped."""
        settings = now.settings
        standing, reopens = standing_of(settings, now.japan), self._opening.after(settings, now.japan)
        barred = await self._desk.ledger.barred()
        begins, ends = _maintenance(standing.maintenance, barred)
        return Notice(
            ward=self._desk.ward,
            serial=now.seconds,
            opens=standing.hours.opens,
            closes=standing.hours.closes,
            maintenance_from=begins,
            maintenance_to=ends,
            held=tuple(sorted({*standing.held, *_kinds(barred)})),
            stopped=await self._stopped(),
            version=self._version,
            message_key=message_key.certificate,
            reopens=None if reopens is None else _seconds(reopens),
            kinds=standing.kinds,
            barred=_names(barred),
        )

    async def _stopped(self) -> bool:
        try:
            await self._desk.current.check()
        except Refused:
            return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a notice says of a day's hours at a moment.

    Attributes:
        hours: from the first kind's opening to the last one's closing; none where nothing is issued now though a kind
            was, or will be, today.
        maintenance: the whole ward's, of now or to come.
        held: kinds that are offered and cannot be had now, while others can.
        kinds: those with other hours than the ward's.
    """

    hours: Span
    maintenance: Maintenance | None
    held: tuple[CertificateKind, ...]
    kinds: tuple[KindHours, ...]


def standing_of(settings: Settings, moment: dt.datetime) -> Standing:
    """Say what is open at a moment in Japan, so that a kiosk that reads the notice now decides as the ward would."""
    day = moment.date()
    offered, hours, open_now = settings.offered_on(day), settings.hours_on(day), settings.open_kinds(moment)
    opens = min((span.opens for span in hours.values()), default=0)
    whole = Span(opens=opens, closes=max((span.closes for span in hours.values()), default=opens))
    maintenance = settings.maintenance_of_all(moment)
    in_maintenance = maintenance is not None and maintenance.holds(moment.replace(tzinfo=None))
    between = whole.holds(minute_of(moment)) and not open_now and not in_maintenance
    return Standing(
        hours=Span(opens=opens, closes=opens) if between else whole,
        maintenance=maintenance,
        held=tuple(kind for kind in offered if open_now and kind not in open_now),
        kinds=tuple(_kind_hours(kind, hours.get(kind)) for kind in offered if hours and hours.get(kind) != whole),
    )


def _maintenance(planned: Maintenance | None, barred: Sequence[Barred]) -> tuple[int | None, int | None]:
    """Give from when to when nothing is issued; a ward that two persons hold has no end until they release it."""
    held = [one.since for one in barred if one.part.scope is PartScope.WARD]
    if held:
        return to_seconds(held[0]), None
    return (None, None) if planned is None else (_seconds(planned.begins), _seconds(planned.ends))


def _kinds(barred: Sequence[Barred]) -> tuple[CertificateKind, ...]:
    return tuple(CertificateKind(int(one.part.name)) for one in barred if one.part.scope is PartScope.KIND)


def _names(barred: Sequence[Barred]) -> tuple[str, ...]:
    """Give the newest kiosks and links, as many as a notice has room for; the others learn it by their refusal."""
    names = [one.part.name for one in barred if one.part.scope in (PartScope.KIOSK, PartScope.LINK)]
    return tuple(sorted(names[:MOST_BARRED]))


def _kind_hours(kind: CertificateKind, span: Span | None) -> KindHours:
    return KindHours(kind=kind, opens=0 if span is None else span.opens, closes=0 if span is None else span.closes)


def _seconds(moment: dt.datetime) -> int:
    """Give a moment of Japan, with its offset or without, in Unix seconds."""
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)).timestamp())
