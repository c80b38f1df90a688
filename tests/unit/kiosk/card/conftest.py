"""The simulated card, spoken to without PC/SC."""

from __future__ import annotations

import pytest

from konbini.kiosk.card.apdu import Answer, Octets, Transmit
from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.specimen import SpecimenIssuer


@pytest.fixture(scope="session")
def content() -> CardContent:
    """One specimen card's content; making keys is the slow part."""
    return SpecimenIssuer().content("HANAKO")


@pytest.fixture
def card(content: CardContent) -> Card:
    """A card never used."""
    return Card(content)


@pytest.fixture
def sent() -> list[Octets]:
    """The very lists that were sent to the card, as they are now."""
    return []


@pytest.fixture
def transmit(card: Card, sent: list[Octets]) -> Transmit:
    """The way to the card."""

    def carry(command: Octets) -> Answer:
        sent.append(command)
        answer = card.transmit(bytes(command))
        return Answer(data=answer[:-2], status=int.from_bytes(answer[-2:], "big"))

    return carry
