"""What the store of the clerk is, for its backup and its restoration."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk.ending import HOLDINGS
from konbini.ward_server.following.ending import ends_of
from konbini.ward_server.following.kept import begin_stopped, feed_head
from konbini.ward_server.keeping.kept_store import KeptStore

__all__ = ["KEPT"]


KEPT: Final = KeptStore(
    process="clerk",
    migrations=files("konbini.ward_server.clerk") / "migrations",
    keys=(),
    feed=feed_head,
    begin_stopped=begin_stopped,
    ends=ends_of(HOLDINGS),
    replaced=AuditEvent.CLERK_REPLACED,
)
