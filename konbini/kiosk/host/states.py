"""STATE: each minute and on change, signed by the device key, to every ward that wants it."""

from __future__ import annotations

from konbini.kiosk.host.center_link import CenterLink
from konbini.kiosk.host.devices import Conditions, DeviceWatch
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.service import State

__all__ = ["StateReports"]

_MINUTE = 60.0
_LOOK_SECONDS = 2.0

_log = logger("konbini.kiosk.host.states")


class StateReports:
    """Reports how the parts are."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self, *, kiosk: str, version: str, signing: SigningKey, devices: DeviceWatch, link: CenterLink, clock: Clock
    ) -> None:
        self._kiosk = kiosk
        self._version = version
        self._signing = signing
        self._devices = devices
        self._link = link
        self._clock = clock

    async def run(self) -> None:
        """Report until cancelled."""
        told: Conditions | None = None
        due = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            if self._link.up and (now >= due or told != self._devices.conditions):
                told, due = self._devices.conditions, now + _MINUTE
                self._report(told)
            await self._clock.sleep(_LOOK_SECONDS)

    def _report(self, conditions: Conditions) -> None:
        state = State(
            kiosk=self._kiosk,
            reader=conditions.reader,
            printer=conditions.printer,
            paper=conditions.paper,
            coins=conditions.coins,
            version=self._version,
            at=to_seconds(self._clock.now()),
        )
        try:
            self._link.send(MessageKind.STATE, state.sign(self._signing))
        except Refused as refused:
            _log.info("state not sent", code=refused.code)
