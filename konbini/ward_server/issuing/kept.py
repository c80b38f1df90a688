"""What the store of `issuing` is, for its backup and its restoration."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.following.ending import ends_of
from konbini.ward_server.following.kept import begin_stopped, feed_head
from konbini.ward_server.issuing.keys import WRAPPED_KEYS
from konbini.ward_server.issuing.ledger.ending import HOLDINGS
from konbini.ward_server.keeping.kept_store import KeptStore

__all__ = ["KEPT"]


KEPT: Final = KeptStore(
    process="issuing",
    migrations=files("konbini.ward_server.issuing") / "migrations",
    keys=WRAPPED_KEYS,
    feed=feed_head,
    begin_stopped=begin_stopped,
    ends=ends_of(HOLDINGS),
    replaced=AuditEvent.ISSUING_REPLACED,
)
