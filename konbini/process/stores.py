"""Where a process keeps its rows: one setting, which also chooses the engine.

    [store]
    address = "sqlite:issuing.db"
    # or
    address = "postgresql:///konbini?host=/run/postgresql&schema=issuing"
    password = "store.password"     # a file, where the server asks for one

Paths are relative to the folder of the configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeAlias, TypeVar

from konbini.process.config import Table
from konbini.process.entropy import Entropy
from konbini.process.measures.ports import Measures
from konbini.process.membership import Member
from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.connection import GuardedSession
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.rows import PostgresRows
from konbini.process.readers import Reader
from konbini.process.rows import CommitWatch, NotOpened, OpensRows, Rows
from konbini.process.sqlite.connection import open_reader
from konbini.process.sqlite.rows import SqliteAddress
from konbini.process.statements import Connection

__all__ = ["SqliteAddress", "StoreAddress", "look_once", "open_rows", "parse_address", "read_address"]

T = TypeVar("T")

_SQLITE = "sqlite:"


StoreAddress: TypeAlias = PostgresAddress | OpensRows


def parse_address(text: str, folder: Path, password: Path | None = None) -> StoreAddress:
    """Take an address apart; a path is taken from `folder`.

    Raises:
        ValueError: it is neither engine's, or cannot be used.
    """
    if not text.startswith(_SQLITE):
        return PostgresAddress.parse(text, password)
    if password is not None or text == _SQLITE:
        raise ValueError("sqlite:PATH needs a path and takes no password")
    return SqliteAddress(path=folder / text.removeprefix(_SQLITE))


def read_address(table: Table, key: str = "address") -> StoreAddress:
    """Take a store's address, and the password's file where one stands beside it.

    Raises:
        ConfigRefused: naming the place.
    """
    password = table.path("password") if table.has("password") else None
    return table.convert(key, lambda text: parse_address(text, table.folder, password))


def open_rows(  # noqa: PLR0913 - what rows stand on, each named
    address: StoreAddress,
    migrations: Traversable,
    *,
    watch: CommitWatch | None = None,
    member: Member | None = None,
    entropy: Entropy | None = None,
    measures: Measures | None = None,
) -> Rows:
    """Open rows with the engine that the address names. Blocks: meant for the start.

    Args:
        address: where they are.
        migrations: the resource directory of the migrations, `importlib.resources.files(package) / name`.
        watch: told of each commit (tests only).
        member: who opens them, among the servers that share them.
        entropy: what is random in them; the kernel's where none is given.
        measures: told of each commit.

    Raises:
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error, OSError, ValueError: see the engines.
    """
    match address:
        case PostgresAddress():
            return PostgresRows.open(
                address, migrations, watch=watch, member=member, entropy=entropy, measures=measures
            )
        case _:
            return address.open(migrations, watch=watch, member=member, entropy=entropy, measures=measures)


def look_once(address: StoreAddress, read: Callable[[Connection], T]) -> T:
    """Read one moment of a store that its own process goes on writing. Blocks.

    Raises:
        NotOpened, sqlite3.Error: it cannot be opened.
        Exception: what `read` raised.
    """

    def look() -> T:
        with closing(_reader(address)) as reader:
            return reader.look(read)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(look).result()


def _reader(address: StoreAddress) -> Reader:
    match address:
        case SqliteAddress():
            return open_reader(address.path)
        case PostgresAddress():
            return GuardedSession(Primary(address))
        case _:
            raise NotOpened("this engine's rows are read by their own process alone")
