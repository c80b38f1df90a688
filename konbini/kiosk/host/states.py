"""STATE: each minute and on change, signed by the device key, to every ward that wants it.

Its last word is what keeps the kiosk from serving, and what lies there of which the shop has been told.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.devices import Conditions, DeviceWatch
from konbini.kiosk.host.left_watch import LeftWatch
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import LeftThings, MessageKind
from konbini.protocol.service import State

__all__ = ["StateReports"]

_MINUTE = 60.0
_LOOK_SECONDS = 2.0

_log = logger("konbini.kiosk.host.states")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a STATE says, but for its moment."""

    conditions: Conditions
    fault: int
    left: LeftThings


class StateReports:
    """Reports how the parts are."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        kiosk: str,
        version: str,
        signing: SigningKey,
        devices: DeviceWatch,
        left: LeftWatch,
        link: CenterLink,
        clock: Clock,
    ) -> None:
        self._kiosk = kiosk
        self._version = version
        self._signing = signing
        self._devices = devices
        self._left = left
        self._link = link
        self._clock = clock

    async def run(self) -> None:
        """Report until cancelled."""
        told: _Said | None = None
        due = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            said = _Said(conditions=self._devices.conditions, fault=self._devices.devices.fault, left=self._left.told)
            if self._link.up and (now >= due or told != said):
                told, due = said, now + _MINUTE
                self._report(said)
            await self._clock.sleep(_LOOK_SECONDS)

    def _report(self, said: _Said) -> None:
        state = State(
            kiosk=self._kiosk,
            reader=said.conditions.reader,
            printer=said.conditions.printer,
            paper=said.conditions.paper,
            coins=said.conditions.coins,
            version=self._version,
            at=to_seconds(self._clock.now()),
            fault=said.fault,
            left=int(said.left),
        )
        try:
            self._link.send(MessageKind.STATE, state.sign(self._signing))
        except Refused as refused:
            _log.info("state not sent", code=refused.code)
