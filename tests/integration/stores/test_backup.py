"""A store is backed up while it is written, and restored into an empty one of either engine, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.membership import Member, ServerNames
from konbini.process.stores import StoreAddress, look_once, open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.kept import KEPT as CLERK
from konbini.ward_server.issuing.kept import KEPT as ISSUING
from konbini.ward_server.keeping.backing_up import BackupTarget, back_up
from konbini.ward_server.keeping.backup_file import SealedReader
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.keeping.restoring import BackupSource, restore
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.kept import KEPT
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from tests.places import Place, SqlitePlace, address, rows_of
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, arrival_of, record_of, vault_of

ROWS_KEY, KEYS_KEY = OpeningKey.generate(), OpeningKey.generate()
LATER = NOW + 3_600_000
RESIDENTS = tuple(f"{number:015d}" for number in range(1, 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A registry that is open, and where its backups go."""

    address: StoreAddress
    folder: Path
    registry: Registry

    async def take_in(self, resident: str) -> None:
        """Take a resident in."""
        change = await self.registry.enter("aoki", arrival_of(record_of(resident)))
        await self.registry.approve("bando", change)

    def back_up(self, name: str = "backup", moment: int = NOW, *, rows: bool = True, keys: bool = True) -> bytes:
        """Back the store up, whole or one part, and give the manifest's digest."""
        manifest = back_up(
            KEPT,
            self.address,
            MUNICIPALITY,
            rows=BackupTarget(path=self.folder / name, key=ROWS_KEY.sealing) if rows else None,
            keys=BackupTarget(path=self.folder / f"{name}.keys", key=KEYS_KEY.sealing) if keys else None,
            moment=moment,
            entropy=SeededEntropy(moment),
        )
        return manifest.digest

    async def restore(  # noqa: PLR0913 - what a restoration is made of
        self,
        target: StoreAddress,
        *,
        name: str = "backup",
        keys: str | None = "backup.keys",
        kept: KeptStore = KEPT,
        municipality: str = MUNICIPALITY,
        expected: bytes | None = None,
    ) -> None:
        """Restore a backup."""
        await restore(
            kept,
            target,
            municipality,
            rows=BackupSource(path=self.folder / name, key=ROWS_KEY),
            keys=None if keys is None else BackupSource(path=self.folder / keys, key=KEYS_KEY),
            moment=LATER,
            expected=expected,
        )


@pytest.fixture
async def office(place: Place, tmp_path: Path) -> AsyncIterator[Office]:
    """Open a registry with five residents."""
    store = RowsRegistryStore.open(address(place, "registry"), vault_of())
    await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
    clock = SettableClock(NOW)
    pen = RecordPen(SigningKey.generate(), MUNICIPALITY, SeededEntropy(5))
    registry = Registry(store, pen, Acknowledging((), clock), clock)
    made = Office(address=address(place, "registry"), folder=tmp_path, registry=registry)
    for resident in RESIDENTS:
        await made.take_in(resident)
    yield made
    await store.close()


def sqlite_beside(folder: Path) -> SqlitePlace:
    """Give a folder for a store that is restored."""
    (folder / "restored").mkdir(exist_ok=True)
    return SqlitePlace(folder=folder / "restored")


async def look_up(target: StoreAddress, resident: str) -> bytes:
    """Read a record in a store."""
    store = RowsRegistryStore.open(target, vault_of(9))
    try:
        found = await store.read(lambda reading: reading.record(resident))
    finally:
        await store.close()
    assert found is not None
    return found.data


async def refused(restoring: Awaitable[object]) -> Code:
    """Give the code with which a restoration is refused."""
    with pytest.raises(Refused) as refusal:
        await restoring
    return refusal.value.code


