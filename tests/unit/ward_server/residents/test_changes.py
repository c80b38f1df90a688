"""What may be entered, who may approve it, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bulk import BulkLists
from konbini.ward_server.residents.changes import (
    Body,
    CardEnded,
    CardLinked,
    Change,
    ChangeKind,
    LeavingPlanned,
    NameRegistration,
    RecordWritten,
    Restriction,
    new_change,
)
from konbini.ward_server.residents.feed import CardSerial, FeedEntry, FeedKind
from konbini.ward_server.residents.feed_blocks import FeedBlock
from konbini.ward_server.residents.record import IndividualNumberPart, Presence, ResidentRecord, SignedRecord
from konbini.ward_server.residents.registry import MOST_PENDING, MOST_WAITING
from tests.records import removal_of
from tests.unit.ward_server.residents.conftest import MakeRecord, Office

RESIDENT = "000000000000001"
OTHER = "000000000000002"
NUMBER = "123456789018"
TODAY = 20260921
MEASURE = Restriction(name="2026-017", planned_end=20270331)


def change(kind: ChangeKind, body: Body, seen: int, resident: str = RESIDENT) -> Change:
    """Write a change of today."""
    return new_change(kind, resident, body, seen=seen, effective=TODAY, source="届書")


def written(kind: ChangeKind, record: ResidentRecord, seen: int, number: str | None = None) -> Change:
    """Write a change of a whole record."""
    return change(kind, RecordWritten(record=record, individual_number=number, postcode=""), seen, record.resident)


async def refused(office: Office, one: Change) -> Code:
    """Give the code with which a change is refused at its entry."""
    with pytest.raises(Refused) as refusal:
        await office.registry.enter("aoki", one)
    return refusal.value.code


async def newest(office: Office, resident: str = RESIDENT) -> ResidentRecord:
    """Give the record as it stands, its signature checked."""
    found = await office.registry.look_up("aoki", resident, "a test")
    return SignedRecord.open(found.record, office.pen.key.verifying, office.pen.municipality).record


async def entries(office: Office, after: int = 0) -> list[FeedEntry]:
    """Give the entries of the feed."""
    key, municipality = office.pen.key.verifying, office.pen.municipality
    blocks = await office.publisher.feed_after(after, 100, 0)
    return [entry for block in blocks for entry in FeedBlock.open(block, key, municipality).entries()]


async def test_nobody_approves_what_they_entered(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """The change waits on, and another person may approve it."""
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    with pytest.raises(Refused) as refusal:
        await office.registry.approve("aoki", change_id)
    assert refusal.value.code is Code.SAME_PERSON
    assert [one.change_id for one in await office.registry.pending("aoki")] == [change_id]
    assert await entries(office) == []
    assert await office.registry.approve("bando", change_id) == 1
    assert await office.registry.pending("aoki") == ()


async def test_no_change_that_waits_is_hidden_by_many_others(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """Page by page all are listed, each once, also those that were entered in one millisecond."""
    entered = [await office.registry.enter("aoki", arrival(make_record())) for _ in range(2 * MOST_PENDING)]
    await office.clock.advance(1)
    entered.append(await office.registry.enter("bando", arrival(make_record())))
    found: list[str] = []
    behind = (0, "")
    while page := await office.registry.pending("chiba", behind=behind):
        assert len(page) <= MOST_PENDING
        found += [one.change_id for one in page]
        behind = (page[-1].entered_at, page[-1].change_id)
    assert found[-1] == entered[-1]
    assert sorted(found) == sorted(entered)


async def test_one_operator_has_so_many_waiting_and_no_more(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """The next is refused, alone or as a list; another's is not, and there is room again when one is concluded."""
    first, *_rest = [await office.registry.enter("aoki", arrival(make_record())) for _ in range(MOST_WAITING)]
    bulk = BulkLists(office.store, office.pen, office.acknowledging, office.clock)
    for late in (
        office.registry.enter("aoki", arrival(make_record())),
        bulk.enter("aoki", "届書", [arrival(make_record())]),
    ):
        with pytest.raises(Refused) as refusal:
            await late
        assert refusal.value.code is Code.BUSY
    await office.registry.enter("bando", arrival(make_record()))
    await office.registry.withdraw("bando", first)
    await office.registry.enter("aoki", arrival(make_record()))


