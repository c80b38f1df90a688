"""What the registry's store is, for its backup and its restoration."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from konbini.process.clock import to_seconds
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.kept_store import FeedHead, KeptStore
from konbini.ward_server.residents.feed import NOTHING_BEFORE
from konbini.ward_server.residents.keys import WRAPPED_KEYS
from konbini.ward_server.residents.retention import ENDS

__all__ = ["KEPT"]


def _feed(connection: Connection) -> FeedHead:
    founded = connection.execute("SELECT incarnation FROM registry").fetchone()
    last = connection.execute("SELECT last, hash FROM feed_block ORDER BY last DESC LIMIT 1").fetchone()
    number, newest = last or (0, NOTHING_BEFORE)
    return FeedHead(incarnation=0 if founded is None else founded[0], number=number, newest=bytes(newest))


def _renew(connection: Connection, moment: int) -> None:
    """Take a later incarnation than any before, which every follower notices and refuses to merge in silence."""
    now = to_seconds(moment)
    connection.execute(
        "UPDATE registry SET incarnation = CASE WHEN incarnation < ?1 THEN ?1 ELSE incarnation + 1 END", (now,)
    )


KEPT: Final = KeptStore(
    process="registry",
    migrations=files("konbini.ward_server.residents") / "migrations",
    keys=WRAPPED_KEYS,
    feed=_feed,
    begin_stopped=_renew,
    ends=ENDS,
    replaced=AuditEvent.REGISTRY_REPLACED,
)
