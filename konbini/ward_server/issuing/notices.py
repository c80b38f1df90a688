"""NOTICE: the ward's hours, holds and stop, signed, for every kiosk to show before a card is asked for."""

from __future__ import annotations

import datetime as dt

from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.service import KindHours, Notice
from konbini.ward_server.issuing.desk import Desk, Now
from konbini.ward_server.issuing.prekeys import MessageKey
from konbini.ward_server.settings.hours import Span

__all__ = ["Notices"]


class Notices:
    """Gives the notice of now."""

    def __init__(self, desk: Desk, version: str) -> None:
        self._desk = desk
        self._version = version

    async def of(self, message_key: MessageKey, now: Now) -> Notice:
        """Give the notice, to be signed; without a lease the ward counts as stopped: it would complete nothing."""
        settings = self._desk.settings
        hours, open_now = settings.hours_on(now.day), settings.open_kinds(now.japan)
        opens = min((span.opens for span in hours.values()), default=0)
        whole = Span(opens=opens, closes=max((span.closes for span in hours.values()), default=opens))
        maintenance = settings.maintenance_of_all(now.japan)
        reopens = settings.opens_next(now.japan)
        offered = settings.offered_on(now.day)
        return Notice(
            ward=self._desk.ward,
            serial=now.seconds,
            opens=whole.opens,
            closes=whole.closes,
            maintenance_from=None if maintenance is None else _seconds(maintenance.begins),
            maintenance_to=None if maintenance is None else _seconds(maintenance.ends),
            held=tuple(kind for kind in offered if open_now and kind not in open_now),
            stopped=await self._stopped(),
            version=self._version,
            message_key=message_key.certificate,
            reopens=None if reopens is None else _seconds(reopens),
            kinds=tuple(_kind_hours(kind, hours.get(kind)) for kind in offered if hours and hours.get(kind) != whole),
        )

    async def _stopped(self) -> bool:
        try:
            await self._desk.ledger.stop.check_running()
            self._desk.check_lease()
        except Refused:
            return True
        return False


def _kind_hours(kind: CertificateKind, span: Span | None) -> KindHours:
    return KindHours(kind=kind, opens=0 if span is None else span.opens, closes=0 if span is None else span.closes)


def _seconds(moment: dt.datetime) -> int:
    """Give a moment of Japan, with its offset or without, in Unix seconds."""
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)).timestamp())
