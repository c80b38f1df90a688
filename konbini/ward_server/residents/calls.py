"""The methods of the registry's two sockets, and what each takes and gives.

Followers (`issuing`, the clerk) reach one socket, operators the other: a follower can change nothing. A method's
arguments are the fields of its class, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.protocol.shape import Digest, Line, Sized, UpTo
from konbini.protocol.trust import Point
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.residents.changes import MOST_CHANGE_BYTES
from konbini.ward_server.residents.tree import DEPTH
from konbini.ward_server.residents.witness import Told

__all__ = [
    "MOST_ENTRIES",
    "MOST_WAIT_SECONDS",
    "OPEN_OPERATOR_METHODS",
    "SETTLING_SECONDS",
    "AccessesOf",
    "Applied",
    "Approve",
    "CertifyMessageKey",
    "Enter",
    "FeedAfter",
    "FollowerMethod",
    "Follows",
    "HeartbeatFor",
    "HeldPart",
    "HeldRowsOf",
    "HistoryOf",
    "IndividualNumberOf",
    "LookUp",
    "OperatorMethod",
    "PastRecord",
    "Pending",
    "Show",
    "StateAt",
    "StatisticsFor",
    "Withdraw",
]

MOST_ENTRIES = 2048
"""Entries in the blocks of one answer."""
MOST_WAIT_SECONDS = 30
"""How long FEED_AFTER waits for news."""
SETTLING_SECONDS = 90.0
"""How long an operator waits for APPROVE: the longest lease and some."""

_Number = Annotated[int, UpTo(2**53)]


@unique
class FollowerMethod(IntEnum):
    """On the followers' socket."""

    FEED_AFTER = 1
    """-> [block, ...]."""
    HEARTBEAT = 2
    """-> signed `Heartbeat`."""
    APPLIED = 3
    """-> null."""
    CERTIFY_MESSAGE_KEY = 4
    """-> signed `MessageKeyCertificate`."""
    INDIVIDUAL_NUMBER = 5
    """-> bytes of an `IndividualNumberPart`; recorded."""
    HELD_TREE = 21
    """-> signed `HeldTree`, once the registry's tree is built."""
    HELD_CHILDREN = 22
    """-> [hash, ...] of the 256 children of the root or of a branch of that tree."""
    HELD_BUCKET = 23
    """-> [[resident, leaf], ...] of a bucket of that tree."""
    HELD_ROWS = 24
    """-> bytes of `RowsOf`."""
    TOLD = 25
    """-> [bytes of `Told` or null, ranges that any follower used]."""
    STATE_AT = 26
    """-> [version in force at a moment, changes of that resident that the follower had not applied]."""
    LOG_REQUEST = 27
    """konbini/ward_server/audit/log_calls.py; so is the next."""
    LOG_TAKE = 28
    """Taken from whoever co-signs this log, by way of a follower."""


@unique
class OperatorMethod(IntEnum):
    """On the operators' socket."""

    ENTER = 11
    """-> id of the entered change."""
    APPROVE = 12
    """-> number of the newest entry, when no follower can issue from older facts."""
    WITHDRAW = 13
    """-> null."""
    PENDING = 14
    """-> [[id, kind, resident, entered by, entered at in Unix milliseconds, SHA-256], ...], 32 behind a place."""
    LOOK_UP = 15
    """-> bytes of `Found`; recorded as an access."""
    SHOW = 16
    """-> bytes of a waiting `Change`, its individual number in place; recorded as an access."""
    HISTORY = 31
    """-> bytes of `History`; recorded as an access."""
    PAST_RECORD = 32
    """-> bytes of `Past`; recorded as an access."""
    STATISTICS = 33
    """-> bytes of `Figures`; recorded."""
    ACCESSES = 34
    """-> bytes of `Accesses`; recorded as an access, which is among them."""


OPEN_OPERATOR_METHODS: Final = frozenset(
    {
        *(OperatorMethod.PENDING, OperatorMethod.LOOK_UP, OperatorMethod.SHOW, OperatorMethod.HISTORY),
        *(OperatorMethod.PAST_RECORD, OperatorMethod.STATISTICS, OperatorMethod.ACCESSES),
    }
)
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAfter:
    """The blocks beyond `number`: of at most `most` entries, waiting for the first for up to `wait_seconds`."""

    number: _Number
    most: Annotated[int, UpTo(2**16)]
    wait_seconds: Annotated[int, UpTo(2**16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatFor:
    """A heartbeat that answers `nonce` and grants `follower` its lease."""

    follower: Line
    nonce: Annotated[bytes, Sized(16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How far `follower` is."""

    follower: Line
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """Which follower asks."""

    follower: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPart:
    """A part of the tree that was built for `follower`: a branch by its byte, a bucket by two, the root by none."""

    follower: Line
    place: Annotated[bytes, UpTo(DEPTH)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRowsOf:
    """The residents whose rows are wanted."""

    residents: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAt:
    """A resident, a moment (Unix milliseconds), and the newest entry that the follower had applied then."""

    resident: Line
    moment: _Number
    number: _Number


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyMessageKey:
    """The message key to certify."""

    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class IndividualNumberOf:
    """The number that a record of `resident` commits to."""

    follower: Line
    resident: Line
    commitment: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """A change to enter, as `Change` bytes."""

    operator: OperatorId
    change: Annotated[bytes, UpTo(MOST_CHANGE_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """An entered change to put in force."""

    operator: OperatorId
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """An entered change to take back or turn down."""

    operator: OperatorId
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What waits for a second person, behind a change: when it was entered, and its id; behind none: 0 and nothing."""

    operator: OperatorId
    entered_at: _Number
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A waiting change to read whole."""

    operator: OperatorId
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A resident to look up, and why."""

    operator: OperatorId
    resident: Line
    reason: Annotated[str, UpTo(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOf:
    """A resident whose changes are looked up, and why."""

    operator: OperatorId
    resident: Line
    reason: Annotated[str, UpTo(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessesOf:
    """A resident, and why it is asked who looked them up."""

    operator: OperatorId
    resident: Line
    reason: Annotated[str, UpTo(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRecord:
    """A resident, a version of the record, and why it is looked up."""

    operator: OperatorId
    resident: Line
    version: Annotated[int, UpTo(2**31)]
    reason: Annotated[str, UpTo(200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsFor:
    """A month, yyyymm."""

    operator: OperatorId
    month: Annotated[int, UpTo(999_912)]
