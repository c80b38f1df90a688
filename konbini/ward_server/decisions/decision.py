"""What two persons can decide, and what a decision is made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.protocol.codec import encode
from konbini.protocol.shape import Line, UpTo

__all__ = [
    "MOST_CONTENT_BYTES",
    "MOST_REASON",
    "MOST_SETTINGS_CONTENT_BYTES",
    "Decision",
    "DecisionKind",
    "DecisionState",
    "KeptDecision",
    "most_content",
    "most_waiting",
]

MOST_REASON = 200
MOST_CONTENT_BYTES = 1024
MOST_SETTINGS_CONTENT_BYTES = 25 * 1024
"""Of a decision that changes settings: it holds the whole text. As many as are listed at once fit into one answer."""
_MOST_SETTINGS_WAITING = 4


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
    PART_HELD = 9
    """A kiosk, a link, a kind of certificate or the whole ward gets nothing until two persons release it."""
    PART_RELEASED = 10
    """What stands still by such a decision, or for a mismatch that was asserted, is served again."""
    CASE_CLOSED = 11
    """A case is closed; the reason is the finding."""
    ORDER_SETTLED = 12
    """What became of an order in doubt is entered; it is final."""
    CERTIFICATE_WITHDRAWN = 13
    """A printed certificate is taken back: its status list says so from the next list on, for ever."""
    DAY_SETTLED = 14
    """A day's figures that differ are settled: where the difference came from is known, and stands as the reason."""
    OPERATOR_ENROLLED = 15
    """A person's passkey comes into the roll of this process: what it signs is believed here until a day."""
    SETTINGS_CHANGED = 17
    """The municipality's settings at this process are another text from here on."""
    KEYS_ROTATED = 18
    """The lists of key-encryption keys are read again, and data keys wrapped anew by the first of each."""
    MESSAGE_KEYS_RENEWED = 19
    """Message key and prekeys are made anew now; visits that are open end."""


@unique
class DecisionState(IntEnum):
    """Where a decision stands."""

    ENTERED = 1
    AGREED = 2
    DECLINED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be decided; `content` is what the kind needs beside the reason, `most_content` bytes at most."""

    kind: DecisionKind
    reason: Annotated[str, UpTo(MOST_REASON)]
    content: Annotated[bytes, UpTo(MOST_SETTINGS_CONTENT_BYTES)] = b""

    def digest(self) -> bytes:
        """SHA-256 of what the second person agrees to."""
        return hashlib.sha256(encode(["konbini/1 decision", int(self.kind), self.reason, self.content])).digest()


def most_content(kind: DecisionKind) -> int:
    """Give how many bytes a decision's content may have."""
    return MOST_SETTINGS_CONTENT_BYTES if kind is DecisionKind.SETTINGS_CHANGED else MOST_CONTENT_BYTES


def most_waiting(kind: DecisionKind) -> int | None:
    """Give how many decisions of a kind may wait at once; None: as many as are entered.

    Whole texts are long, and all that wait are listed: one operator must not make the list unreadable.
    """
    return _MOST_SETTINGS_WAITING if kind is DecisionKind.SETTINGS_CHANGED else None


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
