"""How a follower stands, durably: the incarnation that it follows, and what it does not go on from by itself.

Invariants: the first break of a feed stands until the copy was re-taken, reconciled and agreed with by two persons,
whatever comes after it and across restarts; the incarnation changes by a re-taking alone. Whatever issues reads the
break in its own transaction (`check_unbroken`).

Tables: `followed`, `feed_break`, `heard`, in `following/following.sql`.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append

__all__ = ["Break", "FollowerEvents", "Standing", "break_of", "check_unbroken", "keep_break"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerEvents:
    """Under which events one process of the ward records what it has in common with the other."""

    broken: AuditEvent
    retaken: AuditEvent
    mended: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A broken feed: since when (Unix milliseconds), how, and whether two persons had the copy re-taken."""

    since: int
    code: Code
    retaking: bool


class Standing:
    """A follower's standing in its rows."""

    def __init__(self, rows: Rows, events: FollowerEvents) -> None:
        self._rows = rows
        self._events = events

    async def broken(self) -> Break | None:
        """Give what broke the feed, if it is broken."""
        return await self._rows.read(break_of)

    async def broke(self, code: Code, now: int) -> Break:
        """Keep that the feed broke; the first break stands."""

        def change(connection: Connection) -> Break:
            if keep_break(connection, code, now):
                append(connection, AuditEntry(moment=now, event=self._events.broken, code=code))
            found = break_of(connection)
            assert found is not None  # noqa: S101 - it was kept
            return found

        return await self._rows.write(change, step="feed broke")

    async def mended(self, now: int) -> None:
        """Follow the feed again: the copy was re-taken, and agrees."""

        def change(connection: Connection) -> None:
            found = break_of(connection)
            if found is not None and found.retaking:
                connection.execute("DELETE FROM feed_break")
                append(connection, AuditEntry(moment=now, event=self._events.mended, code=found.code))

        await self._rows.write(change, step="feed mended")

    async def not_mended(self) -> None:
        """Re-taken, and it still differs: two persons decide anew."""
        await self._rows.write(
            lambda connection: connection.execute("UPDATE feed_break SET retaking = 0").rowcount, step="not mended"
        )

    async def heard(self, now: int) -> None:
        """Keep when the registry was heard last with everything applied: as of when the copy is."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO heard (only_one, moment) VALUES (1, ?)"
                    " ON CONFLICT (only_one) DO UPDATE SET moment = excluded.moment",
                    (now,),
                ).rowcount
            ),
            step="heard",
        )

    async def bind(self, incarnation: int) -> None:
        """Follow this incarnation of the registry from now on, if none is followed yet."""
        await self._rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO followed (only_one, incarnation) VALUES (1, ?) ON CONFLICT DO NOTHING", (incarnation,)
                ).rowcount
            ),
            step="bind",
        )


def break_of(connection: Connection) -> Break | None:
    """Give what broke the feed, within a transaction."""
    row = connection.execute("SELECT since, code, retaking FROM feed_break").fetchone()
    return None if row is None else Break(since=row[0], code=Code(row[1]), retaking=bool(row[2]))


def keep_break(connection: Connection, code: Code, now: int) -> bool:
    """Keep that the feed broke; give whether this is the first break, or the first in a re-taking."""
    kept = connection.execute(
        "INSERT INTO feed_break (only_one, since, code, retaking) VALUES (1, ?, ?, 0) ON CONFLICT (only_one) DO UPDATE"
        " SET since = excluded.since, code = excluded.code, retaking = 0 WHERE feed_break.retaking = 1",
        (now, code),
    )
    return kept.rowcount == 1


def check_unbroken(connection: Connection) -> None:
    """Refuse while the feed is broken, within a transaction.

    Raises:
        Refused: the code of what broke it.
    """
    found = break_of(connection)
    if found is not None:
        raise Refused(found.code, "the feed is broken: reconcile, by two persons")
