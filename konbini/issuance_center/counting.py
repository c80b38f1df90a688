"""COUNTS: what the ledger counts of the last whole days, told to each ward again and again: it may have been away."""

from __future__ import annotations

from contextlib import suppress

from konbini.issuance_center.ledger import Ledger
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.relay.routing import WardEnd
from konbini.issuance_center.trust import Trust
from konbini.process.clock import Clock, to_seconds
from konbini.protocol.accounts import CenterCounts, day_of, span_of
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.protocol.frames import Frame
from konbini.protocol.kinds import MessageKind

__all__ = ["Counting"]

_PAUSE_SECONDS = 600.0
_DAYS = 3
"""How many of the last whole days are told."""
_DAY_SECONDS = 24 * 60 * 60


class Counting:
    """Tells wards, by kiosk, in how many visits of a day an ORDER passed."""

    def __init__(self, *, trust: Trust, ledger: Ledger, lines: Lines, signing: SigningKey, clock: Clock) -> None:
        self._trust = trust
        self._ledger = ledger
        self._lines = lines
        self._signing = signing
        self._clock = clock

    async def run(self) -> None:
        """Tell every ten minutes."""
        while True:
            await self._clock.sleep(_PAUSE_SECONDS)
            await self._tell()

    async def _tell(self) -> None:
        today, _ = span_of(day_of(to_seconds(self._clock.now())))
        for back in range(1, _DAYS + 1):
            day = day_of(today - back * _DAY_SECONDS)
            counted = await self._ledger.counts(*span_of(day))
            for ward, server in self._trust.servers:
                counts = CenterCounts(ward=ward, day=day, kiosks=counted.get(ward, ()))
                frame = Frame(kind=MessageKind.COUNTS, ward=ward, body=counts.sign(self._signing))
                with suppress(Refused):  # it is not there now
                    self._lines.hand(WardEnd(ward, server), frame.to_bytes())
