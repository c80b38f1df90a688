"""Faults of devices at the kiosk, which our code must be right in spite of."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.kiosk import EXIT_CLEAR, PRINTER_AT_REST
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["PRINTS_CANCELLED"]

PRINTS_CANCELLED: Final = Mutant(
    number=18,
    name="prints-cancelled",
    title="A cancelled job for the next resident",
    story=Story(
        happened="Not published of anybody as such; printers that hold a page back behind a jam, call its job "
        "cancelled and print it all the same once the jam is cleared are ordinary, and the standard allows them "
        "(RFC 8011, section 5.3.7).",
        fault="A printer's, not ours: built into the printer of the simulated world, which has the habit on demand. "
        "Cancel-Job empties the queue at once, and the pages come out when they can.",
        off="A sheet jams, the fee is returned, the resident goes. Somebody clears the jam while the next resident "
        "stands there, and the last one's page comes out before them.",
        on="The kiosk believes no state of a job. No visit begins before the printer has been without a fault, without "
        "a job and with a counter that stood still for as long as a page takes; and none while a page lies in the "
        "exit, where whoever works in the shop takes it away.",
    ),
    alterations=(
        Alteration(
            module="konbini.simulation.world.counter.printer",
            before="        self.lies: tuple[Lie, ...] = ()\n",
            after="        self.lies: tuple[Lie, ...] = (Lie.PRINTS_CANCELLED,)\n",
        ),
    ),
    defences=(PRINTER_AT_REST, EXIT_CLEAR),
    workload=Workload(profile="overload", kiosks=4, visits=200, besides=(Happening.SHEETS_JAM,)),
)
