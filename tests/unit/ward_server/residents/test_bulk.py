"""Bulk lists: judged at the moment they are approved, done whole or not at all; Meguro's timeline among them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.ward_server.residents.bulk import MOST_BULK_ROWS, BulkLists
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    LeavingPlanned,
    NameRegistration,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.feed import CardSerial, FeedKind
from konbini.ward_server.residents.store import RegistryWriting
from tests.unit.ward_server.residents.conftest import MakeRecord, Office, arrival_of

RESIDENTS = tuple(f"{place:015d}" for place in range(1, 6))
APRIL, MAY_8, MAY_14 = (dt.datetime(2025, month, day, 10, tzinfo=JAPAN) for month, day in ((4, 10), (5, 8), (5, 14)))


def change(kind: ChangeKind, resident: str, body: Body, seen: int) -> Change:
    """Write a row."""
    return new_change(kind, resident, body, seen=seen, effective=20250514, source="一覧")


def release(resident: str, seen: int = 1, name: str = "2024-1") -> Change:
    """Write a row that releases a measure."""
    return change(ChangeKind.MEASURE_RELEASED, resident, Restriction(name=name, planned_end=None), seen)


def measure(resident: str, name: str = "2024-1", kind: ChangeKind = ChangeKind.MEASURE_SET, seen: int = 0) -> Change:
    """Write a measure set or renewed."""
    return change(kind, resident, Restriction(name=name, planned_end=20250430), seen)


def turn_to(office: Office, day: dt.datetime) -> None:
    """Set the clock on the wall."""
    office.clock.set_wall(int(day.timestamp()) * 1000)


@pytest.fixture
def bulk(office: Office) -> BulkLists:
    """Return the lists of a registry."""
    return BulkLists(office.store, office.pen, office.acknowledging, office.clock)


@pytest.fixture
async def protected(office: Office) -> Office:
    """Return a registry of five residents, each under a measure since before April."""
    turn_to(office, APRIL)
    for place, resident in enumerate(RESIDENTS):
        await office.take_in(resident, household=f"{place:010d}", resident_code=None)
        await office.put_in_force(measure(resident))
    return office


async def in_force(office: Office, resident: str) -> dict[str, bool]:
    """Give a resident's measures."""
    found = await office.registry.look_up("aoki", resident, "a test")
    return {one.name: one.in_force for one in found.restrictions if one.kind is FeedKind.MEASURE}


async def test_a_list_is_put_in_force_by_two(protected: Office, bulk: BulkLists) -> None:
    """Entered by one, read and approved by another, in one block of the feed; asked again it is answered again."""
    rows = [release(resident) for resident in RESIDENTS]
    entered = await bulk.enter("aoki", "一覧", rows)
    assert entered.refused == ()
    assert await in_force(protected, RESIDENTS[0]) == {"2024-1": True}
    assert await bulk.show("bando", entered.change_id) == tuple(rows)
    with pytest.raises(Refused) as refusal:
        await bulk.approve("aoki", entered.change_id)
    assert refusal.value.code is Code.SAME_PERSON
    before = (await protected.store.read(lambda reading: reading.position())).number
    done = await bulk.approve("bando", entered.change_id)
    assert (done.refused, done.number) == ((), before + len(rows))
    assert await bulk.approve("bando", entered.change_id) == done
    assert len(await protected.publisher.feed_after(before, 100, 0)) == 1
    for resident in RESIDENTS:
        assert await in_force(protected, resident) == {"2024-1": False}


@pytest.mark.parametrize(
    "anew",
    [measure(RESIDENTS[2], "2025-7"), measure(RESIDENTS[2], "2024-1", ChangeKind.MEASURE_RENEWED, 1)],
    ids=["under another number", "under the same"],
)
async def test_meguros_timeline(protected: Office, bulk: BulkLists, anew: Change) -> None:
    """A list in April, an application anew on 8 May, the bulk release on 14 May: the row is named, nothing is done."""
    listed = await bulk.enter("aoki", "4月の一覧", [release(resident) for resident in RESIDENTS])
    turn_to(protected, MAY_8)
    await protected.put_in_force(anew)
    turn_to(protected, MAY_14)
    position = await protected.store.read(lambda reading: reading.position())
    answer = await bulk.approve("bando", listed.change_id)
    assert [(row.place, Code(row.code)) for row in answer.refused] == [(3, Code.CHANGED_MEANWHILE)]
    assert answer.number == 0
    assert await protected.store.read(lambda reading: reading.position()) == position
    for resident in RESIDENTS:
        assert any((await in_force(protected, resident)).values())
    again = await bulk.enter("aoki", "4月の一覧", [release(resident) for resident in RESIDENTS])
    assert [row.place for row in again.refused] == [3]
    assert again.change_id == ""


