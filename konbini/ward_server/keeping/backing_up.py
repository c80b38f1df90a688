"""Takes a backup of a store while its process goes on: one moment of it, row after row, into two sealed files.

The store is read beside its process (`konbini.process.stores.look_once`): a SQLite reader's snapshot, or a REPEATABLE
READ transaction of PostgreSQL. Nothing is in the clear on the disk, and no key of the store is asked for. Prekeys,
visit keys and evidence are in no row, so they are in no backup.

Limits: on SQLite the log is not shortened while a long reader runs, so it grows by what is written meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from konbini.process.entropy import Entropy
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import StoreAddress, look_once
from konbini.process.tables import Table, declared_tables
from konbini.protocol.codec import encode
from konbini.protocol.merkle import GrowingRoot
from konbini.protocol.sealing import SealingKey
from konbini.ward_server.keeping.backup_file import SealedWriter
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.keeping.manifest import BackupPart, Manifest, TableCount, describe, manifest_of
from konbini.ward_server.keeping.wrapped_keys import WrappedKeys, all_keys
from konbini.ward_server.storage.sealing import DESTROYED

__all__ = ["MANIFEST", "BackupTarget", "back_up", "blanked", "key_columns"]

MANIFEST: Final = 255
"""The mark of the last item, where a row has the place of its table."""
_OWNER_ONLY: Final = 0o600
_Contents: TypeAlias = Iterator[tuple[str, Iterable[Parameters]]]
_Counts: TypeAlias = tuple[TableCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTarget:
    """One file of a backup and the key that it is sealed to."""

    path: Path
    key: SealingKey


def back_up(  # noqa: PLR0913 - what a backup is made of
    kept: KeptStore,
    address: StoreAddress,
    municipality: str,
    *,
    rows: BackupTarget | None,
    keys: BackupTarget | None,
    moment: int,
    entropy: Entropy,
) -> Manifest:
    """Write the parts that have a target, of one and the same moment. Blocks.

    Returns:
        The manifest of the rows, or of the keys where they are taken alone.

    Raises:
        ValueError: both parts are sealed to one key, which could then not be destroyed apart; nothing to write.
        NotOpened, sqlite3.Error, OSError: the store cannot be read, or a file not written; then there is none.
    """
    if rows is not None and keys is not None and rows.key.public == keys.key.public:
        raise ValueError("rows and keys are sealed to two keys, so that one can be destroyed without the other")

    def read(connection: Connection) -> Manifest:
        header = describe(kept, municipality, moment, connection)
        where = partial(manifest_of, kept, connection)
        done = None
        for part, target in ((BackupPart.KEYS, keys), (BackupPart.ROWS, rows)):
            if target is not None:
                clear = header(part, target.key.key_id).to_bytes()
                done = _write(target, clear, entropy, _contents(part, kept, connection), where)
        if done is None:
            raise ValueError("nothing to back up: no file was named")
        return done

    return look_once(address, read)


def key_columns(kept: KeptStore) -> dict[str, WrappedKeys]:
    """Give the columns of wrapped keys by the name of their table."""
    return {keys.table: keys for keys in kept.keys}


def blanked(table: Table, rows: Iterable[Parameters], keys: Iterable[str]) -> Iterator[Parameters]:
    """Give rows with nothing in the place of a wrapped data key."""
    if table.name not in set(keys):
        yield from rows
        return
    place = table.columns.index("wrapped")
    for row in rows:
        yield (*row[:place], DESTROYED, *row[place + 1 :])


def _write(
    target: BackupTarget, header: bytes, entropy: Entropy, contents: _Contents, where: Callable[[_Counts], Manifest]
) -> Manifest:
    with _new_file(target.path) as file:
        writer = SealedWriter(file, header, target.key, entropy)
        manifest = where(tuple(_table(writer, place, name, rows) for place, (name, rows) in enumerate(contents)))
        writer.write(_item(MANIFEST, manifest.to_bytes()))
        writer.close()
        return manifest


def _contents(part: BackupPart, kept: KeptStore, connection: Connection) -> _Contents:
    if part is BackupPart.KEYS:
        for keys in kept.keys:
            yield keys.table, ((*one.key, one.wrapped) for one in all_keys(connection, keys))
        return
    columns = key_columns(kept)
    for table in declared_tables(kept.migrations):
        yield table.name, blanked(table, connection.execute(table.select), columns)


def _table(writer: SealedWriter, place: int, name: str, rows: Iterable[Parameters]) -> TableCount:
    grown = GrowingRoot()
    for row in rows:
        leaf = encode(list(row))
        grown.add(leaf)
        writer.write(_item(place, leaf))
    return TableCount(name=name, rows=grown.size, root=grown.root)


def _item(mark: int, content: bytes) -> bytes:
    return bytes([mark]) + len(content).to_bytes(4) + content


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its name, for its owner alone, and give it the name when it is whole and durable."""
    beside = path.with_name(f"{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
