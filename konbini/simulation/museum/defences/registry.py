"""What the registry refuses, whoever enters and approves it, and what it says of itself to those that follow it."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = ["LINKED_ONCE"]

LINKED_ONCE: Final = Defence(
    name="serial-linked-once",
    duty="The registry links a card's serial once in all time; a second link is refused, whoever approves it.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.card_rules",
            before="    if reading.link(body.card) is not None:\n",
            after="    if not body.card.serial:\n",
        ),
    ),
)
