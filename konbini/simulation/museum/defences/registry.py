"""What the registry refuses, whoever enters and approves it, and what it says of itself to those that follow it."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = ["ASKED_BEYOND", "HEARTBEAT_OF_SAME_FEED", "LINKED_ONCE", "TOLD_IS_WRITTEN"]

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

ASKED_BEYOND: Final = Defence(
    name="asked-beyond-the-feed",
    duty="A registry that is asked for what follows an entry that it never wrote says that it is behind.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.publisher",
            before="    if number > reading.position().number:\n",
            after="    if number < 0:\n",
        ),
    ),
)

TOLD_IS_WRITTEN: Final = Defence(
    name="told-is-written",
    duty="A follower tells the newest entry that it applied, and the registry holds its hash against its own.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.witness",
            before="    if told.number and written is None:\n",
            after="    if told.number < 0:\n",
        ),
        Alteration(
            module="konbini.ward_server.residents.witness",
            before="    if told.number and told.newest != written:\n",
            after="    if told.number and not told.newest:\n",
        ),
    ),
)

HEARTBEAT_OF_SAME_FEED: Final = Defence(
    name="heartbeat-of-the-same-feed",
    duty="A heartbeat grants a lease alone where the feed is as long as what was applied, and ends alike.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.feed_blocks",
            before="        if heartbeat.number < self.position.number:\n",
            after="        if heartbeat.number < 0:\n",
        ),
        Alteration(
            module="konbini.ward_server.residents.feed_blocks",
            before="        if heartbeat.number == self.position.number "
            "and heartbeat.newest != self.position.newest:\n",
            after="        if not heartbeat.newest:\n",
        ),
    ),
)
