"""Cancelled seals over a line that loses, repeats, delays and reorders: registry, feed, copy, lease and rules together.

The incident (Saitama, Niigata, Kumamoto 2020-23): the link from the record to the issuing copy lost cancellations, and
cancelled seals were certified. Here everything is the real thing but the line between, which is hypothesis's.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from konbini.process.sqlite.rows import SqliteRows
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.desk import household
from konbini.ward_server.issuing.rules import Household, kind_reasons
from konbini.ward_server.residents.bodies import RecordWritten
from konbini.ward_server.residents.changes import Body, Change, ChangeKind, new_change
from konbini.ward_server.residents.feed import BREAKING, FeedKind, FeedPosition, Heartbeat
from konbini.ward_server.residents.feed_blocks import FeedBlock, FeedFollower
from konbini.ward_server.residents.record import Presence, ResidentRecord, SignedRecord
from konbini.ward_server.residents.seal import SealCancelled, SealEnd, SealRegistration, SignedSeal, stands
from konbini.ward_server.residents.witness import NO_RANGES, Told
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Sealer
from tests.impressions import seal_of
from tests.municipality import SEALS
from tests.records import removal_of, written
from tests.unit.ward_server.issuing.test_rules import DAY
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, TODAY, Office, arrival_of

T = TypeVar("T")

RESIDENTS = ("000000000000001", "000000000000002")
NAMES = ("葛城　文", "葛城　彩", "遠山　文")
FOLLOWER = "issuing"
_PATIENCE_SECONDS = 10.0


def offered(home: Household) -> bool:
    """Say whether the rules of the kind let a seal be certified."""
    return not kind_reasons(CertificateKind.SEAL_REGISTRATION, home, SEALS.terms(DAY), DAY)


class CancelledSeals(RuleBasedStateMachine):
    """Operators register and cancel; what reaches the copy, and when, and how often, is anybody's guess."""

    open_at: Callable[..., Awaitable[Office]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="konbini-test-"))
        self.office: Office = self.run(type(self).open_at(self.folder / "registry.db", FOLLOWER))
        self.key = self.office.pen.key.verifying
        self.rows = SqliteRows.open(self.folder / "issuing.db", files("konbini.ward_server.issuing") / "migrations")
        self.copy = ResidentCopy(
            self.rows,
            FeedRows(MUNICIPALITY, self.key, KeyedHash(bytes(range(32)))),
            sealer=Sealer(KeyEncryptionKeys((bytes(32),)), MUNICIPALITY, SeededEntropy(3)),
            record_key=self.key,
            municipality=MUNICIPALITY,
        )
        self.lease = Lease()
        self.numbers = 0
        self.feed: list[bytes] = []
        self.heartbeats: list[tuple[float, Heartbeat]] = []
        self.cancelling: dict[tuple[str, int], asyncio.Task[int]] = {}
        self.approving: list[asyncio.Task[int]] = []

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run in this machine's own loop."""

        async def wait() -> T:
            return await awaitable

        return self.runner.run(wait())

    def teardown(self) -> None:
        """End what still waits, close and remove what this machine opened."""
        self.run(self._end())
        self.runner.close()
        shutil.rmtree(self.folder)

    async def _end(self) -> None:
        for task in self.approving:
            task.cancel()
        await asyncio.gather(*self.approving, return_exceptions=True)
        await self.rows.close()
        await self.office.store.close()

    @initialize()
    def people(self) -> None:
        """Take two residents in, each alone, each with a seal; nothing has reached the copy."""
        for resident in RESIDENTS:
            assert self.change(arrival_of(written(resident, name=NAMES[0]), None)) is None
            self.register(resident)

    # What operators do; an approval waits as long as the registry lets it wait.

    def change(self, change: Change) -> Code | None:
        """Enter, approve and go on as soon as it is written; give the refusal, if there was one."""
        before = {resident: self.newest(resident) for resident in RESIDENTS}
        try:
            task = self.run(self._approve(change))
        except Refused as refused:
            return refused.code
        for resident in RESIDENTS:
            was, now = before[resident], self.newest(resident)
            if was is not None and was.in_force and now is not None and now.version != was.version:
                self.cancelling[resident, was.version] = task
        return None

    async def _approve(self, change: Change) -> asyncio.Task[int]:
        before = len(self.feed)
        change_id = await self.office.registry.enter("aoki", change)
        task = asyncio.create_task(self.office.registry.approve("bando", change_id))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            done = False
            while len(self.feed) == before and not done:
                await asyncio.sleep(0.001)
                done = task.done()  # before the feed is read: what was approved by then is in it
                self.feed = list(await self.office.publisher.feed_after(0, 256, 0))
        if done and len(self.feed) == before:
            task.result()
        self.approving.append(task)
        return task

    def newest(self, resident: str) -> SealRegistration | None:
        """Give a registration as the registry has it."""
        stored = self.run(self.office.store.read(lambda reading: reading.seal(resident)))
        return None if stored is None else SignedSeal.open(stored.data, self.key, MUNICIPALITY).registration

    def record(self, resident: str) -> ResidentRecord:
        """Give a record as the registry has it."""
        stored = self.run(self.office.store.read(lambda reading: reading.record(resident)))
        assert stored is not None
        return SignedRecord.open(stored.data, self.key, MUNICIPALITY).record

    def of(self, kind: ChangeKind, resident: str, body: Body, seen: int) -> Change:
        """Write a change."""
        return new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")

    @rule(resident=st.sampled_from(RESIDENTS))
    def register(self, resident: str) -> None:
        """Register a seal that reads 葛城: it works where none is in force and the name stands there."""
        found = self.newest(resident)
        self.numbers += 1
        body = seal_of("葛城", number=str(self.numbers))
        seen = 0 if found is None else found.version
        code = self.change(self.of(ChangeKind.SEAL_REGISTERED, resident, body, seen))
        record = self.record(resident)
        free = found is None or not found.in_force
        fitting = record.presence is Presence.PRESENT and record.name.startswith("葛城")
        assert (code is None) == (free and fitting)

    @rule(resident=st.sampled_from(RESIDENTS))
    def cancel(self, resident: str) -> None:
        """Cancel the seal in force."""
        found = self.newest(resident)
        seen = 0 if found is None else found.version
        code = self.change(self.of(ChangeKind.SEAL_CANCELLED, resident, SealCancelled(reason=SealEnd.LOST), seen))
        assert (code is None) == (found is not None and found.in_force)

    @rule(resident=st.sampled_from(RESIDENTS), name=st.sampled_from(NAMES))
    def rename(self, resident: str, name: str) -> None:
        """Correct the name, to one that the seal reads or to another; whoever moved out is taken in again."""
        record = self.record(resident)
        present = record.presence is Presence.PRESENT
        fresh = written(resident, name=name, version=record.version + 1)
        body = RecordWritten(record=fresh, individual_number=None, postcode="")
        kind = ChangeKind.CORRECTION if present else ChangeKind.MOVE_IN
        assert self.change(self.of(kind, resident, body, record.version)) is None

    @rule(resident=st.sampled_from(RESIDENTS), reason=st.sampled_from((Presence.MOVED_OUT, Presence.DIED)))
    def remove(self, resident: str, reason: Presence) -> None:
        """Remove the record."""
        record = self.record(resident)
        kind, body = removal_of(reason)
        code = self.change(self.of(kind, resident, body, record.version))
        assert (code is None) == (record.presence is Presence.PRESENT)

    # What the line does.

    @rule(choice=st.data(), told=st.booleans())
    def deliver(self, choice: st.DataObject, *, told: bool) -> None:
        """Deliver some blocks in some order, some twice, some not; the word of what was applied may be lost too."""
        self.follow(choice.draw(st.lists(st.sampled_from(self.feed), max_size=6)), told=told)

    @rule(most=st.integers(1, 5), told=st.booleans())
    def go_on(self, most: int, *, told: bool) -> None:
        """Deliver what follows the position, a few blocks or all of them."""
        at = self.run(self.copy.position()).number
        blocks = [FeedBlock.open(data, self.key, MUNICIPALITY) for data in self.feed]
        ahead = [data for data, block in zip(self.feed, blocks, strict=True) if block.head.last > at]
        self.follow(ahead[:most], told=told)

    def follow(self, batch: Sequence[bytes], *, told: bool) -> None:
        """Apply a batch as the follower does: whole or not at all, and what does not fit ends the lease for good."""
        try:
            position = self.run(self.copy.apply(batch))
        except Refused as refused:
            self.breaks(refused)
            return
        self.lease.applied(position.number)
        if told:
            self.run(self._tell(position))

    async def _tell(self, position: FeedPosition) -> None:
        word = Told(life=1, number=position.number, newest=position.newest, entries=0, log_hash=b"", ranges=NO_RANGES)
        await self.office.publisher.applied(FOLLOWER, word)
        await asyncio.sleep(0.001)

    def breaks(self, refused: Refused) -> None:
        """Take what the follower takes as a broken feed; anything else is a defect."""
        if refused.code not in BREAKING:
            raise refused
        self.lease.broken(refused.code)

    @rule()
    def ask(self) -> None:
        """Ask for a heartbeat; the answer is on its way, and may stay there."""
        before, asked_at = self.run(self.copy.position()), self.office.clock.monotonic()
        nonce = len(self.heartbeats).to_bytes(16)
        signed = self.run(self.office.publisher.heartbeat(FOLLOWER, nonce))
        judge = FeedFollower(MUNICIPALITY, self.key, before, seen=lambda _number: None)
        self.heartbeats.append((asked_at, judge.hear(signed, nonce)))

    @rule(choice=st.data())
    @precondition(lambda self: self.heartbeats)
    def hear(self, choice: st.DataObject) -> None:
        """Hear any answer, late or for the second time."""
        asked_at, heartbeat = choice.draw(st.sampled_from(self.heartbeats))
        self.lease.granted(asked_at=asked_at, seconds=heartbeat.lease_seconds, number=heartbeat.number)
        self.lease.applied(self.run(self.copy.position()).number)

    @rule()
    def serve(self) -> None:
        """Be in order for once: everything applied, said and granted."""
        self.go_on(len(self.feed), told=True)
        self.ask()
        asked_at, heartbeat = self.heartbeats[-1]
        self.lease.granted(asked_at=asked_at, seconds=heartbeat.lease_seconds, number=heartbeat.number)

    @rule()
    def begin_anew(self) -> None:
        """Start the follower again, as two persons do after a reconcile: without a lease."""
        self.lease = Lease()

    @rule(seconds=st.sampled_from((1, 20, 59, 61)))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.run(self.office.clock.advance(seconds))
        self.run(asyncio.sleep(0.001))

    # What must hold.

    @invariant()
    def what_was_acknowledged_is_never_certified(self) -> None:
        """While the lease holds, a seal that the rules offer has no acknowledged cancellation, and stands."""
        if not self.lease.holds(self.office.clock.monotonic()):
            return
        for resident in RESIDENTS:
            people = self.run(self.copy.household_of(resident))
            if not people:
                continue
            home = household(people, resident)
            if not offered(home):
                continue
            assert home.holder.seal is not None
            ending = self.cancelling.get((resident, home.holder.seal.version))
            assert ending is None or not ending.done(), "a cancelled seal"

    @invariant()
    def the_copy_is_the_register_as_it_was_at_that_number(self) -> None:
        """After any number of entries: the registry's own seal, and never a new record beside an old seal."""
        at = self.run(self.copy.position()).number
        seals: dict[str, SealRegistration] = {}
        records: dict[str, ResidentRecord] = {}
        blocks = (FeedBlock.open(data, self.key, MUNICIPALITY) for data in self.feed)
        for entry in (entry for block in blocks for entry in block.entries() if entry.number <= at):
            if entry.kind is FeedKind.SEAL:
                seals[entry.resident] = SignedSeal.open(entry.body, self.key, MUNICIPALITY).registration
            elif entry.kind is FeedKind.RECORD:
                records[entry.resident] = SignedRecord.open(entry.body, self.key, MUNICIPALITY).record
        for resident, record in records.items():
            due = seals.get(resident)
            due = due if due is not None and due.in_force else None
            (person,) = self.run(self.copy.household_of(resident))
            assert (None if person.seal is None else person.seal.registration) == due
            assert offered(household((person,), resident)) == (due is not None)
            assert due is None or stands(due, record)


def test_no_cancelled_seal_is_ever_certified(open_at: Callable[..., Awaitable[Office]]) -> None:
    """Whatever the line does, and whatever operators do meanwhile."""
    machine = type("CancelledSealsHere", (CancelledSeals,), {"open_at": staticmethod(open_at)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
