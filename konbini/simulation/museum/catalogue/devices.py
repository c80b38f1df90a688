"""Faults of devices at the kiosk, which our code must be right in spite of."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.kiosk import (
    CARD_SIGNATURE,
    EXIT_CLEAR,
    PRINTER_AT_REST,
    SIGNED_BY_THE_CARD_READ,
)
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["CARD_SWAPPED", "PRINTS_CANCELLED"]

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

CARD_SWAPPED: Final = Mutant(
    number=19,
    name="card-swapped",
    title="A card swapped in one poll",
    story=Story(
        happened="Not published of anybody. A reader looks at its slot a few times a second; whoever exchanges cards "
        "between two looks is not seen by it.",
        fault="Before it shows the PIN to the card, the session selects the card's application once more, for readers "
        "that lose it. A card that was slipped in, which would answer that nothing is selected on it, answers as if it "
        "had been there from the beginning.",
        off="Somebody lays down a card that they found, of which they do not know the PIN. The kiosk reads its "
        "certificate; they slip in their own card and type their own PIN, which is right; their own card signs. They "
        "are handed a paper of the person whose card they found.",
        on="A signature is checked with the certificate that was read, by the kiosk in the same session, and again by "
        "issuing and by the clerk: the one card has the certificate, the other the key. The visit ends, and nothing "
        "was asked of the ward.",
    ),
    alterations=(
        Alteration(
            module="konbini.kiosk.card.dialogue",
            before="    try:\n        _select(transmit, profile.pin_file)\n",
            after="    try:\n"
            "        _has(transmit, apdu.select_application(profile.application))  # a reader may have lost it\n"
            "        _select(transmit, profile.pin_file)\n",
        ),
    ),
    defences=(SIGNED_BY_THE_CARD_READ, CARD_SIGNATURE),
    workload=Workload(profile="overload", kiosks=4, visits=60, besides=(Happening.CARDS_SWAPPED,)),
)
