"""The machine's state as one small file, replaced whole: a cut of the power leaves the old state or the new."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, cast

from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.protocol.codec import Value, decode, encode
from konbini.simulation.cash.coins import Coins
from konbini.simulation.cash.machine import Ended, Machine, Payout

__all__ = ["FULL_HOPPER", "Memory"]

_VERSION: Final = 2
_MOST_BYTES: Final = 64 * 1024
FULL_HOPPER: Final = Coins(counts=(0, 20, 50, 20, 50))
_ENDINGS: Final = (Ending.CAPTURED, Ending.GIVEN_BACK)


class Memory:
    """Keeps a machine's state at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Machine:
        """Return the state that was kept last; a new machine has a full hopper and a count of nought."""
        if not self._path.exists():
            return Machine(hopper=FULL_HOPPER)
        return _machine(cast("list[Value]", decode(self._path.read_bytes(), _MOST_BYTES)))

    def keep(self, machine: Machine) -> None:
        """Return only when the state would survive a cut of the power."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as out:
            out.write(encode(_values(machine)))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _values(machine: Machine) -> Value:
    payout = machine.payout
    return [
        _VERSION,
        list(machine.hopper.counts),
        machine.box,
        list(machine.escrow.counts),
        [machine.taken, machine.returned, machine.owed, machine.dish],
        [machine.key, machine.sum, machine.earned],
        None if payout is None else [_ended_values(payout.ended), list(payout.pieces)],
        [_ended_values(ended) for ended in machine.ends],
    ]


def _ended_values(ended: Ended) -> list[Value]:
    end = ended.settlement
    return [ended.key, _ENDINGS.index(end.ending), end.taken, end.returned, end.owed]


def _machine(values: list[Value]) -> Machine:
    """Read back what `_values` wrote; the file is the machine's own, so that anything else is a defect and raises."""
    version, hopper, box, escrow, counts, asking, payout, ends = cast("_Stored", tuple(values))
    if version != _VERSION:
        raise ValueError("the memory of another version of this machine")
    taken, returned, owed, dish = counts
    return Machine(
        hopper=Coins(counts=tuple(hopper)),
        box=box,
        escrow=Coins(counts=tuple(escrow)),
        taken=taken,
        returned=returned,
        owed=owed,
        dish=dish,
        key=asking[0],
        sum=asking[1],
        earned=asking[2],
        payout=None if payout is None else Payout(ended=_ended(payout[0]), pieces=tuple(payout[1])),
        ends=tuple(_ended(each) for each in ends),
    )


_StoredEnd = tuple[bytes, int, int, int, int]
_Stored = tuple[
    int,
    list[int],
    int,
    list[int],
    tuple[int, int, int, int],
    tuple[bytes, int, int],
    tuple[_StoredEnd, list[int]] | None,
    list[_StoredEnd],
]


def _ended(stored: _StoredEnd) -> Ended:
    key, ending, taken, returned, owed = stored
    settlement = Settlement(ending=_ENDINGS[ending], taken=taken, returned=returned, owed=owed)
    return Ended(key=key, settlement=settlement)
