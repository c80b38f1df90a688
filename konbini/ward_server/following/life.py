"""The life of a follower's store, and how a store that was restored from a backup is found.

The registry remembers what a follower told last (`konbini.ward_server.residents.witness`): the newest entry of the feed
that it applied, and how long its audit log was and its root. A store that does not hold that any more, was
restored from a backup, or is a new file in the place of a lost one. It is stopped at once (`WARD_RESTORED`), has no
lease, and tells nothing, until two persons say that it was restored: it then begins a new life.

Each minute the log's own last checkpoint must hold, and so must what a witness that co-signed it shows (`log_owner`):
a store that does not hold it is stopped in the same way (`LOG_REWRITTEN`), and signs no checkpoint any more.

While the registry is away, what was published of this log last is a witness in its place
(`konbini.ward_server.following.published`): a store that does not hold it is stopped in the same way.

A store that `konbini ward restore` filled says so itself (`restoration`, written by
`konbini.ward_server.keeping.restoring`) and began stopped: nothing is compared or recorded a second time.

Tables: `life`, in `following/following.sql`, and `restoration`, in `keeping/restoration.sql`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.process.log_keeping import LogOwner
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.process.tree_rows import root_at
from konbini.protocol.errors import Code
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.ward_server.audit.checkpoints import follows
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append, newest
from konbini.ward_server.decisions.stop import keep_stop
from konbini.ward_server.following.published import Witnessed
from konbini.ward_server.following.rows import position
from konbini.ward_server.following.standing import break_of
from konbini.ward_server.residents.witness import Told

__all__ = ["Life", "LifeEvents", "Numbers", "begin_life", "is_unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvents:
    """Under which events a process records a restoration."""

    found: AuditEvent
    stopped: AuditEvent
    said: AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a process does about ranges of issuance numbers, within its transactions.

    Attributes:
        used: gives the ranges that this store knows to be used, one bit each.
        begin: begins where the store is new, told the ranges that anybody used.
        renew: goes on where a new life begins, told the ranges that anybody used in any life.
    """

    used: Callable[[Connection], int]
    begin: Callable[[Connection, int], None]
    renew: Callable[[Connection, int], None]


class Life:
    """The life of one store."""

    def __init__(self, rows: Rows, events: LifeEvents, numbers: Numbers) -> None:
        self._rows = rows
        self._events = events
        self._numbers = numbers

    async def unsaid(self) -> bool:
        """Say whether this store was restored and nobody has said so."""
        return await self._rows.read(is_unsaid)

    async def word(self) -> Told:
        """Give what this follower tells of how far it is."""

        def look(connection: Connection) -> Told:
            entries, root = newest(connection)
            applied = position(connection)
            return Told(
                life=_begun(connection) or 0,
                number=applied.number,
                newest=applied.newest if applied.number else b"",
                entries=entries,
                log_hash=root if entries else b"",
                ranges=self._numbers.used(connection),
            )

        return await self._rows.read(look)

    async def attest(self, told: Told | None, used: int, now: int) -> bool:
        """Compare this store with what the registry remembers of it; a new store begins.

        Args:
            told: what was told last under this follower's name, None where nothing was.
            used: ranges of numbers that anybody used.
            now: Unix milliseconds.

        Returns:
            Whether it goes on. If not, it is stopped now.
        """

        def change(connection: Connection) -> bool:
            if is_unsaid(connection):
                return False
            if _begun(connection) is None and told is None:
                begin_life(connection, now)
                self._numbers.begin(connection, used)
                return True
            if told is None or _follows_on(connection, told):
                return True
            self._found(connection, f"told {told.number}, log {told.entries}", told.log_hash, now)
            return False

        return await self._rows.write(change, step="attest")

    async def attest_published(self, witnessed: Witnessed, now: int) -> bool:
        """Compare this store's log with what was published of it in the life of this store.

        Returns:
            Whether it goes on. If not, it is stopped now.
        """

        def change(connection: Connection) -> bool:
            if is_unsaid(connection):
                return False
            if (_begun(connection) or 0) > witnessed.moment or follows(connection, witnessed.log):
                return True
            log = witnessed.log
            self._found(connection, f"published {witnessed.moment}, log {log.entries}", log.root, now)
            return False

        return await self._rows.write(change, step="attest")

    def log_owner(self) -> LogOwner:
        """Give what this store does about its log: it signs none while it was restored and nobody has said so."""

        def rewritten(connection: Connection, seen: Checkpoint, now: int) -> None:
            self._found(connection, f"signed, log {seen.size}", seen.root, now, Code.LOG_REWRITTEN)

        return LogOwner(may_sign=lambda connection: not is_unsaid(connection), rewritten=rewritten)

    def _found(
        self, connection: Connection, about: str, root: bytes, now: int, code: Code = Code.WARD_RESTORED
    ) -> None:
        connection.execute(
            "INSERT INTO life (only_one, begun, unsaid) VALUES (1, 0, 1)"
            " ON CONFLICT (only_one) DO UPDATE SET unsaid = 1"
        )
        keep_stop(connection, now, code, "a witness remembers what this store does not")
        for event in (self._events.found, self._events.stopped):
            append(
                connection,
                AuditEntry(
                    moment=now,
                    event=event,
                    about=about,
                    code=code,
                    digest=root,
                ),
            )


def begin_life(connection: Connection, moment: int) -> None:
    """Begin a life within the caller's transaction; that the store was restored is said with it."""
    connection.execute("UPDATE restoration SET said = 1 WHERE said = 0")
    connection.execute(
        "INSERT INTO life (only_one, begun, unsaid) VALUES (1, ?, 0)"
        " ON CONFLICT (only_one) DO UPDATE SET begun = excluded.begun, unsaid = 0",
        (moment,),
    )


def is_unsaid(connection: Connection) -> bool:
    """Say whether this store was restored and nobody has said so, within a transaction."""
    found = connection.execute(
        "SELECT 1 FROM life WHERE unsaid = 1 UNION ALL SELECT 1 FROM restoration WHERE said = 0 LIMIT 1"
    ).fetchone()
    return found is not None


def _begun(connection: Connection) -> int | None:
    row = connection.execute("SELECT begun FROM life").fetchone()
    return None if row is None else int(row[0])


def _follows_on(connection: Connection, told: Told) -> bool:
    """Say whether this store holds everything that was told of it."""
    begun = _begun(connection)
    if begun is None or begun < told.life:
        return False
    if begun > told.life:
        return True  # a life that two persons began, and of which nothing was told yet
    broken = break_of(connection)
    retaking = broken is not None and broken.retaking  # the copy is on its way from the first entry on
    log_holds = not told.entries or root_at(connection, told.entries) == told.log_hash
    return log_holds and (retaking or position(connection).number >= told.number)
