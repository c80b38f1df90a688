"""What the kiosk refuses before paper comes out, and between two visits."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = ["CARD_SIGNATURE", "EXIT_CLEAR", "PRINTER_AT_REST", "PRINT_BY", "SIGNED_BY_THE_CARD_READ"]

PRINT_BY: Final = Defence(
    name="print-by",
    duty="Printing begins by the moment that the ward signed for, or not at all.",
    alterations=(
        Alteration(
            module="konbini.kiosk.visit.ordering",
            before="if self._tools.seconds() > document.print_by:",
            after="if not document.print_by:",
        ),
    ),
)

PRINTER_AT_REST: Final = Defence(
    name="printer-at-rest",
    duty="No visit begins before the printer holds no job and its counter stood still.",
    alterations=(
        Alteration(
            module="konbini.kiosk.host.visits",
            before="counter = self._expect(counter, (await self._printer.ready()).impressions)",
            after="counter = self._expect(counter, (await self._printer.status()).impressions)",
        ),
    ),
)

EXIT_CLEAR: Final = Defence(
    name="exit-clear",
    duty="No visit begins while a page lies in the exit.",
    alterations=(
        Alteration(
            module="konbini.kiosk.host.visits",
            before="self._hold(Code.PAPER_IN_EXIT if occupied else None)",
            after="self._hold(None)",
        ),
    ),
)

CARD_SIGNATURE: Final = Defence(
    name="card-signed-this-visit",
    duty="The card's signature over t is checked with the certificate that the visit names, by issuing and the clerk.",
    alterations=(
        Alteration(
            module="konbini.ward_server.asking.opening",
            before="    cards.check_signature(opening.certificate, opening.algorithm, opening.signature, t)\n",
            after="",
        ),
    ),
)

SIGNED_BY_THE_CARD_READ: Final = Defence(
    name="signed-by-the-card-read",
    duty="The kiosk checks the card's signature with the certificate that it read in the same session.",
    alterations=(
        Alteration(
            module="konbini.kiosk.card.session",
            before="if not scheme.accepts(signature, message):",
            after="if not signature:",
        ),
    ),
)
