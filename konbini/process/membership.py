"""The servers that share one store: who is one of them, and that they are of one build.

Each start of a process is a member with an epoch of its own, a number that is never given twice: it is no lower than
the moment, so that rows which are moved without their members keep epochs that nobody living has. Whoever joins is held
against those that are there: version, schema, configuration and topology are the same, or it does not start. A start
under the name of one that is there takes its place: a server that was started again is not kept waiting for its past.

Invariant: whoever is gone stays gone. A process that was taken for dead (stopped, cut off) and wakes finds that its
epoch is gone at the next transaction that would write, and writes nothing any more.

These are plain functions within a writing transaction; the engines say when. The migration of a store that is joined
includes `process/member.sql`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Final, Self

from konbini.process.config import Table
from konbini.process.schema import Migration
from konbini.process.statements import Connection

__all__ = [
    "GONE_SECONDS",
    "Fenced",
    "Marks",
    "Member",
    "NotInStep",
    "ServerNames",
    "beat",
    "check",
    "expel",
    "join",
    "leave",
    "others",
]

GONE_SECONDS: Final = 15.0
"""How long a member is not seen until another may say that it is gone."""
_ONLY: Final = "only"
_MILLISECONDS: Final = 1000


class NotInStep(Exception):  # noqa: N818 - the answer to a server that is not like the others
    """Another server is at work on this store with another version, schema, configuration or topology."""


class Fenced(Exception):  # noqa: N818 - the answer to one whose turn is over
    """Another server took this one for gone, or one of its name was started: it writes no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerNames:
    """What this server is called, and all that share the store: the declared topology."""

    name: str = _ONLY
    all: tuple[str, ...] = (_ONLY,)

    @classmethod
    def read(cls, table: Table) -> Self:
        """Take [server] with `name` and `all`, where it stands; a server alone needs none.

        Raises:
            ConfigRefused: naming the place; also a name that is not among all.
        """
        if not table.has("server"):
            return cls()
        with table.part("server") as part:
            names = part.texts("all")
            return cls(name=part.convert("name", lambda name: _among(name, names)), all=names)


@cache  # what is installed does not change under a process that runs
def _installed() -> str:
    return version("konbini")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What a process says of itself when it joins."""

    names: ServerNames
    version: str
    configuration: bytes

    @classmethod
    def of(cls, names: ServerNames, parts: Iterable[bytes]) -> Self:
        """Describe this build under a configuration, of which `parts` must be the same at every server."""
        hashed = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
        return cls(names=names, version=_installed(), configuration=hashed)

    @property
    def topology(self) -> bytes:
        """The declared servers, hashed."""
        return hashlib.sha256("\n".join(sorted(self.names.all)).encode()).digest()


class Marks:
    """When each of the others was seen to move, by one's own clock: a clock that is set takes nobody for dead.

    Args:
        gone_seconds: how long a mark stands still until its member is gone.
    """

    def __init__(self, gone_seconds: float = GONE_SECONDS) -> None:
        self._gone_seconds = gone_seconds
        self._marks: dict[int, tuple[int, float]] = {}

    def still(self, marks: list[tuple[int, int]], now: float) -> list[tuple[int, int]]:
        """Give those whose mark has not moved for so long, of `others`; `now`, in seconds, never goes back."""
        known, self._marks = self._marks, {}
        for epoch, seen in marks:
            before = known.get(epoch)
            self._marks[epoch] = before if before is not None and before[0] == seen else (seen, now)
        return [(epoch, seen) for epoch, (seen, since) in self._marks.items() if now - since >= self._gone_seconds]


def join(connection: Connection, member: Member, migrations: tuple[Migration, ...], now: int) -> int:
    """Become a member and give the epoch.

    Args:
        connection: of the store, alone in writing.
        member: who joins.
        migrations: of this build.
        now: Unix milliseconds, by the store's own clock.

    Raises:
        NotInStep: naming what differs from whom.
    """
    schema = hashlib.sha256(b"".join(migration.digest for migration in migrations)).digest()
    seen_since = now - int(GONE_SECONDS * _MILLISECONDS)
    ours = (member.version, schema, member.configuration, member.topology)
    for name, *theirs in connection.execute(
        "SELECT name, version, migrations, configuration, topology FROM member"
        " WHERE gone = 0 AND seen > ? AND name <> ? ORDER BY epoch",
        (seen_since, member.names.name),
    ).fetchall():
        _compare(name, ours, tuple(theirs))
    connection.execute(
        "UPDATE member SET gone = 1 WHERE gone = 0 AND (name = ? OR seen <= ?)", (member.names.name, seen_since)
    )
    (newest,) = connection.execute("SELECT coalesce(max(epoch), 0) FROM member").fetchone()
    epoch = max(int(newest) + 1, now)
    connection.execute(
        "INSERT INTO member (epoch, name, version, migrations, configuration, topology, seen, gone)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (epoch, member.names.name, *ours, now),
    )
    return epoch


def check(connection: Connection, epoch: int) -> None:
    """Hold that a member is one still.

    Raises:
        Fenced: it is gone.
    """
    if connection.execute("SELECT 1 FROM member WHERE epoch = ? AND gone = 0", (epoch,)).fetchone() is None:
        raise Fenced(f"epoch {epoch} is gone")


def beat(connection: Connection, epoch: int, now: int) -> bool:
    """Be seen; say whether this is a member still."""
    return connection.execute("UPDATE member SET seen = ? WHERE epoch = ? AND gone = 0", (now, epoch)).rowcount == 1


def others(connection: Connection, epoch: int) -> list[tuple[int, int]]:
    """Give the epochs and the marks of all members but one."""
    return connection.execute("SELECT epoch, seen FROM member WHERE gone = 0 AND epoch <> ?", (epoch,)).fetchall()


def expel(connection: Connection, epoch: int, seen: int) -> bool:
    """Say that a member is gone, unless it was seen since; say whether it is."""
    gone = connection.execute("UPDATE member SET gone = 1 WHERE epoch = ? AND seen = ? AND gone = 0", (epoch, seen))
    return gone.rowcount == 1


def leave(connection: Connection, epoch: int) -> None:
    """Be gone at once, and not after a while."""
    connection.execute("UPDATE member SET gone = 1 WHERE epoch = ?", (epoch,))


def _compare(name: str, ours: tuple[str | bytes, ...], theirs: tuple[str | bytes, ...]) -> None:
    for what, mine, its in zip(("version", "schema", "configuration", "topology"), ours, theirs, strict=True):
        if mine != its:
            said = f": {its!s} there, {mine!s} here" if isinstance(mine, str) else ""
            raise NotInStep(f"server {name!r} is at work with another {what}{said}")


def _among(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise ValueError("is not among all")
    return name
