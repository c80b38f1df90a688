"""A registry that carries out a list of changes and says which were answered; run as a program by the tests.

    changing_child.py CONFIG [before|after N]

Prints `approved <change number> <feed number>` for each answer. With `before N` or `after N` it ends itself with
SIGKILL at that edge of its N-th commit. Started again on the same file it goes on where the register stands.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.protocol.errors import Refused
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    ChangeKind,
    LeavingPlanned,
    RecordWritten,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.config import read_config
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.registry import Registry
from tests.crashing import Crash
from tests.records import written

RESIDENT = "000000000000001"
CARD, FRESH = (CardSerial(issuer_key_id=b"issuer", serial=bytes([serial])) for serial in (1, 2))
MEASURE = Restriction(name="2026-017", planned_end=None)


def steps(municipality: str) -> tuple[tuple[ChangeKind, Body, int], ...]:
    """Give the changes, in order: each fits only after the one before."""
    arrival = RecordWritten(
        record=written(RESIDENT, municipality=municipality), individual_number="123456789018", postcode=""
    )
    return (
        (ChangeKind.MOVE_IN, arrival, 0),
        (ChangeKind.CARD_LINKED, CardLinked(card=CARD, replaces=None), 0),
        (ChangeKind.CARD_LINKED, CardLinked(card=FRESH, replaces=CARD), 0),
        (ChangeKind.MEASURE_SET, MEASURE, 0),
        (ChangeKind.LEAVING, LeavingPlanned(day=20261001), 1),
        (ChangeKind.MEASURE_RELEASED, MEASURE, 1),
        (ChangeKind.CARD_ENDED, CardEnded(card=FRESH), 1),
    )


async def main() -> None:
    """Carry the list out; a change that is in force already is refused by the register and passed over."""
    config = read_config(Path(sys.argv[1]))
    watch = Crash(sys.argv[2], nth=int(sys.argv[3])) if sys.argv[2:] else None
    clock = SystemClock()
    async with open_registry(config, clock, SystemEntropy(), watch=watch) as rooms:
        registry = Registry(rooms.store, rooms.pen, Acknowledging((), clock), clock)
        for waiting in await registry.pending("bando"):
            number = await registry.approve("bando", waiting.change_id)
            os.write(1, f"approved again {number}\n".encode())
        for place, (kind, body, seen) in enumerate(steps(config.municipality), start=1):
            change = new_change(kind, RESIDENT, body, seen=seen, effective=20260921, source="届書")
            try:
                change_id = await registry.enter("aoki", change)
            except Refused as refusal:
                os.write(1, f"passed {place} {refusal.code.name}\n".encode())
                continue
            os.write(1, f"approved {place} {await registry.approve('bando', change_id)}\n".encode())


if __name__ == "__main__":
    asyncio.run(main())
