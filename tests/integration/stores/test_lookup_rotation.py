"""The lookup key is rotated at rest, on both engines: all is found under the new key, and nothing under the old."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest

from konbini.process.membership import Member, ServerNames
from konbini.process.rows import AlreadyOwned, NotInStep, Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.kept import KEPT as CLERK_KEPT
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.decisions.desk import Decisions
from konbini.ward_server.following.events import CLERK, ISSUING
from konbini.ward_server.following.outage import HoldOn, Hours, Outages, outage_effects
from konbini.ward_server.following.rehashing import rehash_follower
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.kept import KEPT as ISSUING_KEPT
from konbini.ward_server.issuing.ledger.rehashing import rehash_issuing
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.keeping.lookup_rotation import LookupRotation, NotRehashed, Rehash, rotate_lookup_key
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.bodies import CardLinked, Restriction
from konbini.ward_server.residents.changes import Body, ChangeKind, new_change
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.kept import KEPT
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.rehashing import rehash_registry
from konbini.ward_server.residents.rows_store import RowsRegistryStore
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.lookup_key import LookupKeyRefused, hold_to_lookup_key
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.places import Place, address, rows_of
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, NOW, TODAY, arrival_of, record_of, vault_of

HELD, FREE = "000000000000001", "000000000000002"
CARD = CardSerial(issuer_key_id=bytes(20), serial=b"\x09")
OLD, NEW = vault_of().keyed_hash, KeyedHash(b"new" + bytes(29))
KEY = SigningKey.generate()


def rotation(event: AuditEvent, operators: tuple[str, str] = ("aoki", "bando")) -> LookupRotation:
    """Describe the rotation."""
    return LookupRotation(old=OLD, new=NEW, operators=operators, event=event)


async def rotate(place: Place, name: str, kept: KeptStore, rehash: Rehash, event: AuditEvent) -> int:
    """Rotate a store of a name that nobody has open."""
    return await rotate_lookup_key(kept.migrations, address(place, name), rehash, rotation(event), SettableClock(NOW))


@asynccontextmanager
async def registry_at(place: Place, hashes: KeyedHash) -> AsyncIterator[tuple[RowsRegistryStore, Registry]]:
    """Open the registry with a lookup key."""
    rows = open_rows(address(place, "registry"), KEPT.migrations)
    try:
        await hold_to_lookup_key(rows, hashes)
        store = RowsRegistryStore(rows, replace(vault_of(), keyed_hash=hashes))
        await store.begin(NOW // 1000, AuditEntry(moment=NOW, event=AuditEvent.REGISTRY_CREATED))
        pen, clock = RecordPen(KEY, MUNICIPALITY, SeededEntropy(3)), SettableClock(NOW)
        yield store, Registry(store, pen, Acknowledging((), clock), clock)
    finally:
        await rows.close()


async def fill(registry: Registry) -> None:
    """Take two residents in, link one's card and protect the other."""

    async def act(kind: ChangeKind, resident: str, body: Body) -> None:
        change = new_change(kind, resident, body, seen=0, effective=TODAY, source="届書")
        await registry.approve("bando", await registry.enter("aoki", change))

    for resident in (HELD, FREE):
        await registry.approve("bando", await registry.enter("aoki", arrival_of(record_of(resident))))
    await act(ChangeKind.CARD_LINKED, FREE, CardLinked(card=CARD, replaces=None))
    await act(ChangeKind.MEASURE_SET, HELD, Restriction(name="2026-017", planned_end=None))


