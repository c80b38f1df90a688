"""A session with the server, spoken through asyncpg: the one module that sees the library, which names no types.

A session has an event loop of its own, which runs while a call of the session runs and never beside one: a function
of a connection is plain code in a thread, and waits for each of its statements.

Faults are told apart by whose they are: a `StatementFault` is the fault of one statement (a constraint, a wrong
parameter) and undone by its savepoint; with `TransactionLost` the transaction is gone. Neither carries a row's value.

Source: the PostgreSQL manual, "PostgreSQL Error Codes", "Connection Strings".
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped] # ships no types
import uvloop

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.rows import NotOpened
from konbini.process.secret_files import read_secret

__all__ = ["Session", "StatementFault", "TransactionLost"]

T = TypeVar("T")

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 60.0
_GOODBYE_SECONDS: Final = 2.0
_STATEMENTS_KEPT: Final = 256
_PORTION: Final = 512
_OLDEST_SERVER: Final = 15_00_00

_SETTINGS: Final = {
    "application_name": "konbini",
    "lock_timeout": "20s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
# Classes of error codes after which the transaction cannot go on: connection, invalid transaction state, rollback,
# resources (a full disk), limits, operator's intervention, system and internal errors, and a lock not given in time.
_ENDING: Final = frozenset({"08", "25", "40", "53", "54", "55", "57", "58", "F0", "XX"})
# Classes whose messages name tables, columns and constraints, and no value.
_TELLING: Final = frozenset({"23", "25", "42", "53", "57"})
_BROKEN: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_REFUSALS: Final = (asyncpg.PostgresError, *_BROKEN)
_CONVERTED: Final = frozenset({"bool", "numeric"})
_WHOLE_TABLE: Final = re.compile(r"SELECT\b(?!.*\b(?:WHERE|LIMIT|count)\b)", re.DOTALL)


class StatementFault(Exception):  # noqa: N818 - the fault of one statement
    """The server, or the library before it, refused one statement. `state`: the code of five signs."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(f"{state} {message}")
        self.state = state