async def test_a_backup_taken_while_others_write_is_one_moment(office: Office, place: Place) -> None:
    """Arrivals go on; the backup has whole changes alone, opens, and begins under a new incarnation with its mark."""

    async def arrivals() -> None:
        for number in range(100, 130):
            await office.take_in(f"{number:015d}")

    await asyncio.gather(arrivals(), asyncio.to_thread(office.back_up))
    target = address(place, "restored")
    await office.restore(target)
    for resident in RESIDENTS:
        assert await look_up(target, resident) == await look_up_running(office, resident)
    ((feed,),) = rows_of(place, "restored", "SELECT count(*) FROM feed")
    ((records,),) = rows_of(place, "restored", "SELECT count(*) FROM record")
    assert feed == records
    ((incarnation,),) = rows_of(place, "restored", "SELECT incarnation FROM registry")
    assert incarnation == LATER // 1000 > NOW // 1000
    ((position, moment, taken, said),) = rows_of(
        place, "restored", "SELECT position, moment, taken, said FROM restoration"
    )
    assert (moment, taken, said) == (LATER, NOW, 0)
    rows = open_rows(target, KEPT.migrations)
    entry = await rows.read(lambda connection: log.entry_at(connection, position))
    assert await rows.read(log.verify) == position + 1
    await rows.close()
    assert entry is not None
    assert entry.event is AuditEvent.REGISTRY_REPLACED


async def look_up_running(office: Office, resident: str) -> bytes:
    """Read a record of the running registry."""
    return (await office.registry.look_up("aoki", resident, "a test")).record


async def test_the_rows_alone_open_nothing(office: Office) -> None:
    """No wrapped data key is in the file of rows, and nothing that a resident would know again."""
    office.back_up()
    with (office.folder / "backup").open("rb") as file:
        plain = b"".join(SealedReader(file).open(ROWS_KEY))
    with (office.folder / "backup.keys").open("rb") as file:
        keys = b"".join(SealedReader(file).open(KEYS_KEY))
    wrapped = [bytes(row[0]) for row in rows_of_office(office, "SELECT wrapped FROM data_key")]
    assert len(wrapped) == len(RESIDENTS)
    assert all(key in keys and key not in plain for key in wrapped)
    assert record_of().name.encode() not in plain


def rows_of_office(office: Office, query: str) -> list[tuple[bytes, ...]]:
    """Read the running store."""
    return look_once(office.address, lambda connection: connection.execute(query).fetchall())


async def test_an_engine_may_be_restored_to_the_other(office: Office, tmp_path: Path) -> None:
    """From either engine to a file."""
    office.back_up()
    there = sqlite_beside(tmp_path)
    await office.restore(address(there, "registry"))
    assert await look_up(address(there, "registry"), RESIDENTS[0])


async def test_a_destroyed_key_does_not_come_back_with_the_newest_keys(office: Office, place: Place) -> None:
    """Rows from before, keys from after: the one who was disposed of is not given back, all others are."""
    office.back_up("old", NOW)
    place.write(
        "registry",
        "UPDATE data_key SET wrapped = substr(wrapped, 1, 0) WHERE resident = '000000000000002' RETURNING resident",
    )
    office.back_up("new", NOW + 1)
    target = address(place, "restored")
    await office.restore(target, name="old", keys="new.keys")
    assert await look_up(target, RESIDENTS[0])
    assert await refused(look_up(target, RESIDENTS[1])) is Code.RECORD_DISPOSED


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data[:-1], Code.BACKUP_TRUNCATED),
        (lambda data: data[:200], Code.BACKUP_TRUNCATED),
        (lambda data: data[:-40] + bytes([data[-40] ^ 1]) + data[-39:], Code.BACKUP_DAMAGED),
        (lambda data: data[:400] + bytes([data[400] ^ 1]) + data[401:], Code.BACKUP_NOT_OPENED),
        (lambda _data: b"", Code.BACKUP_NOT_OPENED),
    ],
)
async def test_a_spoilt_file_is_refused(
    office: Office, tmp_path: Path, spoil: Callable[[bytes], bytes], code: Code
) -> None:
    """Rows or keys, cut or changed: nothing of it is in the store, which takes the good one afterwards."""
    office.back_up()
    there = address(sqlite_beside(tmp_path), "registry")
    for name in ("backup", "backup.keys"):
        good = (office.folder / name).read_bytes()
        (office.folder / name).write_bytes(spoil(good))
        assert await refused(office.restore(there)) is code
        (office.folder / name).write_bytes(good)
    await office.restore(there)
    assert await refused(office.restore(there)) is Code.STORE_NOT_EMPTY


