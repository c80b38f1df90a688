"""The paper exit's light barrier: true to what lies there, or broken."""

from __future__ import annotations

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.counter.printer import SimulatedPrinter

__all__ = ["SimulatedExit"]

_POLL_SECONDS = 0.2


class SimulatedExit:
    """A `konbini.kiosk.printing.exit_sensor.PaperExit`.

    Args:
        printer: whose sheets lie there.
        clock: paces `taken`.
    """

    def __init__(self, printer: SimulatedPrinter, clock: Clock) -> None:
        self._printer = printer
        self._clock = clock
        self.broken = False
        """Its controller answers nothing that is known."""
        self.sees: bool | None = None
        """What it says whatever lies there; None where it tells the truth."""

    async def occupied(self) -> bool:
        """See `PaperExit`."""
        if self.broken:
            raise Refused(Code.PRINTER_UNAVAILABLE, "paper exit: silent")
        return self._printer.lying > 0 if self.sees is None else self.sees

    async def taken(self) -> None:
        """See `PaperExit`."""
        while await self.occupied():
            await self._clock.sleep(_POLL_SECONDS)
