"""What a process's store is, for whoever moves it whole: each process of the ward declares its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.holding import Destroy
from konbini.ward_server.keeping.wrapped_keys import WrappedKeys
from konbini.ward_server.settings.retention import Kept

__all__ = ["FeedHead", "KeptStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """How far the registry's feed goes in a store; noughts where there is nothing of it."""

    incarnation: int
    number: int
    newest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStore:
    """One process's store.

    Attributes:
        process: its name, as operators type it.
        migrations: what declares its tables.
        keys: where its wrapped data keys stand.
        feed: gives how far the feed goes.
        begin_stopped: makes a store that was restored at a moment (Unix milliseconds) issue nothing until two persons
            say so: its own stop, or a new incarnation that every follower notices.
        ends: how what its signed list of disposals names is destroyed again, by kind.
        replaced: the event under which that is recorded.
    """

    process: str
    migrations: Traversable
    keys: Sequence[WrappedKeys]
    feed: Callable[[Connection], FeedHead]
    begin_stopped: Callable[[Connection, int], None]
    ends: Mapping[Kept, Destroy]
    replaced: AuditEvent