async def test_what_belongs_elsewhere_is_refused(office: Office, tmp_path: Path) -> None:
    """Another municipality, another process, another schema, the two files changed for each other, none, or too old."""
    office.back_up("old", NOW)
    await office.take_in("000000000000077")
    office.back_up("backup", NOW + 1)
    there = address(sqlite_beside(tmp_path), "registry")
    older = replace(KEPT, migrations=files("konbini.ward_server.clerk") / "migrations")
    for restoring, code in (
        (office.restore(there, municipality="131016"), Code.BACKUP_OF_ANOTHER),
        (office.restore(there, kept=ISSUING), Code.BACKUP_OF_ANOTHER),
        (office.restore(there, kept=older), Code.BACKUP_OLDER_SCHEMA),
        (office.restore(there, name="backup.keys"), Code.BACKUP_OF_ANOTHER),
        (office.restore(there, keys=None), Code.BACKUP_KEYS_MISSING),
        (office.restore(there, keys="old.keys"), Code.BACKUP_KEYS_MISSING),
    ):
        assert await refused(restoring) is code


async def test_keys_of_another_store_are_refused(office: Office, tmp_path: Path) -> None:
    """The same municipality's, of a registry that was founded anew."""
    office.back_up()
    other = RowsRegistryStore.open(address(SqlitePlace(folder=tmp_path), "other"), vault_of())
    await other.begin(NOW // 1000 + 5, AuditEntry(moment=NOW + 5, event=AuditEvent.REGISTRY_CREATED))
    await other.close()
    made = replace(office, address=address(SqlitePlace(folder=tmp_path), "other"))
    made.back_up("other", NOW + 9)
    restoring = office.restore(address(sqlite_beside(tmp_path), "registry"), keys="other.keys")
    assert await refused(restoring) is Code.BACKUP_OF_ANOTHER


async def test_rows_that_somebody_else_sealed_are_refused(office: Office, tmp_path: Path) -> None:
    """The public key is no secret: only the digest that was shown tells the ward's own backup from another store's."""
    shown = office.back_up()
    (office.folder / "own").write_bytes((office.folder / "backup").read_bytes())
    await office.take_in("000000000000078")
    office.back_up("backup", NOW + 1)
    there = address(sqlite_beside(tmp_path), "registry")
    assert await refused(office.restore(there, expected=shown)) is Code.BACKUP_DIFFERS
    await office.restore(there, name="own", expected=shown)


async def test_rows_and_keys_are_not_sealed_to_one_key(office: Office) -> None:
    """One of the two could not be destroyed without the other."""
    with pytest.raises(ValueError, match="two keys"):
        back_up(
            KEPT,
            office.address,
            MUNICIPALITY,
            rows=BackupTarget(path=office.folder / "rows", key=ROWS_KEY.sealing),
            keys=BackupTarget(path=office.folder / "keys", key=ROWS_KEY.sealing),
            moment=NOW,
            entropy=SeededEntropy(1),
        )
    assert not list(office.folder.glob("rows*"))


@pytest.mark.parametrize("kept", [ISSUING, CLERK], ids=lambda kept: kept.process)
async def test_a_restored_follower_begins_stopped(place: Place, tmp_path: Path, kept: KeptStore) -> None:
    """`issuing` and the clerk read the stop before anything else; who had the store open is not in the backup."""
    member = Member.of(ServerNames(), [b"settings"])
    await open_rows(address(place, "before"), kept.migrations, member=member).close()
    assert rows_of(place, "before", "SELECT count(*) FROM member") == [(1,)]
    rows, keys = tmp_path / "rows", tmp_path / "keys"
    back_up(
        kept,
        address(place, "before"),
        MUNICIPALITY,
        rows=BackupTarget(path=rows, key=ROWS_KEY.sealing),
        keys=BackupTarget(path=keys, key=KEYS_KEY.sealing) if kept.keys else None,
        moment=NOW,
        entropy=SeededEntropy(1),
    )
    await restore(
        kept,
        address(place, "after"),
        MUNICIPALITY,
        rows=BackupSource(path=rows, key=ROWS_KEY),
        keys=BackupSource(path=keys, key=KEYS_KEY) if kept.keys else None,
        moment=LATER,
        expected=None,
    )
    assert rows_of(place, "after", "SELECT code FROM stop") == [(int(Code.WARD_RESTORED),)]
    assert rows_of(place, "after", "SELECT said FROM restoration") == [(0,)]
    assert rows_of(place, "after", "SELECT count(*) FROM member") == [(0,)]
