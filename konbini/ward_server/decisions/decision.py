"""What two persons can decide, and what a decision is made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.codec import encode
from konbini.protocol.shape import Line, UpTo

__all__ = ["MOST_CONTENT_BYTES", "MOST_REASON", "Decision", "DecisionKind", "DecisionState", "KeptDecision"]

MOST_REASON = 200
MOST_CONTENT_BYTES = 1024


@unique
class DecisionKind(IntEnum):
    """What is decided; which of them a process can carry out is its own affair."""

    RELEASE = 1
    """The stop is released: its cause is understood."""
    RETAKE = 2
    """The copy is emptied and applied again from the registry's signed feed, of the incarnation that is there now."""
    RESTORED = 3
    """This store was restored from a backup: it begins a new life, under numbers of a new range."""
    OUTAGE = 4
    """Outage mode (縮退運用) begins, for set hours."""
    OUTAGE_ENDS = 5
    """Outage mode ends now."""
    SEALS_AS_HOLDS = 6
    """In the outage, cancellations of seal registrations are entered here as holds: seals are certified."""
    HOLD_SET = 7
    """A resident gets nothing from this process's copy (発行抑止), decided here since the registry is away."""
    HOLD_LIFTED = 8
    """Such a hold ends; those of the registry do not end here."""


@unique
class DecisionState(IntEnum):
    """Where a decision stands."""

    ENTERED = 1
    AGREED = 2
    DECLINED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be decided; `content` is what the kind needs beside the reason, as its effect reads it."""

    kind: DecisionKind
    reason: Annotated[str, UpTo(MOST_REASON)]
    content: Annotated[bytes, UpTo(MOST_CONTENT_BYTES)] = b""

    def digest(self) -> bytes:
        """SHA-256 of what the second person agrees to."""
        return hashlib.sha256(encode(["konbini/1 decision", int(self.kind), self.reason, self.content])).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDecision:
    """A decision as a process keeps it; moments in Unix milliseconds."""

    decision_id: Line
    decision: Decision
    state: DecisionState
    entered_by: Line
    entered_at: Annotated[int, UpTo(2**53)]
    concluded_by: Line = ""
    concluded_at: Annotated[int, UpTo(2**53)] = 0
