"""What nobody took, watched until it is true no more: after a set time the shop is told, and the ward.

Who says that something was left is the visit that shows it, and this room where no visit is there to say so. A sensor
that does not answer changes nothing: what lay there is taken to lie there still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from konbini.kiosk.channel.messages import Devices
from konbini.kiosk.host.devices import DeviceWatch
from konbini.kiosk.host.left_rows import LeftRows, LyingThing
from konbini.kiosk.host.owing import Owing
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.shop.bell import BellCall
from konbini.kiosk.shop.ringing import Ringing
from konbini.process.clock import Clock, to_seconds
from konbini.process.log import logger
from konbini.protocol.kinds import LeftThings

__all__ = ["LeftWatch"]

_LOOK_SECONDS = 1.0
_CALLS = {LeftThings.CARD: BellCall.CARD, LeftThings.PAPER: BellCall.PAPER, LeftThings.COINS: BellCall.COINS}
_LIES: Mapping[LeftThings, Callable[[Devices], bool]] = {
    LeftThings.CARD: lambda devices: devices.card or not devices.reader,
    LeftThings.PAPER: lambda devices: devices.paper_in_tray,
    LeftThings.COINS: lambda devices: devices.coins_in_dish,
}

_log = logger("konbini.kiosk.host.left")


class LeftWatch:
    """Watches what was left; `after`: seconds until the shop and the ward are told."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        rows: LeftRows,
        devices: DeviceWatch,
        paper_exit: PaperExit,
        ringing: Ringing,
        owing: Owing,
        clock: Clock,
        after: float,
    ) -> None:
        self._rows = rows
        self._devices = devices
        self._exit = paper_exit
        self._ringing = ringing
        self._owing = owing
        self._clock = clock
        self._after = after
        self._seen: dict[int, float] = {}
        """When each thing was first looked at, on the monotonic clock: wall time may be set meanwhile."""
        self.told = LeftThings(0)
        """Of what the shop was told; STATE says it."""

    async def found(self, thing: LeftThings, *, visit_id: bytes | None = None, first: int = 1) -> None:
        """Take it that something was left, as a visit says; see `LeftRows.found`."""
        await self._rows.found(thing, to_seconds(self._clock.now()), visit_id=visit_id, first=first)

    async def abandoned(self, visits: tuple[bytes, ...]) -> None:
        """Look what lies there while no visit is there to say so: a visit's process died, or the kiosk's power went.

        Args:
            visits: those that the ward opened and nobody closed; the paper is of the last.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`: whether paper lies there is unknown; to be asked again.
        """
        if not visits:
            return
        if await self._exit.occupied():
            await self.found(LeftThings.PAPER, visit_id=visits[-1])
        devices = self._devices.devices
        if devices.reader and devices.card:
            await self.found(LeftThings.CARD)
        if devices.coins_in_dish:
            await self.found(LeftThings.COINS)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            for lying in await self._rows.lying():
                await self._look(lying)
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self, lying: LyingThing) -> None:
        now = self._clock.monotonic()
        first_seen = self._seen.setdefault(lying.number, now)
        if not _LIES[lying.thing](self._devices.devices):
            await self._gone(lying)
        elif lying.told:
            self._call(lying.thing, calling=True)
        elif now - first_seen >= self._after:
            _log.warning("left", kind=lying.thing)
            self._call(lying.thing, calling=True)
            await self._rows.told(lying, self._owing.sign_left)
            self._owing.wake()

    async def _gone(self, lying: LyingThing) -> None:
        await self._rows.gone(lying, to_seconds(self._clock.now()), self._owing.sign_left)
        self._seen.pop(lying.number, None)
        self._call(lying.thing, calling=False)
        self._owing.wake()
        _log.info("left no more", kind=lying.thing)

    def _call(self, thing: LeftThings, *, calling: bool) -> None:
        self.told = self.told | thing if calling else self.told & ~thing
        self._ringing.set(_CALLS[thing], calling=calling)
