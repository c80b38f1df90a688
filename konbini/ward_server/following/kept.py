"""What both followers' stores are alike in, for a backup and a restoration: how far they are, and that they stop."""

from __future__ import annotations

from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.decisions.stop import keep_stop
from konbini.ward_server.following.rows import position
from konbini.ward_server.keeping.kept_store import FeedHead

__all__ = ["begin_stopped", "feed_head"]


def feed_head(connection: Connection) -> FeedHead:
    """Give how far the feed was applied."""
    here = position(connection)
    return FeedHead(incarnation=here.incarnation, number=here.number, newest=bytes(here.newest))


def begin_stopped(connection: Connection, moment: int) -> None:
    """Stop the store that was filled from a backup; two persons say so, and release it."""
    keep_stop(connection, moment, Code.WARD_RESTORED, "restored from a backup")
