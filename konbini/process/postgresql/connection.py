"""One PostgreSQL connection as this house uses it, and the guard that keeps transactions out of its callers' hands.

A writing transaction is READ COMMITTED and begins by taking the schema's advisory lock, so that one writer at a time,
across all servers, gives the audit log and the numbers one order; each statement after it sees all that was committed
before the lock was given. (A REPEATABLE READ transaction would look through a snapshot from before it waited.) A read
is REPEATABLE READ, READ ONLY: one moment.

A caller's function may run SELECT, INSERT, UPDATE, DELETE and WITH, one at a time; the server takes no second statement
behind a prepared one. A function that swallows the fault of a statement has still failed: PostgreSQL's transaction
stands still until its savepoint is undone.

The owner's statements wait until the next statement goes out, so that a change costs one trip more than its own, not
three.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from konbini.process.entropy import Entropy, SystemEntropy
from konbini.process.membership import Fenced, check
from konbini.process.postgresql.dialect import numbered
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.session import Session, StatementFault, TransactionLost, reads_a_whole_table
from konbini.process.rows import NotOpened
from konbini.process.statements import Answer, Connection, Parameters

__all__ = ["GuardedSession"]

T = TypeVar("T")

_LENDABLE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_COUNTED = ("INSERT", "UPDATE", "DELETE")
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A server lets go of the schema's lock when the process that holds it has stopped in the middle for this while.
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL idle_in_transaction_session_timeout = '10s'"
_TIMES = 2


class _Answer:
    """What a statement gave."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Iterator[tuple[Any, ...]], tag: str) -> None:
        self._rows = rows
        self.rowcount = int(tag.rpartition(" ")[2]) if tag.startswith(_COUNTED) else -1

    def fetchone(self) -> Any:  # noqa: ANN401 - see `Answer`
        """Give the next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        """Give row after row."""
        return self._rows


class _Lent:
    """The connection in a caller's hands, until it is taken back."""

    __slots__ = ("_owner", "_returned", "fault")

    def __init__(self, owner: GuardedSession) -> None:
        self._owner = owner
        self._returned = False
        self.fault: StatementFault | TransactionLost | None = None

    def execute(self, sql: str, parameters: Parameters = (), /) -> Answer:
        """Run one statement."""
        with self._use(sql) as session:
            if reads_a_whole_table(sql):
                return _Answer(self._walk(session.walk(numbered(sql), parameters)), "")
            rows, tag = session.fetch(numbered(sql), parameters)
            return _Answer(iter(rows), tag)

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Answer:
        """Run one statement for each row of parameters."""
        with self._use(sql) as session:
            session.many(numbered(sql), parameters)
            return _Answer(iter(()), "")

    def token(self, n: int, /) -> bytes:
        """Return random bytes."""
        return self._owner.entropy.token(n)

    def give_back(self) -> None:
        """Take the connection out of the function's hands."""
        self._returned = True

    @contextmanager
    def _use(self, sql: str) -> Iterator[Session]:
        if self._returned:
            raise StatementFault("25P01", "the connection was lent for a function that has ended")
        if not _LENDABLE.match(sql):
            raise StatementFault("42501", "not authorized: a transaction belongs to its owner")
        if self.fault is not None:
            raise self.fault
        try:
            yield self._owner.settled()
        except (StatementFault, TransactionLost) as fault:
            self.fault = fault
            raise

    def _walk(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            if self._returned:
                raise StatementFault("25P01", "rows that outlived their function")
            yield row


class GuardedSession:
    """A connection whose transactions belong to its owner and never to the functions that are run on it.

    It is opened at once, and again when it was lost: see `Primary.session_again`. With an epoch, every transaction that
    writes begins by holding that this member is one still.
    """

    __slots__ = ("_epoch", "_lost", "_owed", "_primary", "_session", "entropy")

    faults: tuple[type[Exception], ...] = (TransactionLost, StatementFault, NotOpened, Fenced)

    def __init__(self, primary: Primary, epoch: int = 0, entropy: Entropy | None = None) -> None:
        self.entropy = entropy or SystemEntropy()
        self._primary = primary
        self._epoch = epoch
        self._session: Session | None = primary.session()
        self._owed: list[str] = []
        self._lost: TransactionLost | None = None

    def begin(self) -> None:
        """Begin a transaction that writes, and wait for its turn among all servers.

        Raises:
            NotOpened: no primary can be reached.
            TransactionLost: the turn did not come in time.
            Fenced: this member is gone.
        """
        self._begin(f"{_WRITE}; SELECT pg_advisory_xact_lock({self._primary.lock})")
        if self._epoch:
            with self.lent() as connection:
                check(connection, self._epoch)

    def begin_unlocked(self) -> None:
        """Begin a transaction that touches nothing but this member's own mark, and waits for nobody's turn."""
        self._begin(_WRITE)

    def now(self) -> int:
        """Give the server's clock, Unix milliseconds."""
        ((now,),) = self.settled().fetch("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", ())[0]
        return int(now)

    def own(self, statement: str) -> None:
        """Have one of the owner's statements run before whatever comes next.

        Raises:
            TransactionLost: the transaction is gone already.
        """
        if self._lost is not None:
            raise self._lost
        self._owed.append(statement)

    def settled(self) -> Session:
        """Run the owner's statements that wait, and give the session.

        Raises:
            TransactionLost: the transaction is gone.
        """
        if self._lost is not None:
            raise self._lost
        session = self._opened()
        if self._owed:
            statements, self._owed = "; ".join(self._owed), []
            session.run(statements)
        return session

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """Lend the connection to a caller's function.

        Raises:
            StatementFault: the function let a statement's fault pass and went on.
        """
        lent = _Lent(self)
        try:
            yield lent
        finally:
            lent.give_back()
            if isinstance(lent.fault, TransactionLost):
                self._lost = lent.fault
        if lent.fault is not None:
            raise lent.fault

    def commit(self) -> None:
        """Commit, durably.

        Raises:
            TransactionLost: it was not acknowledged; where the connection broke, nobody knows whether it is there.
        """
        if self._lost is not None:
            raise self._lost
        self._owed.append("COMMIT")
        statements, self._owed = "; ".join(self._owed), []
        tag = self._opened().run(statements)
        if tag != "COMMIT":
            raise TransactionLost(f"the server answered {tag}", cut=False)

    def abandon(self) -> None:
        """Roll back whatever is open; a connection that cannot even do that is given up."""
        self._owed, self._lost = [], None
        session = self._session
        if session is None:
            return
        try:
            session.run("ROLLBACK")
        except (StatementFault, TransactionLost):
            self._drop()

    def look(self, read: Callable[[Connection], T]) -> T:
        """Run `read` on one moment, and keep nothing; once more if the connection broke under it.

        Raises:
            Exception: what `read` raised.
        """
        for _ in range(_TIMES - 1):
            try:
                return self._look(read)
            except TransactionLost as lost:
                if not lost.cut:
                    raise
        return self._look(read)

    def cause(self, fault: BaseException) -> str:
        """Name what went wrong, by the server's code."""
        return getattr(fault, "cause", type(fault).__name__)

    def unsound(self, fault: BaseException) -> bool:
        """Say that this member is gone; a server whose disk does not sync sees to itself."""
        return isinstance(fault, Fenced)

    def close(self) -> None:
        """End the connection."""
        self._drop()

    def _look(self, read: Callable[[Connection], T]) -> T:
        self._begin(_READ)
        try:
            with self.lent() as connection:
                return read(connection)
        finally:
            self.abandon()

    def _begin(self, statements: str) -> None:
        """Begin; a connection that was lost while it was idle is opened anew, since nothing was run on it."""
        try:
            self._opened().run(statements)
        except TransactionLost as lost:
            self.abandon()
            if not lost.cut:
                raise
            self._drop()
            self._opened().run(statements)

    def _opened(self) -> Session:
        if self._session is None or not self._session.alive:
            self._drop()
            self._session = self._primary.session_again()
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
