"""Puts a backup into an empty store, if everything of it agrees; otherwise nothing stays.

1. the headers: this process, this municipality, this build's schema, one store for both files, keys no older than rows;
2. the seals, frame by frame; 3. every row is written, then every wrapped data key to its row; 4. the tables are read
back and their counts and Merkle roots held against the manifest, the audit log is walked, the feed's position compared;
5. the store is marked as restored, and begins stopped (`KeptStore.begin_stopped`). All of it is one transaction.

A data key that is not in the keys' file stays destroyed: a person who was disposed of after the rows were taken does
not come back with keys that were taken after the disposal. Keys from before it are ended by the newest signed list of
disposals (`destroyed`), and by destroying the key that they were sealed to.

A seal proves to whom a file was sealed, not by whom: whoever has the public key can seal rows of his own. What proves
the origin is the manifest's digest, which was shown when the backup was taken and is kept elsewhere (`expected`).

The mark is a row of `restoration` (`keeping/restoration.sql`): whoever decides whether a restored
store may go on reads it there (`said`: two persons have said so).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from konbini.process.statements import Connection, Parameters
from konbini.process.stores import StoreAddress, open_rows
from konbini.process.tables import Settle, Table, declared_tables, hashed, in_portions, is_empty, settling
from konbini.protocol.codec import Value, decode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import GrowingRoot
from konbini.protocol.sealing import OpeningKey
from konbini.ward_server.audit.log import AuditEntry, append, verify
from konbini.ward_server.keeping.backing_up import MANIFEST, blanked, key_columns
from konbini.ward_server.keeping.backup_file import SealedReader
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.keeping.manifest import (
    BackupHeader,
    BackupPart,
    Manifest,
    TableCount,
    manifest_of,
    read_header,
)

__all__ = ["BackupSource", "restore"]

_MOST_ROW = 16 * 1024 * 1024

End = Callable[[Connection], int]
"""Destroys again what was destroyed since the backup, and gives how much that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSource:
    """One file of a backup and the key that opens it."""

    path: Path
    key: OpeningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A file whose header was checked."""

    header: BackupHeader
    items: _Items


async def restore(  # noqa: PLR0913 - what a restoration is made of
    kept: KeptStore,
    target: StoreAddress,
    municipality: str,
    *,
    rows: BackupSource,
    keys: BackupSource | None,
    moment: int,
    expected: bytes | None,
    destroyed: End = lambda _connection: 0,
) -> Manifest:
    """Restore into a store that is empty, or not there yet.

    Args:
        kept: whose store it is.
        target: where it goes.
        municipality: whose it must be.
        rows: the file of rows.
        keys: the file of wrapped keys; None for a process that has none.
        moment: Unix milliseconds.
        expected: the digest of the rows' manifest as it was shown; None believes any origin.
        destroyed: destroys again what was destroyed since.

    Raises:
        Refused: `BACKUP_...`, `STORE_NOT_EMPTY`; nothing of the backup is in the store.
        AlreadyOwned, NotOpened, SchemaRefused, sqlite3.Error, OSError: the store or a file cannot be opened.
        NotStored: the store did not take it.
    """
    with ExitStack() as ending:
        opened = _open(ending, kept, municipality, rows, BackupPart.ROWS)
        apart = None if keys is None else _open(ending, kept, municipality, keys, BackupPart.KEYS)
        _check_pair(kept, opened, apart)
        settle = settling(target)
        store = open_rows(target, kept.migrations)
        try:
            return await store.write(
                lambda connection: _Restoration(kept, connection, moment, settle).run(
                    opened, apart, expected, destroyed
                ),
                step="restore",
            )
        finally:
            await store.close()


class _Restoration:
    """One restoration, within one transaction."""

    def __init__(self, kept: KeptStore, connection: Connection, moment: int, settle: Settle) -> None:
        self._kept = kept
        self._connection = connection
        self._moment = moment
        self._settle = settle
        self._tables = declared_tables(kept.migrations)

    def run(self, rows: _Opened, keys: _Opened | None, expected: bytes | None, destroyed: End) -> Manifest:
        """Write, compare, mark."""
        for table in self._tables:
            if not is_empty(self._connection, table):
                raise Refused(Code.STORE_NOT_EMPTY, f"table {table.name} has rows")
        manifest = self._write_rows(rows.items)
        if expected is not None and manifest.digest != expected:
            raise Refused(Code.BACKUP_DIFFERS, "its manifest is not the one that was shown when it was taken")
        self._compare(manifest)
        if keys is not None:
            self._write_keys(keys.items, manifest)
        ended = destroyed(self._connection)
        self._mark(manifest, rows.header, ended)
        return manifest

    def _write_rows(self, items: _Items) -> Manifest:
        for place, table in enumerate(self._tables):
            for portion in in_portions(items.rows_of(place, len(table.columns))):
                self._connection.executemany(table.insert, portion)
            self._settle(self._connection, table.name, table.key)
        return items.manifest()

    def _compare(self, manifest: Manifest) -> None:
        """Read everything back; the manifest must say the very same."""
        entries = _as_differing(lambda: verify(self._connection))
        counts = tuple(map(self._read_back, self._tables))
        there = manifest_of(self._kept, self._connection, counts)
        if there != manifest or entries != manifest.audit_entries:
            raise Refused(Code.BACKUP_DIFFERS, f"the manifest says otherwise of {_first(manifest, there)}")

    def _read_back(self, table: Table) -> TableCount:
        grown = GrowingRoot()
        rows = blanked(table, self._connection.execute(table.select), key_columns(self._kept))
        for _row in hashed(rows, grown):
            pass
        return TableCount(name=table.name, rows=grown.size, root=grown.root)

    def _write_keys(self, items: _Items, rows: Manifest) -> None:
        counts = []
        for place, keys in enumerate(self._kept.keys):
            grown = GrowingRoot()
            named = " AND ".join(f"{column} = ?" for column in keys.key)
            statement = f"UPDATE {keys.table} SET wrapped = ? WHERE {named}"  # noqa: S608 - names of our migrations
            for portion in in_portions(hashed(items.rows_of(place, len(keys.key) + 1), grown)):
                self._connection.executemany(statement, [(row[-1], *row[:-1]) for row in portion])
            counts.append(TableCount(name=keys.table, rows=grown.size, root=grown.root))
        manifest = items.manifest()
        if tuple(counts) != manifest.tables:
            raise Refused(Code.BACKUP_DIFFERS, "the keys are not what their manifest says")
        if manifest.audit_entries < rows.audit_entries:
            raise Refused(Code.BACKUP_KEYS_MISSING, "the keys are older than the rows")

    def _mark(self, manifest: Manifest, header: BackupHeader, ended: int) -> None:
        self._kept.begin_stopped(self._connection, self._moment)
        position = append(
            self._connection,
            AuditEntry(
                moment=self._moment,
                event=self._kept.replaced,
                about=f"as of {header.moment}; {ended} destroyed again",
                digest=manifest.digest,
            ),
        )
        self._connection.execute(
            "INSERT INTO restoration (position, moment, taken, manifest, said) VALUES (?, ?, ?, ?, 0)",
            (position, self._moment, header.moment, manifest.digest),
        )


class _Items:
    """The items of an opened file, one after another: rows of tables in their order, then the manifest."""

    def __init__(self, contents: Iterator[bytes]) -> None:
        self._contents = contents
        self._held = bytearray()
        self._next: tuple[int, bytes] | None = self._read()

    def rows_of(self, place: int, width: int) -> Iterator[Parameters]:
        """Give the rows of the table at a place; there may be none."""
        while self._next is not None and self._next[0] == place:
            yield _row(self._next[1], width)
            self._next = self._read()

    def manifest(self) -> Manifest:
        """Give the last item; nothing follows it."""
        if self._next is None or self._next[0] != MANIFEST:
            raise Refused(Code.BACKUP_DIFFERS, "rows of a table that is not there")
        manifest = Manifest.open(self._next[1])
        if self._read() is not None:
            raise Refused(Code.BACKUP_DIFFERS, "something follows the manifest")
        return manifest

    def _read(self) -> tuple[int, bytes] | None:
        head = self._take(5)
        if head is None:
            return None
        length = int.from_bytes(head[1:])
        content = self._take(length) if length <= _MOST_ROW else None
        if content is None:
            raise Refused(Code.BACKUP_DIFFERS, "an item is cut short")
        return head[0], content

    def _take(self, count: int) -> bytes | None:
        while len(self._held) < count:
            frame = next(self._contents, None)
            if frame is None:
                if self._held:
                    raise Refused(Code.BACKUP_DIFFERS, "an item is cut short")
                return None
            self._held += frame
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken


def _open(ending: ExitStack, kept: KeptStore, municipality: str, source: BackupSource, part: BackupPart) -> _Opened:
    reader = SealedReader(ending.enter_context(source.path.open("rb")))
    header = read_header(reader.header)
    header.check(kept, municipality, part)
    return _Opened(header=header, items=_Items(reader.open(source.key)))


def _check_pair(kept: KeptStore, rows: _Opened, keys: _Opened | None) -> None:
    if keys is None:
        if kept.keys:
            raise Refused(Code.BACKUP_KEYS_MISSING, "its keys are in a file of their own")
        return
    if keys.header.store != rows.header.store:
        raise Refused(Code.BACKUP_OF_ANOTHER, "the keys of another store")
    if keys.header.moment < rows.header.moment:
        raise Refused(Code.BACKUP_KEYS_MISSING, "the keys are older than the rows")


def _row(data: bytes, width: int) -> Sequence[int | str | bytes | None]:
    row = _as_differing(lambda: decode(data, _MOST_ROW))
    if not isinstance(row, list) or len(row) != width or not all(map(_is_plain, row)):
        raise Refused(Code.BACKUP_DIFFERS, "a row of another shape")
    return row


def _is_plain(value: Value) -> bool:
    return value is None or (isinstance(value, int | str | bytes) and not isinstance(value, bool))


def _as_differing(check: Callable[[], Value]) -> Value:
    try:
        return check()
    except Refused as refused:
        raise Refused(Code.BACKUP_DIFFERS, refused.detail) from refused


def _first(one: Manifest, other: Manifest) -> str:
    """Name what differs first."""
    tables: Iterable[tuple[TableCount, TableCount]] = zip(one.tables, other.tables, strict=False)
    return next((told.name for told, there in tables if told != there), "the audit log or the feed")
