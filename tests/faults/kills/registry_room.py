"""The registry under a campaign: changes entered, approved and withdrawn, residents looked up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.membership import Member, ServerNames
from konbini.process.rows import CommitWatch, NotStored
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress
from konbini.protocol.cose import SigningKey
from konbini.protocol.shape import from_bytes
from konbini.simulation.town.numbers import individual_number
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore, Vault
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.store import ChangeState
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.faults.kills.rooms import CALLERS, Entries, Teller, Word, counted, one_row
from tests.records import written

__all__ = ["RegistryRoom"]

_KEY_BYTES = 32
_A_WORKER = 200
"""Residents that one worker may take in."""


class RegistryRoom:
    """The registry's store, with its use cases over it."""

    name = "registry"
    steps = ("enter", "approve", "withdraw", "look up")

    def __init__(self) -> None:
        """Make the keys of its store; whoever works on it is forked from whoever holds them."""
        self._clock, self._entropy = SystemClock(), SystemEntropy()
        token = self._entropy.token
        sealers = [Sealer(KeyEncryptionKeys((token(_KEY_BYTES),)), SUMIKAWA.code, self._entropy) for _ in range(2)]
        self._vault = Vault(
            municipality=SUMIKAWA.code,
            personal=sealers[0],
            numbers=sealers[1],
            keyed_hash=KeyedHash(token(_KEY_BYTES)),
            given=KeyedHash(token(_KEY_BYTES)),
        )
        self._pen = RecordPen(SigningKey.generate(), SUMIKAWA.code, self._entropy)

    async def prepare(self, address: StoreAddress) -> None:
        """Begin the registry."""
        store = await self._open(address, None)
        await store.close()

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Approve what was left waiting, then take residents in."""
        store = await self._open(address, watch)
        tell.started()
        registry = Registry(store, self._pen, Acknowledging((), self._clock), self._clock)
        for left in await registry.pending("bando"):
            tell("approve", left.change_id, await registry.approve("bando", left.change_id))
        async with asyncio.TaskGroup() as callers:
            for caller in range(CALLERS):
                callers.create_task(_changes(registry, tell, 1 + number * _A_WORKER + caller))

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Hold a change against its row, its entry and the feed; a look-up against its entry and its access."""
        match word.kind, word.about:
            case "enter", (change,):
                row = one_row(connection, "SELECT 1 FROM change WHERE change_id = ?", change)
                return row is not None and _logged(entries, AuditEvent.CHANGE_ENTERED, change)
            case "approve", (change, number):
                return _approved(connection, change, int(number), entries)
            case "withdraw", (change,):
                row = one_row(connection, "SELECT state FROM change WHERE change_id = ?", change)
                there = row == (ChangeState.WITHDRAWN,)
                return there and _logged(entries, AuditEvent.CHANGE_WITHDRAWN, change)
            case "look up", (operator,):
                return _looked_up(connection, operator, entries)
        raise ValueError(word.kind)

    def whole(self, connection: Connection) -> Sequence[str]:
        """Walk the log; count changes of each state against its entries, and the feed against approvals."""
        size = verify(connection)
        events = Counter(_entry(data).event for (data,) in connection.execute("SELECT entry FROM audit_entry"))
        assert sum(events.values()) == size
        approved = "SELECT count(*) FROM change WHERE state = 2"
        fed = (
            "SELECT count(*) FROM change WHERE state = 2"
            " AND EXISTS (SELECT 1 FROM feed_block WHERE change.number BETWEEN first AND last)"
        )
        return counted(
            connection,
            {
                "changes": ("SELECT count(*) FROM change", lambda: events[AuditEvent.CHANGE_ENTERED]),
                "approved": (approved, lambda: events[AuditEvent.CHANGE_APPROVED]),
                "approved in the feed": (fed, lambda: events[AuditEvent.CHANGE_APPROVED]),
                "withdrawn": (
                    "SELECT count(*) FROM change WHERE state = 3",
                    lambda: events[AuditEvent.CHANGE_WITHDRAWN],
                ),
                "looked up": ("SELECT count(*) FROM access", lambda: events[AuditEvent.RECORD_LOOKED_UP]),
            },
        )

    async def _open(self, address: StoreAddress, watch: CommitWatch | None) -> RowsRegistryStore:
        member = Member.of(ServerNames(), ())
        store = RowsRegistryStore.open(address, self._vault, watch=watch, member=member, entropy=self._entropy)
        now = self._clock.now()
        await store.begin(now // 1000, AuditEntry(moment=now, event=AuditEvent.REGISTRY_CREATED))
        return store


async def _changes(registry: Registry, tell: Teller, first: int) -> None:
    for resident in range(first, first + _A_WORKER, CALLERS):
        try:
            await _take_in(registry, tell, resident)
        except NotStored as fault:
            tell.refused(fault)


async def _take_in(registry: Registry, tell: Teller, ordinal: int) -> None:
    """Take a resident in, look at the record, and take a second change back."""
    resident, asking = f"{ordinal:015d}", f"l{ordinal}"
    entered = await registry.enter("aoki", _arrival(resident, ordinal))
    tell("enter", entered)
    tell("approve", entered, await registry.approve("bando", entered))
    await registry.look_up(asking, resident, "照会")
    tell("look up", asking)
    second = await registry.enter("aoki", _correction(resident))
    tell("enter", second)
    await registry.withdraw("bando", second)
    tell("withdraw", second)


def _arrival(resident: str, ordinal: int) -> Change:
    body = RecordWritten(record=written(resident), individual_number=individual_number(ordinal), postcode="")
    return new_change(ChangeKind.MOVE_IN, resident, body, seen=0, effective=20260921, source="転入届")


def _correction(resident: str) -> Change:
    body = RecordWritten(record=written(resident, version=2, remarks="訂正"), individual_number=None, postcode="")
    return new_change(ChangeKind.CORRECTION, resident, body, seen=1, effective=20260921, source="届書")


def _entry(data: bytes) -> AuditEntry:
    return from_bytes(AuditEntry, bytes(data))


def _logged(entries: Entries, event: AuditEvent, about: str) -> bool:
    return any((entry.event, entry.about) == (event, about) for entry in map(_entry, entries.values()))


def _approved(connection: Connection, change: str, number: int, entries: Entries) -> bool:
    """Say whether it is in force, in the feed that followers are owed, and on record with the feed's hash."""
    row = one_row(connection, "SELECT state, number FROM change WHERE change_id = ?", change)
    block = one_row(connection, "SELECT hash FROM feed_block WHERE ? BETWEEN first AND last", number)
    owed = one_row(connection, "SELECT 1 FROM feed WHERE number = ?", number)
    said = (_entry(data) for data in entries.values())
    digests = [entry.digest for entry in said if (entry.event, entry.about) == (AuditEvent.CHANGE_APPROVED, change)]
    return row == (ChangeState.APPROVED, number) and owed is not None and block is not None and digests == [block[0]]


def _looked_up(connection: Connection, operator: str, entries: Entries) -> bool:
    places = [place for place, data in entries.items() if _entry(data).operators == (operator,)]
    access = "SELECT 1 FROM access WHERE position = ?"
    return len(places) == 1 and one_row(connection, access, places[0]) is not None
