"""Moves out, deaths, measures, holds, links: over any line, any restart, any restore, any outage, never issued wrongly.

A machine of registry, issuing and clerk (`house`). What is true is kept beside it, by the hash of the feed's newest
entry: a hash names everything that came before it. Whatever is issued in ordinary service was right in a register that
holds every change that was acknowledged; whatever is issued in an outage was right in the copy as it stood; and no
number comes twice.

Left out: issuing and clerk both restored while the registry is away (docs/outage.md): a restored store meets the
registry before it serves.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused
from konbini.protocol.shape import to_bytes
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.following.outage import HoldOn, Hours
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.feed import NOTHING_BEFORE, CardSerial, FeedEntry, FeedKind
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.record import Presence, ResidentRecord, SignedRecord
from tests.records import removal_of
from tests.unit.ward_server.following.house import FOLLOWERS, House, Issued, as_it_came
from tests.unit.ward_server.residents.conftest import MUNICIPALITY, TODAY, arrival_of, record_of

T = TypeVar("T")

RESIDENTS = ("1000000001", "1000000002", "1000000003")
CARDS = tuple(CardSerial(issuer_key_id=b"issuer", serial=bytes([serial])) for serial in range(1, 6))
NAMES = ("A-1", "A-2")
SEATS = st.sampled_from(FOLLOWERS)
PROCESSES = st.sampled_from(("registry", *FOLLOWERS))
WHO = st.sampled_from(RESIDENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The register behind one block of the feed: the hashes up to it, who is there, whose cards, who is barred."""

    chain: tuple[bytes, ...] = ()
    present: frozenset[str] = frozenset()
    links: tuple[tuple[CardSerial, str], ...] = ()
    barred: frozenset[tuple[str, FeedKind, str]] = frozenset()

    def then(self, entry: FeedEntry, key: SigningKey) -> Truth:
        """Give what is true behind one more entry."""
        links, barred, present = dict(self.links), self.barred, self.present
        who, one = entry.resident, (entry.resident, entry.kind, "")
        match entry.kind:
            case FeedKind.RECORD:
                record = SignedRecord.open(entry.body, key.verifying, MUNICIPALITY).record
                present = present | {who} if record.presence is Presence.PRESENT else present - {who}
            case FeedKind.LINK:
                link = entry.link()
                links.pop(link.card, None)
                if link.counts(TODAY):
                    links[link.card] = who
            case FeedKind.MEASURE:
                measure = entry.measure()
                one = (who, entry.kind, measure.application)
                barred = barred | {one} if measure.in_force else barred - {one}
            case FeedKind.HOLD:
                hold = entry.hold()
                one = (who, entry.kind, hold.hold)
                barred = barred | {one} if hold.in_force else barred - {one}
        return replace(self, present=present, links=tuple(links.items()), barred=barred)

    def allows(self, card: CardSerial, who: str) -> bool:
        """Say whether a paper about somebody may be issued on a card."""
        barred = {resident for resident, _kind, _name in self.barred}
        return dict(self.links).get(card) == who and who in self.present and who not in barred