async def test_a_refused_list_is_on_record_and_waits(protected: Office, bulk: BulkLists) -> None:
    """Who tried, when, and why not; it can be withdrawn."""
    listed = await bulk.enter("aoki", "一覧", [release(RESIDENTS[0]), release(RESIDENTS[1])])
    await protected.put_in_force(release(RESIDENTS[1]))
    assert (await bulk.approve("bando", listed.change_id)).refused
    assert [one.change_id for one in await protected.registry.pending("bando")] == [listed.change_id]
    await protected.registry.withdraw("bando", listed.change_id)
    for ask in (bulk.approve("bando", listed.change_id), bulk.show("bando", listed.change_id)):
        with pytest.raises(Refused) as refusal:
            await ask
        assert refusal.value.code is Code.CHANGE_UNKNOWN


CARD = CardSerial(issuer_key_id=bytes(20), serial=b"\x01")
_FIRST = RESIDENTS[0]
BAD: dict[str, tuple[Sequence[Change], int, Code]] = {
    "an old version": ([release(_FIRST, seen=2)], 1, Code.CHANGED_MEANWHILE),
    "nobody": ([release("000000000000099")], 1, Code.RESIDENT_UNKNOWN),
    "one measure twice": ([release(_FIRST), release(_FIRST)], 2, Code.CHANGE_INVALID),
    "one record twice": (
        [
            change(ChangeKind.LEAVING, _FIRST, LeavingPlanned(day=20250601), 1),
            change(ChangeKind.NAME_REGISTRATION, _FIRST, NameRegistration(pending=True), 1),
        ],
        2,
        Code.CHANGE_INVALID,
    ),
}


@pytest.mark.parametrize("what", sorted(BAD))
async def test_a_row_that_does_not_hold_is_named_at_the_entry(protected: Office, bulk: BulkLists, what: str) -> None:
    """And nothing of its list waits."""
    rows, place, code = BAD[what]
    answer = await bulk.enter("aoki", "一覧", rows)
    assert [(row.place, Code(row.code)) for row in answer.refused] == [(place, code)]
    assert await protected.registry.pending("aoki") == ()


async def test_a_list_has_no_records_and_an_end(protected: Office, bulk: BulkLists, make_record: MakeRecord) -> None:
    """Whole records and numbers are entered one by one; an empty list and one too long are none."""
    answer = await bulk.enter("aoki", "一覧", [arrival_of(make_record("000000000000077"))])
    assert [Code(row.code) for row in answer.refused] == [Code.CHANGE_INVALID]
    for rows in ([], [release(_FIRST)] * (MOST_BULK_ROWS + 1)):
        with pytest.raises(Refused) as refusal:
            await bulk.enter("aoki", "一覧", rows)
        assert refusal.value.code is Code.CHANGE_INVALID
    assert await protected.registry.pending("aoki") == ()


async def test_a_list_is_no_single_change(protected: Office, bulk: BulkLists) -> None:
    """`approve` does not put it in force, and a single change is not approved as a list."""
    listed = await bulk.enter("aoki", "一覧", [release(_FIRST)])
    with pytest.raises(Refused) as refusal:
        await protected.registry.approve("bando", listed.change_id)
    assert refusal.value.code in {Code.CHANGE_INVALID, Code.RESIDENT_UNKNOWN}
    single = await protected.registry.enter("aoki", release(_FIRST))
    with pytest.raises(Refused) as refusal:
        await bulk.approve("bando", single)
    assert refusal.value.code is Code.CHANGE_UNKNOWN


async def test_cards_leavings_and_holds_go_together(protected: Office, bulk: BulkLists) -> None:
    """Rows of several kinds, for one resident too, as long as each changes something of its own."""
    await protected.put_in_force(change(ChangeKind.CARD_LINKED, _FIRST, CardLinked(card=CARD, replaces=None), 0))
    rows = [
        change(ChangeKind.CARD_ENDED, _FIRST, CardEnded(card=CARD), 1),
        change(ChangeKind.LEAVING, _FIRST, LeavingPlanned(day=20250601), 1),
        change(ChangeKind.HOLD_SET, _FIRST, Restriction(name="H-1", planned_end=None), 0),
        change(ChangeKind.NAME_REGISTRATION, RESIDENTS[1], NameRegistration(pending=True), 1),
        measure(RESIDENTS[1], "2024-1", ChangeKind.MEASURE_RENEWED, 1),
    ]
    listed = await bulk.enter("aoki", "一覧", rows)
    assert (await bulk.approve("bando", listed.change_id)).refused == ()
    found = await protected.registry.look_up("aoki", _FIRST, "a test")
    assert found.links[0].ended
    assert any(one.name == "H-1" and one.in_force for one in found.restrictions)


async def test_a_row_taken_out_of_a_list_is_found(protected: Office, bulk: BulkLists) -> None:
    """Whoever can write the file changes no list: the change holds the digest of all rows."""
    listed = await bulk.enter("aoki", "一覧", [release(_FIRST), release(RESIDENTS[1])])

    def add(writing: RegistryWriting) -> None:
        writing._connection.execute("DROP TRIGGER bulk_row_remains")  # type: ignore[attr-defined] # behind the store's back
        writing._connection.execute("DELETE FROM bulk_row WHERE place = 2")  # type: ignore[attr-defined] # the same

    await protected.store.write(add, step="tamper")
    with pytest.raises(Refused) as refusal:
        await bulk.approve("bando", listed.change_id)
    assert refusal.value.code is Code.SEAL_BROKEN
