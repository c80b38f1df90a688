"""A small registry on a real file, with a clock whose hands the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from konbini.process.stores import SqliteAddress
from konbini.protocol.cose import SigningKey
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.numbers import individual_number
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.entry import PLAIN, RegisterEntry
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.record import ResidentRecord
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore, Vault
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.records import written

MUNICIPALITY = "131997"
NOW = 1_790_000_000_000
TODAY = 20260921
NUMBER = "123456789018"

MakeRecord: TypeAlias = Callable[..., ResidentRecord]


def record_of(resident: str = "000000000000001", **changes: Any) -> ResidentRecord:  # noqa: ANN401 - any field
    """Write a plain record at version 1, of a household of its own."""
    return written(resident, **changes)


def number_of(resident: str) -> str:
    """Give each resident an individual number of its own."""
    return NUMBER if resident == "000000000000001" else individual_number(int(resident[-9:]))


def arrival_of(record: ResidentRecord, number: str | None = "", kept: RegisterEntry = PLAIN) -> Change:
    """Write the change that takes a resident in, with a number of the resident's own where none is said."""
    number = number_of(record.resident) if number == "" else number
    return new_change(
        ChangeKind.MOVE_IN,
        record.resident,
        RecordWritten(
            record=record,
            individual_number=number,
            postcode=kept.postcode,
            alias_reading=kept.alias_reading,
            katakana=kept.katakana,
        ),
        seen=0,
        effective=TODAY,
        source="転入届",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A registry with all its rooms."""

    store: RowsRegistryStore
    pen: RecordPen
    identity: SigningKey
    clock: SettableClock
    acknowledging: Acknowledging
    registry: Registry
    publisher: Publisher

    async def put_in_force(self, change: Change) -> int:
        """Enter a change as one person and approve it as another."""
        return await self.registry.approve("bando", await self.registry.enter("aoki", change))

    async def take_in(
        self,
        resident: str = "000000000000001",
        kept: RegisterEntry = PLAIN,
        /,
        **changes: Any,  # noqa: ANN401 - any field
    ) -> ResidentRecord:
        """Take a resident in, with what an arrival says of the items kept beside the record."""
        record = record_of(resident, **changes)
        await self.put_in_force(arrival_of(record, kept=kept))
        return record


OpenOffice: TypeAlias = Callable[..., Awaitable[Office]]


def vault_of(seed: int = 7) -> Vault:
    """Make the keys of a store."""
    entropy = SeededEntropy(seed)
    return Vault(
        municipality=MUNICIPALITY,
        personal=Sealer(KeyEncryptionKeys((bytes(range(32)),)), MUNICIPALITY, entropy),
        numbers=Sealer(KeyEncryptionKeys((bytes(range(1, 33)),)), MUNICIPALITY, entropy),
        keyed_hash=KeyedHash(bytes(range(2, 34))),
        given=KeyedHash(bytes(range(3, 35))),
    )


async def office_at(path: Path, key: SigningKey, followers: tuple[str, ...] = (), *, seed: int = 7) -> Office:
    """Open a registry."""
    clock = SettableClock(NOW)
    store = RowsRegistryStore.open(SqliteAddress(path=path), vault_of(seed))
    await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
    pen = RecordPen(key, MUNICIPALITY, SeededEntropy(seed + 1))
    acknowledging = Acknowledging(followers, clock)
    identity = SigningKey.generate()
    publisher = Publisher(store=store, pen=pen, identity=identity, acknowledging=acknowledging, clock=clock)
    await publisher.begin()
    return Office(
        store=store,
        pen=pen,
        identity=identity,
        clock=clock,
        acknowledging=acknowledging,
        registry=Registry(store, pen, acknowledging, clock),
        publisher=publisher,
    )


@pytest.fixture(scope="session")
def record_key() -> SigningKey:
    """Return the registry's record key."""
    return SigningKey.generate()


@pytest.fixture
async def open_office(tmp_path: Path, record_key: SigningKey) -> AsyncIterator[OpenOffice]:
    """Return what opens registries in the test's folder, one file each."""
    opened: list[Office] = []

    async def open_one(*followers: str, name: str = "registry.db") -> Office:
        office = await office_at(tmp_path / name, record_key, followers, seed=7 + len(opened))
        opened.append(office)
        return office

    yield open_one
    for office in opened:
        await office.store.close()


@pytest.fixture
async def office(open_office: OpenOffice) -> Office:
    """Return a registry that nobody follows."""
    return await open_office()


@pytest.fixture
def open_at(record_key: SigningKey) -> Callable[..., Awaitable[Office]]:
    """Return `office_at` with the record key, for whoever closes the store by itself."""

    async def open_one(path: Path, *followers: str) -> Office:
        return await office_at(path, record_key, followers)

    return open_one


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Return what writes a plain record."""
    return record_of


@pytest.fixture(scope="session")
def arrival() -> Callable[..., Change]:
    """Return what writes a move in."""
    return arrival_of


@pytest.fixture
def card() -> CardSerial:
    """Return a card."""
    return CardSerial(issuer_key_id=bytes(20), serial=b"\x01\x00\x00\x01")