class Ward(RuleBasedStateMachine):
    """Everything that can happen, in any order."""

    papers: ClassVar[list[Issued]] = []
    key: ClassVar[SigningKey] = SigningKey.generate()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = House(folder=Path(tempfile.mkdtemp(prefix="konbini-test-")), key=self.key)
        self.run(self.house.open())
        self.truths = {NOTHING_BEFORE: Truth()}
        self.acknowledged: list[bytes] = []
        self.numbers: set[str] = set()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run in this machine's own loop, letting time pass for what waits."""

        async def wait() -> T:
            task = asyncio.ensure_future(awaitable)
            while not (await asyncio.wait((task,), timeout=0.05))[0]:
                await self.house.clock.advance(1)
            return task.result()

        return self.runner.run(wait())

    def tried(self, awaitable: Awaitable[object]) -> bool:
        """Run what may be refused, or find nobody there; say whether it went through."""
        try:
            self.run(awaitable)
        except (Refused, ConnectionError):
            return False
        return True

    def teardown(self) -> None:
        """Close and remove what this machine opened."""
        for name in ("registry", *FOLLOWERS):
            self.run(self.house.close(name))
        self.runner.close()
        shutil.rmtree(self.house.folder)

    @initialize()
    def people(self) -> None:
        """Take three residents in, each with a card; all is current."""
        for who, card in zip(RESIDENTS, CARDS, strict=False):
            record = record_of(who, household=f"2{who[1:]}")
            self.change(arrival_of(record, None))
            self.of(ChangeKind.CARD_LINKED, who, CardLinked(card=card, replaces=None), 0)
        self.run(self.house.clock.advance(86_400))
        for name in FOLLOWERS:
            self.follow(name)

    def follow(self, name: str) -> None:
        """Let one follower do both of its tasks once."""
        self.run(self.house.turn(name))

    def of(self, kind: ChangeKind, who: str, body: Body, seen: int) -> None:
        """Write a change, and have it put in force."""
        self.change(new_change(kind, who, body, seen=seen, effective=20260920, source="届書"))

    def change(self, change: Change) -> None:
        """Enter, approve, and note what then is true and what was acknowledged."""
        try:
            self.run(self.house.put_in_force(change))
        except Refused:
            return
        self.learn()
        self.acknowledged.append(self.run(self.house.store.read(lambda reading: reading.position())).newest)

    def learn(self) -> None:
        """Keep what is true behind each entry of the registry's feed as it is now."""
        truth = Truth()
        for signed in self.run(self.house.publisher.feed_after(0, 256, 0)):
            block = FeedBlock.open(signed, self.key.verifying, MUNICIPALITY)
            for entry in block.entries():
                truth = truth.then(entry, self.key)
            truth = replace(truth, chain=(*truth.chain, block.head.newest))
            self.truths[block.head.newest] = truth

    def record(self, who: str) -> ResidentRecord:
        """Read a record at the registry."""
        stored = self.run(self.house.store.read(lambda reading: reading.record(who)))
        assert stored is not None
        return SignedRecord.open(stored.data, self.key.verifying, MUNICIPALITY).record

    @rule(who=WHO, reason=st.sampled_from((Presence.MOVED_OUT, Presence.DIED)))
    def leave(self, who: str, reason: Presence) -> None:
        """A move out, or a death."""
        kind, body = removal_of(reason)
        self.of(kind, who, body, self.record(who).version)

    @rule(who=WHO)
    def correct(self, who: str) -> None:
        """Another version of a record, which brings the resident back where there was a removal in error."""
        record = self.record(who)
        fresh = replace(record, version=record.version + 1, presence=Presence.PRESENT, remarks="訂正")
        body = arrival_of(fresh, None).body()
        self.of(ChangeKind.CORRECTION, who, body, record.version)

    @rule(
        who=WHO,
        name=st.sampled_from(NAMES),
        kind=st.sampled_from(
            (
                ChangeKind.MEASURE_SET,
                ChangeKind.MEASURE_RELEASED,
                ChangeKind.HOLD_SET,
                ChangeKind.HOLD_RELEASED,
            )
        ),
        seen=st.integers(0, 2),
    )
    def bar(self, who: str, name: str, kind: ChangeKind, seen: int) -> None:
        """A measure or a hold, set or released, with right and wrong ideas of its version."""
        self.of(kind, who, Restriction(name=name, planned_end=None), seen)

    @rule(who=WHO, card=st.sampled_from(CARDS), end=st.booleans())
    def link(self, who: str, card: CardSerial, end: bool) -> None:  # noqa: FBT001 - drawn by name
        """A card is linked, or its link ended."""
        if end:
            self.of(ChangeKind.CARD_ENDED, who, CardEnded(card=card), 1)
        else:
            self.of(ChangeKind.CARD_LINKED, who, CardLinked(card=card, replaces=None), 0)

    @rule(name=SEATS, up=st.booleans())
    def cut(self, name: str, up: bool) -> None:  # noqa: FBT001 - drawn by name
        """A line is cut, or mended."""
        self.house.seats[name].line.up = up

    @rule(
        name=SEATS, seed=st.randoms(use_true_random=False), way=st.sampled_from(("whole", "lost", "repeated", "mixed"))
    )
    def deliver(self, name: str, seed: object, way: str) -> None:
        """A follower's turn, over a line that loses, repeats or reorders."""
        line = self.house.seats[name].line

        def mangle(entries: Sequence[bytes]) -> list[bytes]:
            batch = list(entries)
            if way == "lost" and batch:
                batch.pop(seed.randrange(len(batch)))  # type: ignore[attr-defined] # hypothesis's own Random
            elif way == "repeated":
                batch += batch
            elif way == "mixed":
                seed.shuffle(batch)  # type: ignore[attr-defined] # hypothesis's own Random
            return batch

        line.mangle = mangle
        self.follow(name)
        line.mangle = as_it_came

    @rule()
    def all_follow(self) -> None:
        """Both followers catch up over honest lines."""
        for name in FOLLOWERS:
            self.house.seats[name].line.up = True
            self.follow(name)
            self.follow(name)

    @rule(name=PROCESSES)
    def restart(self, name: str) -> None:
        """A process dies and comes back on its file."""
        self.run(self.house.close(name))
        self.run(self.house.reopen(name))

    @rule(name=PROCESSES)
    def back_up(self, name: str) -> None:
        """Last night's backup."""
        self.run(self.house.back_up(name))

    @rule(name=PROCESSES, said=st.booleans())
    def restore(self, name: str, said: bool) -> None:  # noqa: FBT001 - drawn by name
        """A backup in the place of a file; nobody says so, or two persons do."""
        if not self.run(self.house.restore(name)):
            return
        if name == "registry":
            if said:
                self.run(self.house.say_registry_restored())
            newest = self.run(self.house.store.read(lambda reading: reading.position())).newest
            chain = self.truths[newest].chain
            self.acknowledged = [one for one in self.acknowledged if one in chain]
            return

        self.house.seats[name].line.up = True
        self.follow(name)
        if said:
            self.tried(self.house.seats[name].decide(DecisionKind.RESTORED))

    @rule(name=SEATS)
    def mend(self, name: str) -> None:
        """Two persons do what puts a follower right: say restored, re-take, reconcile, release."""
        seat = self.house.seats[name]
        seat.line.up = True
        if self.run(seat.unsaid()):
            self.tried(seat.decide(DecisionKind.RESTORED))
        elif self.run(seat.upkeep.standing.broken()) is not None:
            self.tried(seat.decide(DecisionKind.RETAKE))
        for _ in range(3):
            self.follow(name)
        if self.run(seat.upkeep.stop.code()) is not None:
            self.tried(seat.decide(DecisionKind.RELEASE))

    @rule(name=SEATS)
    def reconcile(self, name: str) -> None:
        """A follower that is current agrees with the registry, row by row."""
        seat = self.house.seats[name]
        if not seat.line.up or self.run(seat.upkeep.standing.broken()) is not None or not seat.current.lease_holds():
            return
        position = self.run(seat.copy.position())
        if position.newest != self.run(self.house.store.read(lambda reading: reading.position())).newest:
            return
        assert self.run(seat.upkeep.reconciling.run(seat.upkeep.follower.catch_up)).differences == 0

    @rule(begin=st.booleans())
    def outage(self, begin: bool) -> None:  # noqa: FBT001 - drawn by name
        """Outage mode is declared at both, or ended."""
        kind, content = (DecisionKind.OUTAGE, to_bytes(Hours(hours=3))) if begin else (DecisionKind.OUTAGE_ENDS, b"")
        for name in FOLLOWERS:
            self.tried(self.house.seats[name].decide(kind, content))

    @rule(name=SEATS, who=WHO, on=st.booleans())
    def hold_here(self, name: str, who: str, on: bool) -> None:  # noqa: FBT001 - drawn by name
        """A hold that two persons set, or lift, at a process itself."""
        kind = DecisionKind.HOLD_SET if on else DecisionKind.HOLD_LIFTED
        self.tried(self.house.seats[name].decide(kind, to_bytes(HoldOn(resident=who))))

    @rule(seconds=st.sampled_from((5, 30, 61, 4 * 3600)))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.run(self.house.clock.advance(seconds))

    @rule(
        card=st.sampled_from(CARDS), meanwhile=st.sampled_from(("nothing", "issuing", "clerk", "a minute", "a measure"))
    )
    def issue(self, card: CardSerial, meanwhile: str) -> None:
        """Somebody asks for a paper, and something happens before it is completed."""
        self.ask(card, meanwhile)

    @rule(card=st.sampled_from(CARDS[:3]))
    def issue_plainly(self, card: CardSerial) -> None:
        """Somebody who had a card from the beginning asks."""
        self.ask(card, "nothing")

    @rule(card=st.sampled_from(CARDS[:3]))
    def follow_and_issue(self, card: CardSerial) -> None:
        """The same, as soon as both followers caught up."""
        self.all_follow()
        self.ask(card, "nothing")

    def ask(self, card: CardSerial, meanwhile: str) -> None:
        """Ask for a paper, and hold what was issued against what was true."""
        before = tuple(self.acknowledged)
        try:
            paper = self.run(self.house.issue(card, self.between(meanwhile)))
        except Refused:
            return
        truth = self.truths[paper.made_from]
        assert truth.allows(card, paper.resident)
        assert paper.number not in self.numbers
        if not paper.in_outage:
            assert set(before) <= set(truth.chain)
        for name in FOLLOWERS:
            assert not self.run(self.barred_here(name, paper.resident))
        self.numbers.add(paper.number)
        self.papers.append(paper)

    def between(self, meanwhile: str) -> Callable[[], Awaitable[object]]:
        """Give what happens between the reserving and the completing of a paper."""

        async def happen() -> None:
            match meanwhile:
                case "issuing" | "clerk":
                    seat = self.house.seats[meanwhile]
                    if seat.line.up and await seat.upkeep.standing.broken() is None:
                        await seat.upkeep.follower.catch_up()
                case "a minute":
                    await self.house.clock.advance(61)
                case _:
                    pass

        if meanwhile == "a measure":
            self.bar(RESIDENTS[0], NAMES[0], ChangeKind.MEASURE_SET, 0)
        return happen

    async def barred_here(self, name: str, who: str) -> bool:
        """Say whether a hold that was set at a process itself is on somebody, as its rows say."""
        seat = self.house.seats[name]
        return await seat.rows.read(lambda connection: seat.feed.barred(connection, who))


@pytest.mark.parametrize(
    ("examples", "steps"), [(5, 25), pytest.param(150, 40, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
def test_nothing_is_ever_issued_wrongly(examples: int, steps: int) -> None:
    """Whatever the lines do, whoever restarts or is restored; and papers are issued."""
    Ward.papers.clear()
    run_state_machine_as_test(
        Ward,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert Ward.papers