async def test_the_registry_finds_everything_under_the_new_key(place: Place) -> None:
    """Link and measure as before, the card is linked to nobody else, and no hash of the old key is left."""
    async with registry_at(place, OLD) as (_store, registry):
        await fill(registry)
        before = [await registry.look_up("chiba", resident, "before") for resident in (HELD, FREE)]
    restrictions = "SELECT restriction FROM restriction UNION ALL SELECT whose FROM restriction"
    hashes = f"SELECT card FROM card_link UNION ALL {restrictions}"  # noqa: S608 - constants
    old = {bytes(one) for (one,) in rows_of(place, "registry", hashes)}
    assert await rotate(place, "registry", KEPT, _registry, AuditEvent.LOOKUP_KEY_ROTATED) == 2
    assert old.isdisjoint(bytes(one) for (one,) in rows_of(place, "registry", hashes))
    with pytest.raises(LookupKeyRefused):
        async with registry_at(place, OLD):
            pass
    async with registry_at(place, NEW) as (store, registry):
        assert [await registry.look_up("chiba", resident, "after") for resident in (HELD, FREE)] == before
        link = CardLinked(card=CARD, replaces=None)
        again = new_change(ChangeKind.CARD_LINKED, HELD, link, seen=0, effective=TODAY, source="届書")
        with pytest.raises(Refused) as refusal:
            await registry.approve("bando", await registry.enter("aoki", again))
        assert refusal.value.code is Code.CARD_LINKED_BEFORE
        entries = await store.rows.read(_log)
    told = [one for one in entries if one is not None and one.event is AuditEvent.LOOKUP_KEY_ROTATED]
    assert [one.operators for one in told] == [("aoki", "bando")]


@dataclass(kw_only=True)
class Follower:
    """A follower's store, open with a lookup key."""

    rows: Rows
    feed: FeedRows
    decisions: Decisions

    async def found(self) -> tuple[object, ...]:
        """Give all that is looked up by a keyed hash, or hidden under the key."""
        return await self.rows.read(
            lambda connection: (
                self.feed.holder(connection, CARD, TODAY + 1),
                [self.feed.barred(connection, resident) for resident in (HELD, FREE)],
                [sorted(map(repr, self.feed.held(connection, resident))) for resident in (HELD, FREE)],
                self.feed.strays(connection),
            )
        )


async def nothing_published() -> None:
    """Hold the store against nothing: this ward publishes nothing."""


@asynccontextmanager
async def follower_at(place: Place, name: str, kept: KeptStore, hashes: KeyedHash) -> AsyncIterator[Follower]:
    """Open a follower with a lookup key."""
    rows = open_rows(address(place, name), kept.migrations)
    events = ISSUING if name == "issuing" else CLERK
    clock = SettableClock(NOW)
    feed = FeedRows(MUNICIPALITY, KEY.verifying, hashes)
    try:
        await hold_to_lookup_key(rows, hashes)
        yield Follower(
            rows=rows,
            feed=feed,
            decisions=Decisions(
                rows,
                events=events.decisions,
                effects=outage_effects(Outages(rows, clock), feed, events.outage, nothing_published, most_hours=24),
                hashes=hashes,
                clock=clock,
                entropy=SeededEntropy(5),
            ),
        )
    finally:
        await rows.close()


async def apply_to(place: Place, follower: Follower) -> None:
    """Fill the registry and apply its feed."""
    async with registry_at(place, OLD) as (store, registry):
        await fill(registry)
        blocks = await store.read(lambda reading: reading.feed_after(0, 100))
    sealer = Sealer(KeyEncryptionKeys((bytes(range(32)),)), MUNICIPALITY, SeededEntropy(5))
    copy = ResidentCopy(
        follower.rows, follower.feed, sealer=sealer, record_key=KEY.verifying, municipality=MUNICIPALITY
    )
    await copy.apply(blocks)


def hold(resident: str) -> Decision:
    """Decide that somebody is held."""
    return Decision(kind=DecisionKind.HOLD_SET, reason="a test", content=to_bytes(HoldOn(resident=resident)))


STRANGER = "000000000000099"


async def test_issuing_finds_everything_under_the_new_key(place: Place) -> None:
    """Cards, bars, holds of its own even on a stranger, what waits to be agreed to, and a card's visits of today."""
    async with follower_at(place, "issuing", ISSUING_KEPT, OLD) as follower:
        await apply_to(place, follower)
        await follower.rows.write(_heard)
        outage = Decision(kind=DecisionKind.OUTAGE, reason="a test", content=to_bytes(Hours(hours=2)))
        await follower.decisions.agree("bando", await follower.decisions.enter("aoki", outage))
        for resident in (FREE, STRANGER):
            await follower.decisions.agree("bando", await follower.decisions.enter("aoki", hold(resident)))
        waiting = await follower.decisions.enter("aoki", hold(HELD))
        before, hidden = await follower.found(), await follower.decisions.waiting("chiba")
        for one, card in ((1, OLD.card(CARD.issuer_key_id, CARD.serial)), (2, b"\xee" * 32)):
            await follower.rows.write(partial(_visit, one=one, card=card))
    await rotate(place, "issuing", ISSUING_KEPT, _issuing, AuditEvent.ISSUING_LOOKUP_KEY_ROTATED)
    async with follower_at(place, "issuing", ISSUING_KEPT, NEW) as follower:
        assert await follower.found() == before
        assert await follower.decisions.waiting("chiba") == hidden
        await follower.decisions.agree("bando", waiting)
        assert await follower.rows.read(lambda connection: follower.feed.barred(connection, STRANGER))
    cards = [bytes(card) for (card,) in rows_of(place, "issuing", "SELECT card_hash FROM visit ORDER BY visit_id")]
    assert cards == [NEW.card(CARD.issuer_key_id, CARD.serial), bytes(32)]


