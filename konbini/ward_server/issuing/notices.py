"""NOTICE: the ward's hours, holds and stop, signed, for every kiosk to show before a card is asked for."""

from __future__ import annotations

from konbini.protocol.errors import Refused
from konbini.protocol.service import Notice
from konbini.ward_server.issuing.desk import Desk, Now
from konbini.ward_server.issuing.prekeys import MessageKey

__all__ = ["Notices"]


class Notices:
    """Gives the notice of now."""

    def __init__(self, desk: Desk, version: str) -> None:
        self._desk = desk
        self._version = version

    async def of(self, message_key: MessageKey, now: Now) -> Notice:
        """Give the notice, to be signed; where it would complete nothing, the ward counts as stopped."""
        settings = self._desk.settings
        closed_today = (now.day.month, now.day.day) in settings.closed_days
        return Notice(
            ward=self._desk.ward,
            serial=now.seconds,
            opens=settings.opens,
            closes=settings.opens if closed_today else settings.closes,
            maintenance_from=None,
            maintenance_to=None,
            held=(),
            stopped=await self._stopped(),
            version=self._version,
            message_key=message_key.certificate,
        )

    async def _stopped(self) -> bool:
        try:
            await self._desk.current.check()
        except Refused:
            return True
        return False
