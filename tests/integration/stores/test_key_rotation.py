"""Key-encryption keys are rotated while others read and write, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.resources import files

import pytest

from konbini.process.clock import SystemClock
from konbini.process.rows import Rows
from konbini.process.stores import open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.keeping.rotation import KeyRotation, RotationEvents, Wrapping
from konbini.ward_server.keeping.wrapped_keys import wrapped_by
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.keys import NUMBER_KEYS, PERSONAL_KEYS, WRAPPED_KEYS
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.places import Place, address
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, arrival_of, record_of

OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
EVENTS = RotationEvents(
    begun=AuditEvent.KEY_ROTATION_BEGUN, went_on=AuditEvent.KEY_ROTATION_WENT_ON, done=AuditEvent.KEY_ROTATION_DONE
)
RESIDENTS = tuple(f"{number:015d}" for number in range(1, 8))


def key_id(key: bytes) -> bytes:
    """Give a key's id."""
    return KeyEncryptionKeys((key,)).current


@dataclass(kw_only=True)
class Office:
    """A registry and the list of keys that its configuration holds."""

    rows: Rows
    store: RowsRegistryStore
    registry: Registry
    rotation: KeyRotation
    listed: list[bytes] = field(default_factory=lambda: [OLD])

    async def take_in(self, resident: str) -> None:
        """Take a resident in, with an individual number."""
        change = await self.registry.enter("aoki", arrival_of(record_of(resident)))
        await self.registry.approve("bando", change)

    async def counts(self) -> dict[bytes, int]:
        """Count data keys by what wraps them."""
        return await self.rows.read(lambda connection: wrapped_by(connection, WRAPPED_KEYS))

    async def events(self) -> list[tuple[AuditEvent, str]]:
        """Give what the audit log says of rotation."""

        def look(connection: object) -> list[AuditEntry]:
            count = log.verify(connection)  # type: ignore[arg-type] # a connection of the rows
            return [entry for at in range(count) if (entry := log.entry_at(connection, at))]  # type: ignore[arg-type] # the same

        found = await self.rows.read(look)
        return [(one.event, one.about) for one in found if one.event.name.startswith("KEY_ROTATION")]


@pytest.fixture
async def office(place: Place) -> AsyncIterator[Office]:
    """Open a registry with seven residents; one change waits."""
    rows = open_rows(address(place, "residents"), files("konbini.ward_server.residents") / "migrations")
    entropy = SeededEntropy(11)
    vault = Vault(
        municipality=MUNICIPALITY,
        personal=Sealer(KeyEncryptionKeys((OLD,)), MUNICIPALITY, entropy),
        numbers=Sealer(KeyEncryptionKeys((OLD,)), MUNICIPALITY, entropy),
        keyed_hash=KeyedHash(bytes(32)),
        given=KeyedHash(bytes(range(32))),
    )
    store = RowsRegistryStore(rows, vault)
    await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
    clock = SettableClock(NOW)
    pen = RecordPen(SigningKey.generate(), MUNICIPALITY, entropy)
    registry = Registry(store, pen, Acknowledging((), clock), clock)
    listed = [OLD]
    wrappings = [
        Wrapping(name=name, sealer=sealer, columns=columns, read=lambda: KeyEncryptionKeys(listed))
        for name, sealer, columns in (
            ("personal", vault.personal, PERSONAL_KEYS),
            ("numbers", vault.numbers, NUMBER_KEYS),
        )
    ]
    rotation = KeyRotation(rows, wrappings, EVENTS, SystemClock())
    made = Office(rows=rows, store=store, registry=registry, rotation=rotation, listed=listed)
    for resident in RESIDENTS:
        await made.take_in(resident)
    await registry.enter("aoki", arrival_of(record_of("000000000000099")))
    yield made
    await rows.close()


async def test_a_new_key_wraps_everything_and_the_old_one_may_go(office: Office) -> None:
    """Both lists, a waiting number among them; what was sealed reads as before, without the old key."""
    before = await office.counts()
    assert set(before) == {key_id(OLD)}
    office.listed[:] = [NEW, OLD]
    await office.rotation.turn()
    assert await office.counts() == {key_id(NEW): before[key_id(OLD)]}
    assert await office.events() == [
        (AuditEvent.KEY_ROTATION_BEGUN, f"personal: by {key_id(NEW).hex()}"),
        (AuditEvent.KEY_ROTATION_DONE, f"personal: nothing by {key_id(OLD).hex()}"),
        (AuditEvent.KEY_ROTATION_BEGUN, f"numbers: by {key_id(NEW).hex()}"),
        (AuditEvent.KEY_ROTATION_DONE, f"numbers: nothing by {key_id(OLD).hex()}"),
    ]
    office.listed[:] = [NEW]
    await office.rotation.turn()
    for resident in RESIDENTS:
        await office.registry.look_up("aoki", resident, "a test")
    (waiting,) = await office.registry.pending("bando")
    await office.registry.approve("bando", waiting.change_id)


async def test_the_register_goes_on_meanwhile(office: Office) -> None:
    """Residents come while keys are wrapped anew; nothing of either is lost."""
    office.listed[:] = [NEW, OLD]

    async def arrivals() -> None:
        for number in range(200, 220):
            await office.take_in(f"{number:015d}")

    await asyncio.gather(office.rotation.turn(), arrivals())
    await office.rotation.turn()
    assert set(await office.counts()) == {key_id(NEW)}
    for number in range(200, 220):
        await office.registry.look_up("aoki", f"{number:015d}", "a test")


async def test_a_list_without_a_key_that_is_in_use_is_not_taken(office: Office) -> None:
    """Somebody removed the old key too early: the process goes on with the list it has."""
    before = await office.counts()
    office.listed[:] = [OTHER]
    await office.rotation.turn()
    assert await office.counts() == before
    await office.registry.look_up("aoki", RESIDENTS[0], "a test")
    await office.take_in("000000000000300")
    assert set(await office.counts()) == {key_id(OLD)}


async def test_a_data_key_under_another_resident_is_not_wrapped_anew(office: Office, place: Place) -> None:
    """It does not open there: the rotation stops at it, says so, and the row stays as it was found."""
    place.write(
        "residents",
        "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE resident = '000000000000001')"
        " WHERE resident = '000000000000002' RETURNING resident",
    )
    office.listed[:] = [NEW, OLD]
    await office.rotation.turn()
    assert key_id(OLD) in await office.counts()
    with pytest.raises(Refused) as refusal:
        await office.registry.look_up("aoki", RESIDENTS[1], "a test")
    assert refusal.value.code is Code.SEAL_BROKEN
    assert not [event for event, about in await office.events() if event is EVENTS.done and "personal" in about]
