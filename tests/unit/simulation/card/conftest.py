"""A card to speak to, and short words for its commands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.specimen import SpecimenIssuer

SELECT_JPKI = "00A4040C0AD392F000260100000001"


@pytest.fixture(scope="session")
def content() -> CardContent:
    """One specimen card's content; making keys is the slow part."""
    return SpecimenIssuer().content("HANAKO")


@pytest.fixture
def card(content: CardContent) -> Card:
    """A card never used, without power."""
    return Card(content)


@pytest.fixture
def say(card: Card) -> Callable[[str], str]:
    """Say a command in hex to the card, get its answer in hex."""
    return lambda command: card.transmit(bytes.fromhex(command)).hex().upper()


@pytest.fixture
def selected(say: Callable[[str], str]) -> Callable[[str], str]:
    """The same, the JPKI application being selected."""
    assert say(SELECT_JPKI) == "9000"
    return say
