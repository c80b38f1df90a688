"""One SQLite connection as this house opens it, and the guard that keeps transactions out of its callers' hands.

Invariants: WAL with synchronous=FULL (a commit that was answered survives power loss), foreign keys on, temporary
tables in memory (nothing personal in a temporary file), schema text not trusted, what is deleted overwritten with zeros
(secure_delete: in the file from the next checkpoint on; an older page stays in the log until that is written over). A
caller's function runs with the guard closed: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ATTACH, DETACH and PRAGMA are refused
inside it, because one function that commits would make half of another's change durable.

Source: the SQLite documents "Write-Ahead Logging", "PRAGMA" and "Compile-Time Authorization Callbacks".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from konbini.process.entropy import Entropy, SystemEntropy

__all__ = ["GuardedConnection", "SqliteConnection", "open_reader", "open_writer"]

T = TypeVar("T")

_BUSY_TIMEOUT_SECONDS = 5.0
_STATEMENTS_KEPT = 256
_FULL = 2
_PAGES_KIB = 64 * 1024
"""The most that the writer keeps of its file in memory: a long transaction writes what goes beyond that to the log."""
# SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC, which Python 3.11 names only as extended codes of the library.
_FSYNC_FAILED = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})

_WITHHELD = frozenset(
    {
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_PRAGMA,
    }
)


class SqliteConnection(sqlite3.Connection):
    """A connection of this engine with what a function may use beside its statements.

    Attributes:
        entropy: where random bytes of new rows come from.
    """

    entropy: Entropy = SystemEntropy()

    def token(self, n: int, /) -> bytes:
        """Return random bytes."""
        return self.entropy.token(n)


class GuardedConnection:
    """A connection whose transactions belong to its owner and never to the functions that are run on it.

    SQLite asks the guard when a statement is compiled, and Python keeps compiled statements by their text. The
    owner's own statements therefore end in a comment that no caller writes: a caller's plain COMMIT is compiled anew.
    """

    __slots__ = ("_closed_to_transactions", "connection")

    faults: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, connection: SqliteConnection) -> None:
        self.connection = connection
        self._closed_to_transactions = False
        connection.set_authorizer(self._authorize)

    def begin(self) -> None:
        """Begin a transaction that writes."""
        self.own("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit, durably."""
        self.own("COMMIT")

    @contextmanager
    def lent(self) -> Iterator[SqliteConnection]:
        """Lend the connection to a caller's function."""
        self._closed_to_transactions = True
        try:
            yield self.connection
        finally:
            self._closed_to_transactions = False

    def look(self, read: Callable[[SqliteConnection], T]) -> T:
        """Run `read` on one moment of the file, and keep nothing that it may have changed.

        Raises:
            Exception: what `read` raised.
        """
        self.own("BEGIN")
        try:
            with self.lent() as connection:
                return read(connection)
        finally:
            self.abandon()

    def own(self, statement: str) -> None:
        """Run one of the owner's statements (SAVEPOINT, ROLLBACK TO, RELEASE, ...)."""
        self.connection.execute(f"{statement} -- owner")

    def abandon(self) -> None:
        """Roll back whatever is open; SQLite may have done so itself (disk full, input or output fault)."""
        if self.connection.in_transaction:
            self.own("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def cause(self, fault: BaseException) -> str:
        """Name what went wrong, as SQLite does."""
        return getattr(fault, "sqlite_errorname", type(fault).__name__)

    def unsound(self, fault: BaseException) -> bool:
        """Say that a sync failed: what the kernel holds is unknown, and a later one proves nothing."""
        return getattr(fault, "sqlite_errorcode", None) in _FSYNC_FAILED

    def _authorize(self, action: int, *_details: str | None) -> int:
        if self._closed_to_transactions and action in _WITHHELD:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def open_writer(path: Path, entropy: Entropy | None = None) -> GuardedConnection:
    """Open `path` for writing in the calling thread, which alone may use the connection.

    Args:
        path: of the file.
        entropy: of new rows; the kernel's where none is given.

    Raises:
        sqlite3.Error: the file cannot be opened, is no database, or cannot be kept in WAL with synchronous=FULL.
    """
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=_STATEMENTS_KEPT,
        factory=SqliteConnection,
    )
    if entropy is not None:
        connection.entropy = entropy
    try:
        _configure(connection)
    except BaseException:
        connection.close()
        raise
    return GuardedConnection(connection)


def open_reader(path: Path) -> GuardedConnection:
    """Open `path` for reading only; the connection may move between threads, one at a time.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=_STATEMENTS_KEPT,
        check_same_thread=False,
        factory=SqliteConnection,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    return GuardedConnection(connection)


def _configure(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(f"PRAGMA cache_size = -{_PAGES_KIB}")
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, level) != ("wal", _FULL):
        raise sqlite3.OperationalError(f"this file cannot be kept in WAL with synchronous=FULL: {mode}, {level}")
