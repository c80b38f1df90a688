"""The methods of the registry's two sockets, and what each takes and gives.

Followers (`issuing`, the clerk) reach one socket, operators the other: a follower can change nothing.

    FEED_AFTER           [number, most, wait seconds]     -> [signed entry, ...]  what follows `number`, at most `most`;
                                                             waits for news for up to `wait seconds` (30 at most)
    HEARTBEAT            [follower, nonce of 16 bytes]    -> signed Heartbeat; grants the follower a lease
    APPLIED              [follower, number]               -> null
    CERTIFY_MESSAGE_KEY  [point of 65 bytes]              -> signed MessageKeyCertificate, for a day
    INDIVIDUAL_NUMBER    [follower, resident, commitment] -> IndividualNumberPart bytes; recorded

    ENTER                [operator, change bytes]         -> id of the entered change
    APPROVE              [operator, change id]            -> number of the feed's newest entry of it; answered when
                                                             every follower applied it or its lease has run out
    WITHDRAW             [operator, change id]            -> null
    PENDING              [operator]                       -> [[id, entered by, entered at, change bytes], ...]
    LOOK_UP              [operator, resident, reason]     -> `Found` bytes; recorded as an access
"""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["MOST_ENTRIES", "MOST_WAIT_SECONDS", "FollowerMethod", "OperatorMethod"]

MOST_ENTRIES = 256
"""Entries in one answer."""
MOST_WAIT_SECONDS = 30
"""How long FEED_AFTER waits for news."""


@unique
class FollowerMethod(IntEnum):
    """On the followers' socket."""

    FEED_AFTER = 1
    HEARTBEAT = 2
    APPLIED = 3
    CERTIFY_MESSAGE_KEY = 4
    INDIVIDUAL_NUMBER = 5


@unique
class OperatorMethod(IntEnum):
    """On the operators' socket."""

    ENTER = 11
    APPROVE = 12
    WITHDRAW = 13
    PENDING = 14
    LOOK_UP = 15
