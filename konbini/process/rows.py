"""Rows: a store's tables behind one port, whichever engine keeps them.

A store is a class that holds `Rows` and runs plain functions on them:

    number = await rows.write(lambda connection: reserve(connection, visit), step="reserve")
    page = await rows.read(recent_issuances)

There are two engines (docs/adr/0011-two-engines.md): `konbini.process.sqlite`, one file of one process, and
`konbini.process.postgresql`, a schema that several servers share. `konbini.process.stores` opens either by its address.

Invariants: see `konbini.process.writer`; in addition, a read sees one moment of the store however many statements it
takes, and everything that was answered before it began.

Limits: a function runs in a thread of `Rows`, does no waiting, touches nothing but its connection and the values that
it closes over, and ends no transaction (each engine's connection refuses that). Deferred constraints are not for these
stores: they would be found at the COMMIT and undo the whole group.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib.resources.abc import Traversable
from typing import Protocol, TypeVar

from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member, NotInStep
from konbini.process.schema import SchemaRefused
from konbini.process.statements import Connection
from konbini.process.writer import CommitWatch, NotStored

__all__ = [
    "CANNOT_OPEN",
    "AlreadyOwned",
    "CommitWatch",
    "NotInStep",
    "NotOpened",
    "NotStored",
    "OpensRows",
    "Rows",
    "SchemaRefused",
    "answers",
]

T = TypeVar("T")


class AlreadyOwned(Exception):  # noqa: N818 - the answer to a second owner
    """Another `Rows`, here or in another process, holds this store and does not share it."""


class NotOpened(Exception):  # noqa: N818 - the answer of a database server, or the lack of one
    """The database cannot be reached, or must not be used as it is set up."""


CANNOT_OPEN = (AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error)
"""What the opening of rows raises beside an OSError."""


class Rows(Protocol):
    """The rows of one process, open."""

    @property
    def epoch(self) -> int:
        """The number of this opening among the store's members, 0 for one that did not join."""

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        """Run `change` in the writer and return what it returned, once that is durable.

        Args:
            change: a function of the connection; it may be undone and is then not run again.
            step: the name under which a `CommitWatch` sees it.

        Raises:
            NotStored: nobody was promised this change; see `konbini.process.writer`.
            Exception: what `change` raised; its change is undone.
        """

    async def read(self, look: Callable[[Connection], T]) -> T:
        """Run `look` on one moment of the store; it changes nothing, and may be run a second time.

        Raises:
            Exception: what `look` raised; an attempt to write is a fault of the engine.
        """

    async def until_unfit(self) -> None:
        """Return when these rows take no change any more, though nobody closed them: the process is to end."""

    async def close(self) -> None:
        """Answer what was handed in, end the threads and give the store up. Safe to repeat."""


class OpensRows(Protocol):
    """Where rows are, with the engine that opens them."""

    def open(
        self,
        migrations: Traversable,
        *,
        watch: CommitWatch | None = None,
        member: Member | None = None,
        entropy: Entropy | None = None,
        measures: Measures | None = None,
    ) -> Rows:
        """Open them. Blocks: meant for the start.

        Args:
            migrations: the resource directory of the migrations, `importlib.resources.files(package) / name`.
            watch: told of each commit (tests only).
            member: who opens them, among the servers that share them.
            entropy: what is random in them; the kernel's where none is given.
            measures: told of each commit.

        Raises:
            AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error, OSError, ValueError: see the engines.
        """


async def answers(rows: Rows) -> None:
    """Return when the writer has had its turn at a change that changes nothing.

    Raises:
        NotStored: it takes none any more.
    """
    await rows.write(lambda connection: connection.execute("SELECT 1").fetchone(), step="answers")
