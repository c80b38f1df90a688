"""What the store of `issuing` is, for its backup and its restoration."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.decisions.stop import keep_stop
from konbini.ward_server.following.rows import position
from konbini.ward_server.issuing.keys import WRAPPED_KEYS
from konbini.ward_server.keeping.kept_store import FeedHead, KeptStore

__all__ = ["KEPT"]


def _feed(connection: Connection) -> FeedHead:
    here = position(connection)
    return FeedHead(incarnation=here.incarnation, number=here.number, newest=bytes(here.newest))


def _stop(connection: Connection, moment: int) -> None:
    keep_stop(connection, moment, Code.WARD_RESTORED, "restored from a backup")


KEPT: Final = KeptStore(
    process="issuing",
    migrations=files("konbini.ward_server.issuing") / "migrations",
    keys=WRAPPED_KEYS,
    feed=_feed,
    begin_stopped=_stop,
    replaced=AuditEvent.ISSUING_REPLACED,
)