async def test_an_approval_asked_again_gives_the_same_answer(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """Whoever lost the answer asks again; a third person is told that it is done."""
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    first = await office.registry.approve("bando", change_id)
    assert await office.registry.approve("bando", change_id) == first
    assert len(await entries(office)) == 1
    with pytest.raises(Refused) as refusal:
        await office.registry.approve("chiba", change_id)
    assert refusal.value.code is Code.CHANGE_UNKNOWN


async def test_a_withdrawn_change_is_never_in_force(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """Not even by the person who would have approved it."""
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    await office.registry.withdraw("aoki", change_id)
    for late in (office.registry.approve("bando", change_id), office.registry.withdraw("aoki", change_id)):
        with pytest.raises(Refused) as refusal:
            await late
        assert refusal.value.code is Code.CHANGE_UNKNOWN
    assert await entries(office) == []


async def test_a_resident_moves_in_with_a_number_kept_apart(office: Office) -> None:
    """The signed record carries a commitment; the number itself is handed out for it, and for nothing else."""
    await office.take_in()
    record = await newest(office)
    assert record.individual_number is not None
    part = await office.publisher.individual_number("issuing", RESIDENT, record.individual_number)
    assert IndividualNumberPart.open(part, record).number == NUMBER
    assert NUMBER.encode() not in (await office.publisher.feed_after(0, 1, 0))[0]
    with pytest.raises(Refused):
        await office.publisher.individual_number("issuing", RESIDENT, bytes(32))
    with pytest.raises(Refused):
        IndividualNumberPart.open(part, replace(record, resident=OTHER))


async def test_a_correction_keeps_the_number_and_the_history(office: Office) -> None:
    """The new version is in force, the old one stays and is still signed."""
    first = await office.take_in()
    before = await newest(office)
    corrected = replace(first, version=2, remarks="訂正")
    await office.put_in_force(written(ChangeKind.CORRECTION, corrected, seen=1))
    after = await newest(office)
    assert (after.version, after.remarks, after.individual_number) == (2, "訂正", before.individual_number)
    versions = await office.store.read(lambda reading: reading.versions(RESIDENT))
    key = office.pen.key.verifying
    assert [SignedRecord.open(one.data, key, office.pen.municipality).record.version for one in versions] == [1, 2]


async def test_a_change_prepared_on_older_facts_is_refused_at_approval(office: Office) -> None:
    """Two operators saw version 1; the second approval meets version 2."""
    first = await office.take_in()
    one = await office.registry.enter(
        "aoki", written(ChangeKind.CORRECTION, replace(first, version=2, remarks="甲"), 1)
    )
    other = await office.registry.enter(
        "bando", written(ChangeKind.CORRECTION, replace(first, version=2, remarks="乙"), 1)
    )
    await office.registry.approve("chiba", one)
    with pytest.raises(Refused) as refusal:
        await office.registry.approve("chiba", other)
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    assert (await newest(office)).remarks == "甲"


async def test_moving_out_is_planned_called_off_and_done(office: Office) -> None:
    """Each is a version of the record; a removed record is only corrected or moved into again."""
    await office.take_in()
    await office.put_in_force(change(ChangeKind.LEAVING, LeavingPlanned(day=20261001), 1))
    assert (await newest(office)).leaving == 20261001
    await office.put_in_force(change(ChangeKind.LEAVING, LeavingPlanned(day=None), 2))
    assert (await newest(office)).leaving is None
    await office.put_in_force(change(*removal_of(Presence.MOVED_OUT), 3))
    gone = await newest(office)
    assert gone.presence is Presence.MOVED_OUT
    assert await refused(office, change(ChangeKind.LEAVING, LeavingPlanned(day=20261001), 4)) is Code.CHANGE_INVALID
    back = replace(gone, version=5, presence=Presence.PRESENT, individual_number=None)
    await office.put_in_force(written(ChangeKind.MOVE_IN, back, seen=4))
    assert (await newest(office)).presence is Presence.PRESENT


async def test_a_name_in_registration_is_a_version_of_its_own(office: Office) -> None:
    """外字登録中, begun and done."""
    await office.take_in()
    await office.put_in_force(change(ChangeKind.NAME_REGISTRATION, NameRegistration(pending=True), 1))
    assert (await newest(office)).name_in_registration
    await office.put_in_force(change(ChangeKind.NAME_REGISTRATION, NameRegistration(pending=False), 2))
    assert not (await newest(office)).name_in_registration


async def test_a_card_issued_anew_ends_the_old_one_at_once_and_counts_from_the_next_day(
    office: Office, card: CardSerial
) -> None:
    """Two entries in one transaction, the end first."""
    await office.take_in()
    fresh = replace(card, serial=b"\x02")
    await office.put_in_force(change(ChangeKind.CARD_LINKED, CardLinked(card=card, replaces=None), 0))
    await office.put_in_force(change(ChangeKind.CARD_LINKED, CardLinked(card=fresh, replaces=card), 0))
    linked, ended, new = (entry.link() for entry in await entries(office, after=1))
    assert linked.counts(20260922)
    assert not linked.counts(TODAY)
    assert (ended.card, ended.ended, ended.counts(20260922)) == (card, True, False)
    assert (new.card, new.counts(TODAY), new.counts(20260922)) == (fresh, False, True)


async def test_a_card_is_linked_once_in_all_time(office: Office, card: CardSerial) -> None:
    """Not to another resident, not after it ended, not from two changes that both waited."""
    await office.take_in()
    await office.take_in(OTHER)
    link = CardLinked(card=card, replaces=None)
    waiting = await office.registry.enter("aoki", change(ChangeKind.CARD_LINKED, link, 0, OTHER))
    await office.put_in_force(change(ChangeKind.CARD_LINKED, link, 0))
    with pytest.raises(Refused) as refusal:
        await office.registry.approve("bando", waiting)
    assert refusal.value.code is Code.CARD_LINKED_BEFORE
    await office.put_in_force(change(ChangeKind.CARD_ENDED, CardEnded(card=card), 1))
    assert await refused(office, change(ChangeKind.CARD_LINKED, link, 0)) is Code.CARD_LINKED_BEFORE
    assert await refused(office, change(ChangeKind.CARD_ENDED, CardEnded(card=card), 2)) is Code.CHANGED_MEANWHILE


async def test_a_card_of_somebody_else_is_neither_ended_nor_replaced(office: Office, card: CardSerial) -> None:
    """The resident of the change is compared with the link's."""
    await office.take_in()
    await office.take_in(OTHER)
    await office.put_in_force(change(ChangeKind.CARD_LINKED, CardLinked(card=card, replaces=None), 0))
    fresh = CardLinked(card=replace(card, serial=b"\x02"), replaces=card)
    assert await refused(office, change(ChangeKind.CARD_LINKED, fresh, 0, OTHER)) is Code.CHANGE_INVALID
    assert await refused(office, change(ChangeKind.CARD_ENDED, CardEnded(card=card), 1, OTHER)) is Code.CHANGE_INVALID


async def test_a_measure_that_was_renewed_is_not_lifted_by_an_older_release(office: Office) -> None:
    """The release was entered on version 1; a renewal came between entry and approval."""
    await office.take_in()
    await office.put_in_force(change(ChangeKind.MEASURE_SET, MEASURE, 0))
    release = await office.registry.enter("aoki", change(ChangeKind.MEASURE_RELEASED, MEASURE, 1))
    await office.put_in_force(
        change(ChangeKind.MEASURE_RENEWED, Restriction(name=MEASURE.name, planned_end=20280331), 1)
    )
    with pytest.raises(Refused) as refusal:
        await office.registry.approve("bando", release)
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    (stands,) = (await office.registry.look_up("aoki", RESIDENT, "a test")).restrictions
    assert (stands.in_force, stands.version, stands.planned_end) == (True, 2, 20280331)
    await office.put_in_force(change(ChangeKind.MEASURE_RELEASED, MEASURE, 2))
    assert not (await entries(office))[-1].measure().in_force


async def test_a_measure_applied_for_anew_is_not_lifted_by_the_release_of_the_old_one(office: Office) -> None:
    """Each application is a measure of its own; a released one is not set again."""
    await office.take_in()
    await office.put_in_force(change(ChangeKind.MEASURE_SET, MEASURE, 0))
    await office.put_in_force(change(ChangeKind.MEASURE_SET, replace(MEASURE, name="2026-101"), 0))
    await office.put_in_force(change(ChangeKind.MEASURE_RELEASED, MEASURE, 1))
    standing = (await office.registry.look_up("aoki", RESIDENT, "a test")).restrictions
    assert {one.name for one in standing if one.in_force} == {"2026-101"}
    assert await refused(office, change(ChangeKind.MEASURE_SET, MEASURE, 2)) is Code.CHANGE_INVALID
    assert await refused(office, change(ChangeKind.MEASURE_RENEWED, MEASURE, 2)) is Code.CHANGE_INVALID


async def test_a_measure_stays_in_force_when_its_planned_end_has_passed(office: Office) -> None:
    """Time alone writes nothing: a release is two persons' act."""
    await office.take_in()
    await office.put_in_force(change(ChangeKind.MEASURE_SET, MEASURE, 0))
    await office.clock.advance(400 * 86_400)
    (stands,) = (await office.registry.look_up("aoki", RESIDENT, "a test")).restrictions
    assert stands.in_force


async def test_a_hold_is_not_a_measure(office: Office) -> None:
    """The same name in both kinds is two restrictions."""
    await office.take_in()
    hold = Restriction(name=MEASURE.name, planned_end=None)
    await office.put_in_force(change(ChangeKind.MEASURE_SET, MEASURE, 0))
    await office.put_in_force(change(ChangeKind.HOLD_SET, hold, 0))
    await office.put_in_force(change(ChangeKind.HOLD_RELEASED, hold, 1))
    last = (await entries(office))[-1]
    assert (last.kind, last.hold().in_force, last.version) == (FeedKind.HOLD, False, 2)
    standing = (await office.registry.look_up("aoki", RESIDENT, "a test")).restrictions
    assert {(one.kind, one.in_force) for one in standing} == {(FeedKind.MEASURE, True), (FeedKind.HOLD, False)}


@pytest.mark.parametrize(
    ("kind", "fields", "number"),
    [
        (ChangeKind.MOVE_IN, {"resident": OTHER}, None),
        (ChangeKind.MOVE_IN, {"municipality": "131008"}, None),
        (ChangeKind.MOVE_IN, {"version": 2}, None),
        (ChangeKind.MOVE_IN, {"individual_number": bytes(32)}, None),
        (ChangeKind.MOVE_IN, {"presence": Presence.DIED}, None),
        (ChangeKind.MOVE_IN, {}, "123456789012"),
        (ChangeKind.MOVE_IN, {}, "12345678901"),
        (ChangeKind.MOVE_WITHIN, {}, None),
        (ChangeKind.CORRECTION, {}, None),
    ],
)
async def test_nonsense_is_refused_at_its_entry(
    office: Office, make_record: MakeRecord, kind: ChangeKind, fields: dict[str, object], number: str | None
) -> None:
    """Another resident's record, another town's, a wrong version, a made-up commitment, a wrong check digit, ..."""
    record = make_record(**fields)
    one = change(kind, RecordWritten(record=record, individual_number=number, postcode=""), 0)
    assert await refused(office, one) is Code.CHANGE_INVALID


async def test_an_unknown_resident_is_refused(office: Office, card: CardSerial) -> None:
    """Nothing is linked to, or put upon, somebody who has no record."""
    for kind, body in (
        (ChangeKind.CARD_LINKED, CardLinked(card=card, replaces=None)),
        (ChangeKind.MEASURE_SET, MEASURE),
        (ChangeKind.LEAVING, LeavingPlanned(day=None)),
    ):
        assert await refused(office, change(kind, body, 0)) is Code.RESIDENT_UNKNOWN


async def test_a_correction_names_a_change_of_the_same_resident_that_was_in_force(office: Office) -> None:
    """What it corrects must exist."""
    first = await office.take_in()
    await office.take_in(OTHER)
    correction = written(ChangeKind.CORRECTION, replace(first, version=2), seen=1)
    assert await refused(office, replace(correction, corrects="none")) is Code.CHANGE_UNKNOWN
    stored = await office.store.read(lambda reading: (reading.record(RESIDENT), reading.record(OTHER)))
    own, others = (one.change_id for one in stored if one is not None)
    assert await refused(office, replace(correction, corrects=others)) is Code.CHANGE_INVALID
    await office.put_in_force(replace(correction, corrects=own))


def test_a_change_without_a_source_document_is_refused() -> None:
    """And one whose body is another kind's, or breaks its own declaration."""
    body = NameRegistration(pending=True)
    with pytest.raises(Refused):
        new_change(ChangeKind.NAME_REGISTRATION, RESIDENT, body, seen=1, effective=TODAY, source="")
    with pytest.raises(Refused):
        new_change(ChangeKind.LEAVING, RESIDENT, body, seen=1, effective=TODAY, source="届書")
    with pytest.raises(Refused):
        change(ChangeKind.LEAVING, LeavingPlanned(day=20260231), 1)
