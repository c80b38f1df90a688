"""Faults of our own making at the source: what a serial stands for, and what the registry's numbers stand for."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.registry import LINKED_ONCE
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["SERIAL_OF_TWO_ISSUERS"]

SERIAL_OF_TWO_ISSUERS: Final = Mutant(
    number=20,
    name="serial-of-two-issuers",
    title="One serial under two issuers",
    story=Story(
        happened="Not published of anybody. A serial is unique with its issuer alone (RFC 5280, section 4.1.2.2), and "
        "a ward has two issuers at least: that of the number cards, and its own.",
        fault="The keyed hash under which a card is looked up leaves the issuer out.",
        off="Somebody is handed a card of the ward's own whose serial is that of another resident's number card. The "
        "link takes the place of the other one, at the registry and in every copy; whoever comes with the number card "
        "is handed a paper of the person with the ward's card. The clerk, which looks for itself, looks under the same "
        "hash.",
        on="To the registry it is one serial that is linked a second time, and it refuses, though two persons want it. "
        "It is the one defence: a wrong link at the source is copied as it is, and seen by nothing that stands behind "
        "it.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.storage.keyed_hash",
            before='return self._digest("card", issuer_key_id, serial)',
            after='return self._digest("card", serial)',
        ),
    ),
    defences=(LINKED_ONCE,),
    workload=Workload(profile="overload", kiosks=6, visits=200, besides=(Happening.SERIALS_MEET,)),
)
