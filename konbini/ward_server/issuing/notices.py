"""NOTICE: the ward's hours, holds and stop, signed, for every kiosk to show before a card is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.service import KindHours, Notice
from konbini.ward_server.issuing.desk import Desk, Now
from konbini.ward_server.issuing.prekeys import MessageKey
from konbini.ward_server.settings.hours import Maintenance, Span, minute_of
from konbini.ward_server.settings.settings import Settings

__all__ = ["Notices", "Standing", "standing_of"]


class Notices:
    """Gives the notice of now."""

    def __init__(self, desk: Desk, version: str) -> None:
        self._desk = desk
        self._version = version

    async def of(self, message_key: MessageKey, now: Now) -> Notice:
        """Give the notice, to be signed; where it would complete nothing, the ward counts as stopped."""
        settings = self._desk.settings
        standing, reopens = standing_of(settings, now.japan), settings.opens_next(now.japan)
        maintenance = standing.maintenance
        return Notice(
            ward=self._desk.ward,
            serial=now.seconds,
            opens=standing.hours.opens,
            closes=standing.hours.closes,
            maintenance_from=None if maintenance is None else _seconds(maintenance.begins),
            maintenance_to=None if maintenance is None else _seconds(maintenance.ends),
            held=standing.held,
            stopped=await self._stopped(),
            version=self._version,
            message_key=message_key.certificate,
            reopens=None if reopens is None else _seconds(reopens),
            kinds=standing.kinds,
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


def _kind_hours(kind: CertificateKind, span: Span | None) -> KindHours:
    return KindHours(kind=kind, opens=0 if span is None else span.opens, closes=0 if span is None else span.closes)


def _seconds(moment: dt.datetime) -> int:
    """Give a moment of Japan, with its offset or without, in Unix seconds."""
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)).timestamp())