def _log(connection: Connection) -> list[AuditEntry | None]:
    return [log.entry_at(connection, at) for at in range(log.verify(connection))]


def _registry(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    return rehash_registry(connection, vault_of(), old, new)


def _issuing(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    return rehash_issuing(connection, MUNICIPALITY, old, new)


def _clerk(connection: Connection, old: KeyedHash, new: KeyedHash) -> int:
    return rehash_follower(connection, MUNICIPALITY, old, new)


def _heard(connection: Connection) -> None:
    connection.execute("INSERT INTO heard (only_one, moment) VALUES (1, ?)", (NOW,))


def _visit(connection: Connection, one: int, card: bytes) -> None:
    connection.execute(
        "INSERT INTO visit (visit_id, visit, kiosk, body_hash, card_hash, opened, ends) VALUES (?, ?, 'K', ?, ?, 0, 0)",
        (bytes([one]) * 16, bytes([one]) * 32, bytes(32), card),
    )


async def test_nothing_is_rotated_beside_its_process(place: Place) -> None:
    """Whoever has the store open is not changed under: of one file there is one owner, of a schema no other member."""
    member = Member.of(ServerNames(), (b"a clerk",))
    rows = open_rows(address(place, "clerk"), CLERK_KEPT.migrations, member=member)
    await hold_to_lookup_key(rows, OLD)
    with pytest.raises((AlreadyOwned, NotInStep)):
        await rotate(place, "clerk", CLERK_KEPT, _clerk, AuditEvent.CLERK_LOOKUP_KEY_ROTATED)
    await rows.close()
    await rotate(place, "clerk", CLERK_KEPT, _clerk, AuditEvent.CLERK_LOOKUP_KEY_ROTATED)


async def test_a_bar_of_nobody_undoes_everything(place: Place) -> None:
    """A row that cannot be made anew is no row to lose: nothing was changed, and the store opens with the old key."""
    async with follower_at(place, "clerk", CLERK_KEPT, OLD) as follower:
        await follower.rows.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO bar (restriction, whose, version, in_force, hidden) VALUES (?, ?, 1, 1, ?)",
                    (bytes(32), bytes(32), bytes(17)),
                ).rowcount
            )
        )
    with pytest.raises(NotRehashed, match="bar: 1 rows of nobody"):
        await rotate(place, "clerk", CLERK_KEPT, _clerk, AuditEvent.CLERK_LOOKUP_KEY_ROTATED)
    async with follower_at(place, "clerk", CLERK_KEPT, OLD):
        pass


async def test_one_person_is_not_enough(place: Place) -> None:
    """Whoever enters it does not approve it; a store of another key is left as it is."""
    async with follower_at(place, "clerk", CLERK_KEPT, OLD):
        pass
    clock = SettableClock(NOW)
    alone = rotation(AuditEvent.CLERK_LOOKUP_KEY_ROTATED, ("aoki", "aoki"))
    with pytest.raises(Refused) as refusal:
        await rotate_lookup_key(CLERK_KEPT.migrations, address(place, "clerk"), _clerk, alone, clock)
    assert refusal.value.code is Code.SAME_PERSON
    other = replace(rotation(AuditEvent.CLERK_LOOKUP_KEY_ROTATED), old=NEW, new=OLD)
    with pytest.raises(LookupKeyRefused):
        await rotate_lookup_key(CLERK_KEPT.migrations, address(place, "clerk"), _clerk, other, clock)
