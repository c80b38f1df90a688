"""Whatever operators try, in whatever order: households, versions, removals and measures keep what always holds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.numbers import individual_number
from konbini.ward_server.residents.bodies import (
    CardLinked,
    Death,
    EntryKept,
    HouseholdMoved,
    HouseholdPlan,
    Households,
    LeavingPlanned,
    MemberPlace,
    MovedOut,
    NameChanged,
    NewIndividualNumber,
    NewResidentCode,
    RecordWritten,
    Remade,
    Removal,
    Restored,
    Restriction,
)
from konbini.ward_server.residents.changes import Body, ChangeKind, new_change
from konbini.ward_server.residents.entry import DeathDay, Doubt, RegisterEntry
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.record import Presence, ResidentRecord, SignedRecord
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import RegistryReading
from tests.records import written
from tests.unit.ward_server.residents.conftest import TODAY, Office, record_of

T = TypeVar("T")

PEOPLE = tuple(f"{number:015d}" for number in range(1, 6))
HOMES = ("2000000001", "2000000002", "2000000003")
NUMBERS = tuple(individual_number(ordinal) for ordinal in range(7))
CODES = (*(written(resident).resident_code or "" for resident in PEOPLE[:2]), "00000000001", "00000000002")
MEASURES = ("2026-1", "2026-2")
HEAD = "世帯主"
RELATIONSHIPS = (HEAD, "妻", "子")
RETURNS = frozenset({ChangeKind.MOVE_IN, ChangeKind.RESTORED})
HOUSEHOLD_KINDS = (
    ChangeKind.HOUSEHOLD_MERGED,
    ChangeKind.HOUSEHOLD_SPLIT,
    ChangeKind.HOUSEHOLD_CHANGED,
    ChangeKind.HEAD_CHANGED,
)
MEASURE_KINDS = (
    ChangeKind.MEASURE_SET,
    ChangeKind.MEASURE_ANEW,
    ChangeKind.MEASURE_RENEWED,
    ChangeKind.MEASURE_RELEASED,
    ChangeKind.MEASURE_RELEASED,
)
REFUSALS = frozenset(
    {
        *(Code.CHANGE_INVALID, Code.CHANGED_MEANWHILE, Code.RESIDENT_UNKNOWN, Code.CARD_LINKED_BEFORE),
        *(Code.CHANGE_UNKNOWN, Code.INDIVIDUAL_NUMBER_TAKEN, Code.RESIDENT_CODE_TAKEN),
    }
)

people = st.sampled_from(PEOPLE)
stale = st.sampled_from((0, 0, 0, 1))
homes = st.sampled_from(HOMES)
orders = st.integers(0, 4)
relationships = st.sampled_from(RELATIONSHIPS)
standings: st.SearchStrategy[list[tuple[int, str]]] = st.just([]) | st.lists(
    st.tuples(orders, relationships), min_size=5, max_size=5
)

TAKEN = frozenset({Code.INDIVIDUAL_NUMBER_TAKEN, Code.RESIDENT_CODE_TAKEN})


def numbers_of(body: Body) -> tuple[str, ...]:
    """Give the numbers that a change gives or goes on with."""
    match body:
        case NewIndividualNumber(individual_number=str(number)):
            return (number,)
        case NewResidentCode():
            return (body.resident_code,)
        case RecordWritten():
            return tuple(one for one in (body.individual_number, body.record.resident_code) if one is not None)
    return ()


class Register(RuleBasedStateMachine):
    """Operators change a small register; what they enter is right, stale or nonsense."""

    open_at: Callable[..., Awaitable[Office]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="konbini-test-"))
        self.office: Office = self.run(type(self).open_at(self.folder / "registry.db"))
        self.in_force: set[tuple[str, str]] = set()
        self.removals: dict[str, str] = {}
        self.cards = 0
        self.holders: dict[str, str] = {}

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

    def records(self) -> dict[str, ResidentRecord]:
        """Give the records as they stand."""
        pen = self.office.pen

        def look(reading: RegistryReading) -> dict[str, ResidentRecord]:
            standing = Standing(reading, pen.key.verifying, pen.municipality)
            found = {resident: standing.record(resident) for resident in PEOPLE}
            return {resident: record for resident, record in found.items() if record is not None}

        return self.run(self.office.store.read(look))

    def change(self, kind: ChangeKind, resident: str, body: Body, seen: int, corrects: str = "") -> str | None:
        """Enter and approve; give the change's id, None where it was refused."""
        try:
            one = new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書", corrects=corrects)
            change_id = self.run(self.office.registry.enter("aoki", one))
            self.run(self.office.registry.approve("bando", change_id))
        except Refused as refusal:
            assert refusal.code in REFUSALS, refusal  # noqa: PT017 - which refusals there may be
            if refusal.code in TAKEN:
                assert any(self.holders.get(number, resident) != resident for number in numbers_of(body))
            return None
        for number in numbers_of(body):
            assert self.holders.setdefault(number, resident) == resident
        return change_id

    def measure_version(self, resident: str, name: str) -> int:
        """Give the version of a measure, 0 where there is none."""
        found = self.run(self.office.store.read(lambda reading: reading.restriction(resident, FeedKind.MEASURE, name)))
        return 0 if found is None else found.version

    def version(self, resident: str) -> int:
        """Give the version of a record, 0 where there is none."""
        record = self.records().get(resident)
        return 0 if record is None else record.version

    def places(self, residents: list[str], wrong: list[tuple[int, str]]) -> tuple[MemberPlace, ...]:
        """Give these people places: those that are drawn, or the right ones where none are."""
        right = [(order, HEAD if order == 1 else "子") for order in range(1, len(residents) + 1)]
        return tuple(
            MemberPlace(resident=resident, seen=self.version(resident), order=order, relationship=relationship)
            for resident, (order, relationship) in zip(residents, wrong or right, strict=False)
        )

    @initialize()
    def begin(self) -> None:
        """Take a household of three in, and one who lives alone."""
        for order, resident in enumerate(PEOPLE[:3], start=1):
            self.arrive(resident, HOMES[0], order, HEAD if order == 1 else "子")
        self.arrive(PEOPLE[3], HOMES[1], 1, HEAD)
        assert len(self.records()) == 4

    def arrive(self, resident: str, home: str, order: int, relationship: str) -> None:
        """Write a move in."""
        heads = [one for one in self.records().values() if one.household == home and one.relationship == HEAD]
        name = f"住民　{resident[-1]}"
        record = record_of(
            resident,
            version=self.version(resident) + 1,
            household=home,
            order=order,
            relationship=relationship,
            name=name,
            head=heads[0].name if heads and relationship != HEAD else name,
        )
        number = NUMBERS[PEOPLE.index(resident)] if record.version == 1 else None
        body = RecordWritten(record=record, individual_number=number, postcode="")
        self.change(ChangeKind.MOVE_IN, resident, body, record.version - 1)

    @rule(resident=people, home=homes, order=orders, relationship=relationships)
    def move_in(self, resident: str, home: str, order: int, relationship: str) -> None:
        """Move in, or in again after a removal."""
        self.arrive(resident, home, order, relationship)

    @rule(
        resident=people,
        kind=st.sampled_from((Removal, MovedOut, Death)),
        told=st.sampled_from((True, True, False)),
        wrong=standings,
    )
    def remove(
        self, resident: str, kind: type[Removal | MovedOut | Death], wrong: list[tuple[int, str]], *, told: bool
    ) -> None:
        """Remove, with or without a word on who stays."""
        records = self.records()
        home = records[resident].household if resident in records else ""
        staying = [
            one.resident
            for one in sorted(records.values(), key=lambda one: one.order)
            if one.household == home and one.resident != resident and one.presence is Presence.PRESENT
        ]
        remaining = self.places(staying, wrong) if told else ()
        bodies: dict[type[object], tuple[ChangeKind, Body]] = {
            Removal: (ChangeKind.REMOVAL, Removal(reason=Presence.REMOVED_EX_OFFICIO, remaining=remaining)),
            MovedOut: (ChangeKind.MOVED_OUT, MovedOut(to="他市", notified=None, remaining=remaining)),
            Death: (
                ChangeKind.DEATH,
                Death(day=DeathDay(first=20260900, doubt=Doubt.ABOUT), remaining=remaining),
            ),
        }
        change, body = bodies[kind]
        change_id = self.change(change, resident, body, self.version(resident))
        if change_id is not None:
            self.removals[resident] = change_id

    @rule(home=homes, order=orders, relationship=relationships, names=st.sampled_from((True, True, True, False)))
    def restore(self, home: str, order: int, relationship: str, *, names: bool) -> None:
        """Restore who was removed last, with and without naming the removal."""
        resident = next(reversed(self.removals), PEOPLE[0])
        body = Restored(household=home, order=order, relationship=relationship)
        corrects = self.removals.get(resident, "") if names else ""
        self.change(ChangeKind.RESTORED, resident, body, self.version(resident), corrects)

    @rule(
        kind=st.sampled_from(HOUSEHOLD_KINDS),
        apart=st.integers(0, 31),
        named=st.permutations(HOMES),
        wrong=standings,
        notifier=st.integers(0, 4),
    )
    def households(
        self, kind: ChangeKind, apart: int, named: list[str], wrong: list[tuple[int, str]], notifier: int
    ) -> None:
        """Write households anew: everybody who is there into one or two of them."""
        present = [one.resident for one in self.records().values() if one.presence is Presence.PRESENT]
        groups: tuple[list[str], list[str]] = ([], [])
        for place, resident in enumerate(present):
            groups[apart >> place & 1].append(resident)
        plans = tuple(
            HouseholdPlan(household=home, members=self.places(group, wrong))
            for home, group in zip(named, groups, strict=False)
            if group
        )
        who = present[notifier % len(present)] if present else PEOPLE[0]
        self.change(kind, who, Households(households=plans), self.version(who))

    @rule(resident=people, turn=st.sampled_from("西東"))
    def household_moves(self, resident: str, turn: str) -> None:
        """Move a whole household."""
        records = self.records()
        if resident not in records:
            return
        home = records[resident].household
        members = [one for one in records.values() if one.household == home and one.presence is Presence.PRESENT]
        body = HouseholdMoved(
            household=home,
            members=tuple(
                MemberPlace(resident=one.resident, seen=one.version, order=one.order, relationship=one.relationship)
                for one in members
            ),
            postcode="1390001",
            address=f"東京都澄川区{turn}町一丁目",
            address_detail=None,
        )
        self.change(ChangeKind.HOUSEHOLD_MOVED, resident, body, records[resident].version)

    @rule(resident=people, name=st.sampled_from(("甲　一", "乙　二")), stale=stale)
    def rename(self, resident: str, name: str, stale: int) -> None:
        """Change a name, a head's too, sometimes on an older version."""
        seen = max(self.version(resident) - stale, 0)
        self.change(ChangeKind.NAME_CHANGED, resident, NameChanged(name=name, reading="コウ"), seen)

    @rule(resident=people, number=st.sampled_from(NUMBERS), code=st.sampled_from(CODES), new=st.booleans())
    def renumber(self, resident: str, number: str, code: str, *, new: bool) -> None:
        """Give a new individual number or resident code: a free one, one's own of before, or another's."""
        kind, body = (
            (ChangeKind.INDIVIDUAL_NUMBER, NewIndividualNumber(individual_number=number))
            if new
            else (ChangeKind.RESIDENT_CODE, NewResidentCode(resident_code=code))
        )
        self.change(kind, resident, body, self.version(resident))

    @rule(resident=people, change=st.integers(0, 3))
    def amend(self, resident: str, change: int) -> None:
        """Plan a move, make the record anew, link a card, keep an item."""
        seen = self.version(resident)
        self.cards += 1
        card = CardSerial(issuer_key_id=bytes(20), serial=self.cards.to_bytes(2))
        acts: tuple[tuple[ChangeKind, Body, int], ...] = (
            (ChangeKind.LEAVING, LeavingPlanned(day=20261001, to="他市"), seen),
            (ChangeKind.REMADE, Remade(remarks=""), seen),
            (ChangeKind.CARD_LINKED, CardLinked(card=card, replaces=None), 0),
            (ChangeKind.ENTRY_KEPT, EntryKept(entry=RegisterEntry(last_address=f"町{self.cards}")), 0),
        )
        kind, body, version = acts[change]
        self.change(kind, resident, body, version)

    @rule(resident=people, where=st.sampled_from(("household", "order", "relationship", "presence", "address")))
    def correct(self, resident: str, where: str) -> None:
        """Correct what a household rests on, or what a removal wrote."""
        record = self.records().get(resident)
        if record is None:
            return
        wrong = {
            "household": HOMES[2],
            "order": record.order % 4 + 1,
            "relationship": HEAD if record.relationship != HEAD else "子",
            "presence": Presence.DIED if record.presence is Presence.PRESENT else Presence.PRESENT,
            "address": "東京都澄川区北町一丁目",
        }
        fresh = replace(record, version=record.version + 1, individual_number=None, **{where: wrong[where]})  # type: ignore[arg-type] # fields by name
        body = RecordWritten(record=fresh, individual_number=None, postcode="")
        self.change(ChangeKind.CORRECTION, resident, body, record.version)

    @rule(resident=people, name=st.sampled_from(MEASURES), kind=st.sampled_from(MEASURE_KINDS), stale=stale)
    def measure(self, resident: str, name: str, kind: ChangeKind, stale: int) -> None:
        """Set, apply anew, renew, release: a release lifts its own number, and nothing else ever does."""
        seen = max(self.measure_version(resident, name) - stale, 0)
        if not self.change(kind, resident, Restriction(name=name, planned_end=20200101), seen):
            return
        if kind is ChangeKind.MEASURE_RELEASED:
            self.in_force.remove((resident, name))
        else:
            self.in_force.add((resident, name))

    @invariant()
    def a_household_has_one_head_and_orders_of_its_own(self) -> None:
        """At one address, under the head's name."""
        homes_now: defaultdict[str, list[ResidentRecord]] = defaultdict(list)
        for record in self.records().values():
            if record.presence is Presence.PRESENT:
                homes_now[record.household].append(record)
        for members in homes_now.values():
            heads = [one for one in members if one.relationship == HEAD]
            assert len(heads) == 1
            assert len({one.order for one in members}) == len(members)
            assert {one.head for one in members} == {heads[0].name}
            assert len({(one.address, one.address_detail) for one in members}) == 1

    @invariant()
    def versions_have_no_gaps_and_a_removal_is_undone_by_its_rules_alone(self) -> None:
        """Each version was written by a change in force; presence comes back by a restoration or a move in."""

        def look(reading: RegistryReading) -> None:
            for resident in PEOPLE:
                versions = reading.versions(resident)
                assert [one.version for one in versions] == list(range(1, len(versions) + 1))
                kept = reading.entries(resident)
                assert [one.version for one in kept] == list(range(1, len(kept) + 1))
                wrote = [reading.change(one.change_id) for one in versions]
                kinds = [one.change.kind for one in wrote if one is not None]
                gone = [opened(one.data).presence is not Presence.PRESENT for one in versions]
                for before, after, kind in zip(gone, gone[1:], kinds[1:], strict=False):
                    assert not (before and not after) or kind in RETURNS

        def opened(data: bytes) -> ResidentRecord:
            pen = self.office.pen
            return SignedRecord.open(data, pen.key.verifying, pen.municipality).record

        self.run(self.office.store.read(look))

    @invariant()
    def a_measure_is_lifted_by_its_own_release_alone(self) -> None:
        """Neither by another's, nor by time, nor by anything that happens to the record."""

        def look(reading: RegistryReading) -> set[tuple[str, str]]:
            return {
                (resident, one.name) for resident in PEOPLE for one in reading.restrictions(resident) if one.in_force
            }

        assert self.run(self.office.store.read(look)) == self.in_force


@pytest.mark.parametrize(
    ("max_examples", "steps"), [(12, 25), pytest.param(300, 40, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_what_always_holds_in_the_register_holds(
    open_at: Callable[..., Awaitable[Office]], max_examples: int, steps: int
) -> None:
    """Whatever operators try."""
    machine = type("RegisterHere", (Register,), {"open_at": staticmethod(open_at)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max_examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
