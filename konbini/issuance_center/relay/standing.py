"""How far a visit has come, told from the kinds of its frames alone.

The center cannot read which order a frame speaks of. It therefore counts a visit as finished when nothing was ordered,
or when a FINAL followed the last RECEIPT and no ORDER came in between. It is in doubt when the ward asked what became
of an order, or when its time is over without that FINAL.
"""

from __future__ import annotations

from enum import IntEnum, unique

from konbini.protocol.kinds import MessageKind

__all__ = ["Phase", "Standing", "phase_after", "standing"]


@unique
class Phase(IntEnum):
    """What passed last of what matters; the number is stored."""

    NOTHING_ORDERED = 1
    ORDERED = 2
    TOLD = 3
    SETTLED = 4
    ASKED = 5


@unique
class Standing(IntEnum):
    """What the ledger says of a visit."""

    FINISHED = 1
    NOT_FINISHED = 2
    IN_DOUBT = 3


_AFTER = {
    MessageKind.ORDER: dict.fromkeys(Phase, Phase.ORDERED) | {Phase.ASKED: Phase.ASKED},
    MessageKind.RECEIPT: dict.fromkeys(Phase, Phase.TOLD),
    MessageKind.FINAL: {Phase.TOLD: Phase.SETTLED},
    MessageKind.ASK: dict.fromkeys(Phase, Phase.ASKED),
}
_AT_REST = frozenset({Phase.NOTHING_ORDERED, Phase.SETTLED})


def phase_after(phase: Phase, kind: MessageKind) -> Phase:
    """Give the phase after a frame of this kind passed; most kinds change nothing."""
    return _AFTER.get(kind, {}).get(phase, phase)


def standing(phase: Phase, *, over: bool) -> Standing:
    """Judge a visit in this phase; `over`: its time has run out."""
    if phase in _AT_REST:
        return Standing.FINISHED
    return Standing.IN_DOUBT if over or phase is Phase.ASKED else Standing.NOT_FINISHED