class TransactionLost(Exception):  # noqa: N818 - what became of a transaction
    """The transaction is gone, and nothing of it was acknowledged. `cut`: the connection is gone with it."""

    def __init__(self, cause: str, *, cut: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.cut = cut


class _Statement:
    """A prepared statement, and which of its columns come in a type that SQLite does not know."""

    __slots__ = ("_converted", "prepared")

    def __init__(self, prepared: Any) -> None:  # noqa: ANN401 - the library's
        self.prepared = prepared
        kinds = [column.type.name for column in prepared.get_attributes()]
        self._converted = any(kind in _CONVERTED for kind in kinds)

    def rows(self, records: Iterable[Any]) -> list[tuple[Any, ...]]:
        """Give rows as tuples of numbers, texts and bytes."""
        if not self._converted:
            return [tuple(record) for record in records]
        return [tuple(_plain(value) for value in record) for record in records]


class Session:
    """One connection, used by one thread at a time; made by `connect`, ended by `close`."""

    __slots__ = ("_connection", "_loop", "_statements")

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: Any) -> None:  # noqa: ANN401 - the library's
        self._loop = loop
        self._connection = connection
        self._statements: OrderedDict[str, _Statement] = OrderedDict()

    @classmethod
    def connect(cls, address: PostgresAddress) -> Session:
        """Reach the primary among the address's hosts; a standby is no place for a session.

        Raises:
            NotOpened: it cannot be reached, does not take this user, or is set up so that a commit is not durable.
        """
        loop = uvloop.new_event_loop()
        try:
            session = cls(loop, loop.run_until_complete(_connected(address)))
        except (*_REFUSALS, ValueError) as fault:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            raise NotOpened(f"no database: {_cause(fault)}") from fault
        try:
            session._make_durable()
        except BaseException:
            session.close()
            raise
        return session

    @property
    def alive(self) -> bool:
        """Whether the connection was whole when it was last used."""
        return not self._connection.is_closed()

    def timeline(self) -> int:
        """Give the history of this server: a standby that was promoted has a higher one than what it stood by for."""
        ((name,),) = self.fetch("SELECT pg_walfile_name(pg_current_wal_lsn())", ())[0]
        return int(name[:8], 16)

    def run(self, statements: str) -> str:
        """Run statements without parameters; give the last one's command tag."""
        return str(self._wait(self._connection.execute(statements)))

    def fetch(self, statement: str, parameters: Sequence[object]) -> tuple[list[tuple[Any, ...]], str]:
        """Run one statement; give its rows and its command tag."""
        made = self._prepared(statement)
        records = self._wait(made.prepared.fetch(*_plain_parameters(parameters)))
        return made.rows(records), made.prepared.get_statusmsg()

    def walk(self, statement: str, parameters: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Run one SELECT within a transaction and give its rows, brought in portions."""
        made = self._prepared(statement)
        cursor = self._wait(_opened(made.prepared.cursor(*_plain_parameters(parameters))))
        first = made.rows(self._wait(cursor.fetch(_PORTION)))
        return self._rest(made, cursor, first)

    def many(self, statement: str, parameters: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        made = self._prepared(statement)
        self._wait(made.prepared.executemany([_plain_parameters(row) for row in parameters]))

    def close(self) -> None:
        """End the connection, politely if the server still listens."""
        if self._loop.is_closed():
            return
        try:
            with suppress(*_REFUSALS):
                self._loop.run_until_complete(self._connection.close(timeout=_GOODBYE_SECONDS))
            self._connection.terminate()
            self._loop.run_until_complete(asyncio.sleep(0))  # the transport closes in the loop's next turn
        finally:
            self._loop.close()

    def _rest(
        self,
        made: _Statement,
        cursor: Any,  # noqa: ANN401 - the library's
        portion: list[tuple[Any, ...]],
    ) -> Iterator[tuple[Any, ...]]:
        while portion:
            yield from portion
            portion = made.rows(self._wait(cursor.fetch(_PORTION))) if len(portion) == _PORTION else []

    def _prepared(self, statement: str) -> _Statement:
        made = self._statements.get(statement)
        if made is None:
            made = _Statement(self._wait(self._connection.prepare(statement)))
            self._statements[statement] = made
            if len(self._statements) > _STATEMENTS_KEPT:
                self._statements.popitem(last=False)
        self._statements.move_to_end(statement)
        return made

    def _make_durable(self) -> None:
        """See to it that a commit that came back survives the server's crash.

        Raises:
            NotOpened: the server is set up otherwise, or is too old.
        """
        ((commit, fsync, pages, encoding, version),) = self.fetch(
            "SELECT current_setting('synchronous_commit'), current_setting('fsync'),"
            " current_setting('full_page_writes'), current_setting('server_encoding'),"
            " current_setting('server_version_num')::int",
            (),
        )[0]
        if (fsync, pages, encoding) != ("on", "on", "UTF8") or version < _OLDEST_SERVER:
            raise NotOpened("PostgreSQL 15 or newer is needed, with fsync, full_page_writes and UTF8")
        if commit not in ("on", "remote_apply"):
            self.run("SET synchronous_commit = on")

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except asyncpg.PostgresError as fault:
            raise self._told(fault) from fault
        except _BROKEN as fault:
            raise TransactionLost(_cause(fault), cut=not self.alive) from fault

    def _told(self, fault: Any) -> StatementFault | TransactionLost:  # noqa: ANN401 - the library's
        state = fault.sqlstate
        if state[:2] in _ENDING:
            return TransactionLost(_cause(fault), cut=not self.alive or state[:2] in ("08", "57"))
        return StatementFault(state, fault.args[0] if state[:2] in _TELLING else type(fault).__name__)


async def _connected(address: PostgresAddress) -> Any:  # noqa: ANN401 - the library's
    password = None if address.password is None else read_secret(address.password).decode().strip()
    return await asyncpg.connect(
        dsn=address.dsn,
        password=password,
        timeout=_CONNECT_SECONDS,
        command_timeout=_ANSWER_SECONDS,
        statement_cache_size=0,  # prepared statements are kept here, with what their columns need
        target_session_attrs="read-write",
        server_settings={**_SETTINGS, "search_path": address.schema},
    )


async def _opened(factory: Any) -> Any:  # noqa: ANN401 - the library's: a cursor is awaited to be opened
    return await factory


def reads_a_whole_table(statement: str) -> bool:
    """Say whether a SELECT narrows nothing: its rows may be more than memory should hold at once."""
    return _WHOLE_TABLE.match(statement) is not None


def _plain_parameters(parameters: Sequence[object]) -> list[object]:
    return [int(value) if isinstance(value, bool) else value for value in parameters]


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):  # what PostgreSQL sums numbers to
        whole = int(value)
        if whole != value:
            raise StatementFault("22003", "a number that is not whole")
        return whole
    return value


def _cause(fault: BaseException) -> str:
    """Name a fault: its class, and what it says where that is known to name no value."""
    state = getattr(fault, "sqlstate", None)
    if state is None:
        return type(fault).__name__
    return f"{state} {fault.args[0]}" if state[:2] in _TELLING else f"{state} {type(fault).__name__}"
