"""A resident's card with a PIN that is a marker: twelve digits of chance, which no other octets here spell."""

from __future__ import annotations

from dataclasses import dataclass, replace

from konbini.process.entropy import Entropy
from konbini.simulation.card.applet import Card
from konbini.simulation.card.layout import INDIVIDUAL_NUMBER_CARD, CardLayout, FileEntry, Slot
from konbini.simulation.town.people import Townsperson
from konbini.simulation.town.town import Town
from tests.e2e.proofs.marked_visit import MARKED_CARD

__all__ = ["PinCard", "marked_card"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCard:
    """A card, and what its holder types."""

    card: Card
    pin: str


def marked_card(town: Town, person: Townsperson, entropy: Entropy) -> PinCard:
    """Give the card of a resident, keys and certificate as they are, with a PIN of its own.

    Raises:
        ValueError: the resident has none.
    """
    if person.card is None:
        raise ValueError("this resident has no card")
    length = MARKED_CARD.pin_length
    pin = f"{int.from_bytes(entropy.token(8)) % 10**length:0{length}d}"
    content = replace(town.stock().content(person.card), pin=pin.encode("ascii"))
    return PinCard(card=Card(content, layout=_layout(length)), pin=pin)


def _layout(length: int) -> CardLayout:
    jpki, *beside = INDIVIDUAL_NUMBER_CARD.applications
    files = tuple(_pin_of(length, entry) for entry in jpki.files)
    marked = (replace(jpki, files=files), *beside)
    return replace(INDIVIDUAL_NUMBER_CARD, token=MARKED_CARD.token_name, applications=marked)


def _pin_of(length: int, entry: FileEntry) -> FileEntry:
    if entry.slot is not Slot.AUTH_PIN or entry.pin is None:
        return entry
    return replace(entry, pin=replace(entry.pin, shortest=length, longest=length))
