"""A registry and a follower over a line that loses, repeats and reorders: never anything applied wrongly."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
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

from konbini.protocol.cose import unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.feed import BREAKING, CardSerial, FeedEntry, FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedBlock, FeedFollower
from konbini.ward_server.residents.seal import SealCancelled, SealEnd, SealRegistration
from tests.impressions import seal_of
from tests.unit.ward_server.residents.conftest import Office

T = TypeVar("T")

RESIDENTS = ("000000000000001", "000000000000002")
CARDS = tuple(CardSerial(issuer_key_id=b"issuer", serial=bytes([serial])) for serial in range(1, 5))
MEASURES = ("2026-1", "2026-2")
TODAY = 20260921


class Copy:
    """What a follower keeps: the hashes of the blocks it applied, the links, the measures and the seals in force."""

    def __init__(self) -> None:
        self.hashes: dict[int, bytes] = {}
        self.position = FeedPosition()
        self.linked: dict[CardSerial, str] = {}
        self.barred: set[tuple[str, str]] = set()
        self.seals: dict[str, int] = {}

    def end(self, position: FeedPosition) -> None:
        """Note the end of a block whose entries are applied."""
        self.position = position
        self.hashes[position.number] = position.newest

    def apply(self, entry: FeedEntry) -> None:
        """Apply one entry that was accepted."""
        if entry.kind is FeedKind.LINK:
            link = entry.link()
            self.linked.pop(link.card, None)
            if not link.ended:
                self.linked[link.card] = entry.resident
        elif entry.kind is FeedKind.MEASURE:
            measure = entry.measure()
            key = (entry.resident, measure.application)
            self.barred.discard(key)
            if measure.in_force:
                self.barred.add(key)
        elif entry.kind is FeedKind.SEAL:
            self.seals.pop(entry.resident, None)
            if from_bytes(SealRegistration, unchecked_payload(entry.body)).in_force:
                self.seals[entry.resident] = entry.version


class Following(RuleBasedStateMachine):
    """Operators change the register; batches reach the follower as a bad line delivers them."""

    open_at: Callable[..., Awaitable[Office]]
    take_in: Callable[..., Change]
    make_record: Callable[..., object]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="konbini-test-"))
        self.office: Office = self.run(type(self).open_at(self.folder / "registry.db"))
        self.copy = Copy()
        self.truth: dict[int, Copy] = {0: Copy()}

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run in this machine's own loop."""

        async def wait() -> T:
            return await awaitable

        return self.runner.run(wait())

    def teardown(self) -> None:
        """Close and remove what this machine opened."""
        self.run(self.office.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @initialize()
    def people(self) -> None:
        """Take two residents in."""
        for resident in RESIDENTS:
            self.change(type(self).take_in(type(self).make_record(resident)))

    def change(self, change: Change) -> Code | None:
        """Enter and approve; give the refusal, if there was one, and note what then is true."""
        try:
            self.run(self.office.put_in_force(change))
        except Refused as refusal:
            return refusal.code
        for data in self.run(self.office.publisher.feed_after(self.newest, 100, 0)):
            block = FeedBlock.open(data, self.office.pen.key.verifying, self.office.pen.municipality)
            before, after = self.truth[self.newest], Copy()
            after.hashes, after.linked, after.barred = {**before.hashes}, {**before.linked}, {*before.barred}
            after.seals = {**before.seals}
            for entry in block.entries():
                after.apply(entry)
            after.end(block.position)
            self.truth[block.head.last] = after
        return None

    @property
    def newest(self) -> int:
        """The number of the newest entry."""
        return max(self.truth)

    def of(self, kind: ChangeKind, resident: str, body: Body, seen: int) -> Change:
        """Write a change."""
        return new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")

    @rule(resident=st.sampled_from(RESIDENTS), card=st.sampled_from(CARDS))
    def link(self, resident: str, card: CardSerial) -> None:
        """Link a card: it works once in all time."""
        before = any(card in state.linked for state in self.truth.values())
        code = self.change(self.of(ChangeKind.CARD_LINKED, resident, CardLinked(card=card, replaces=None), 0))
        assert code is (Code.CARD_LINKED_BEFORE if before else None)

    @rule(resident=st.sampled_from(RESIDENTS), card=st.sampled_from(CARDS), replaces=st.sampled_from(CARDS))
    def exchange(self, resident: str, card: CardSerial, replaces: CardSerial) -> None:
        """Link a card in place of another: a block of two entries."""
        self.change(self.of(ChangeKind.CARD_LINKED, resident, CardLinked(card=card, replaces=replaces), 0))

    @rule(resident=st.sampled_from(RESIDENTS), card=st.sampled_from(CARDS))
    def end(self, resident: str, card: CardSerial) -> None:
        """End a card: its own resident's change, and once."""
        theirs = self.truth[self.newest].linked.get(card) == resident
        code = self.change(self.of(ChangeKind.CARD_ENDED, resident, CardEnded(card=card), 1))
        assert (code is None) == theirs

    @rule(
        resident=st.sampled_from(RESIDENTS),
        name=st.sampled_from(MEASURES),
        kind=st.sampled_from((ChangeKind.MEASURE_SET, ChangeKind.MEASURE_RENEWED, ChangeKind.MEASURE_RELEASED)),
        seen=st.integers(0, 3),
    )
    def measure(self, resident: str, name: str, kind: ChangeKind, seen: int) -> None:
        """Set, renew and release measures, with right and wrong ideas of their version."""
        self.change(self.of(kind, resident, Restriction(name=name, planned_end=None), seen))

    @rule(resident=st.sampled_from(RESIDENTS), number=st.integers(1, 9), seen=st.integers(0, 3))
    def seal(self, resident: str, number: int, seen: int) -> None:
        """Register a seal, with right and wrong ideas of the version: never over one in force."""
        in_force = resident in self.truth[self.newest].seals
        code = self.change(self.of(ChangeKind.SEAL_REGISTERED, resident, seal_of(number=str(number)), seen))
        assert code is not None or not in_force

    @rule(resident=st.sampled_from(RESIDENTS), seen=st.integers(0, 3))
    def unseal(self, resident: str, seen: int) -> None:
        """Cancel a seal: the one in force, by its version."""
        due = self.truth[self.newest].seals.get(resident) == seen
        code = self.change(self.of(ChangeKind.SEAL_CANCELLED, resident, SealCancelled(reason=SealEnd.LOST), seen))
        assert (code is None) == due

    @rule(choice=st.data())
    def deliver(self, choice: st.DataObject) -> None:
        """Deliver some blocks in some order; the follower applies what it can until the first that does not fit."""
        everything = self.run(self.office.publisher.feed_after(0, 256, 0))
        batch = choice.draw(st.lists(st.sampled_from(everything), max_size=6))
        self.follow(batch)

    @rule()
    def catch_up(self) -> None:
        """Deliver what follows the position, as an honest line does."""
        self.follow(self.run(self.office.publisher.feed_after(self.copy.position.number, 256, 0)))
        assert self.copy.position.number == self.newest

    def follow(self, batch: tuple[bytes, ...] | list[bytes]) -> None:
        """Take blocks as a follower that was just started from its store."""
        hashes = self.copy.hashes
        key, municipality = self.office.pen.key.verifying, self.office.pen.municipality
        follower = FeedFollower(municipality, key, self.copy.position, seen=hashes.get)
        refused: set[Code] = set()
        for signed in batch:
            try:
                entries = follower.accept(signed)
            except Refused as refusal:
                refused.add(refusal.code)
            else:
                for entry in entries:
                    self.copy.apply(entry)
                if entries:
                    self.copy.end(follower.position)
        assert refused <= BREAKING
        assert self.copy.position == follower.position

    @rule(position=st.integers(min_value=0), bit=st.integers(0, 7))
    @precondition(lambda self: self.copy.position.number < self.newest)
    def tamper(self, position: int, bit: int) -> None:
        """The next block with one bit changed is refused."""
        (signed,) = self.run(self.office.publisher.feed_after(self.copy.position.number, 1, 0))
        changed = bytearray(signed)
        changed[position % len(changed)] ^= 1 << bit
        before = self.copy.position
        self.follow([bytes(changed)])
        assert self.copy.position == before

    @invariant()
    def the_copy_is_the_register_as_it_was_at_that_number(self) -> None:
        """Links, measures and seals of the follower are those after that many entries, in the registry's own order."""
        truth = self.truth[self.copy.position.number]
        assert self.copy.hashes == truth.hashes
        assert self.copy.linked == truth.linked
        assert self.copy.barred == truth.barred
        assert self.copy.seals == truth.seals


def test_nothing_is_ever_applied_wrongly(
    open_at: Callable[..., Awaitable[Office]],
    arrival: Callable[..., Change],
    make_record: Callable[..., object],
) -> None:
    """Whatever the line does, and whatever operators try."""
    machine = type(
        "FollowingHere",
        (Following,),
        {
            "open_at": staticmethod(open_at),
            "take_in": staticmethod(lambda record: arrival(record, None)),
            "make_record": staticmethod(make_record),
        },
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
