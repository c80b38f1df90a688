"""What was before: a resident's changes with who and when, past versions; every reading is an access on record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.process.sqlite.connection import SqliteConnection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.archive import Accessed, Archive
from konbini.ward_server.residents.bodies import (
    EntryKept,
    HouseholdPlan,
    Households,
    MemberPlace,
    NameRegistration,
    RecordWritten,
    Restriction,
)
from konbini.ward_server.residents.bulk import BulkLists
from konbini.ward_server.residents.changes import Change, ChangeKind, new_change
from konbini.ward_server.residents.entry import Basis, RegisterEntry
from konbini.ward_server.residents.operator_text import history_lines
from konbini.ward_server.residents.record import SignedRecord
from konbini.ward_server.residents.store import ChangeState, StoredChange
from tests.records import FOREIGN
from tests.unit.ward_server.residents.acts import HEAD, act, place, read
from tests.unit.ward_server.residents.conftest import NOW, Office

ONE, TWO = "000000000000001", "000000000000002"


async def test_a_history_says_what_why_by_whom_and_when(office: Office) -> None:
    """異動履歴, oldest first, with the version that each wrote; a change of another member's name shows too."""
    first = await office.take_in(ONE, household="2000000001")
    await office.take_in(TWO, household="2000000001", order=2, relationship="夫", name="葛城　悟")
    await office.clock.advance(60)
    corrected = RecordWritten(record=replace(first, version=2, remarks="訂正"), individual_number=None, postcode="")
    own = (await office.store.read(lambda reading: reading.history(ONE)))[0].change_id
    change = new_change(
        ChangeKind.CORRECTION_EX_OFFICIO,
        ONE,
        corrected,
        seen=1,
        effective=20260920,
        source="実態調査",
        corrects=own,
        basis=Basis.EX_OFFICIO,
    )
    await office.put_in_force(change)
    await act(office, ChangeKind.MEASURE_SET, ONE, Restriction(name="2026-017", planned_end=None), 0)
    one, two = await read(office, ONE), await read(office, TWO)
    heads = Households(
        households=(HouseholdPlan(household="2000000001", members=(place(two, 1, HEAD), place(one, 2, "妻"))),)
    )
    await act(office, ChangeKind.HEAD_CHANGED, TWO, heads, 1)
    happened = (await Archive(office.store, office.clock).history("chiba", ONE, "照会")).happened
    assert [(one.kind, one.version) for one in happened] == [
        (ChangeKind.MOVE_IN, 1),
        (ChangeKind.CORRECTION_EX_OFFICIO, 2),
        *[(one.kind, one.version) for one in happened[2:]],
    ]
    assert {(one.kind, one.version) for one in happened[2:]} == {
        (ChangeKind.MEASURE_SET, 0),
        (ChangeKind.HEAD_CHANGED, 3),
    }
    second = happened[1]
    assert (second.effective, second.source, second.basis, second.corrects) == (
        20260920,
        "実態調査",
        Basis.EX_OFFICIO,
        own,
    )
    assert (second.entered_by, second.approved_by) == ("aoki", "bando")
    assert second.entered_at == second.approved_at == NOW + 60_000
    assert {one.subject for one in happened} == {ONE, TWO}


async def test_a_past_version_is_read_as_it_was_signed(office: Office) -> None:
    """Superseded and removed records too."""
    await office.take_in(ONE)
    await act(office, ChangeKind.NAME_REGISTRATION, ONE, NameRegistration(pending=True), 1)
    archive = Archive(office.store, office.clock)
    for version, pending in ((1, False), (2, True)):
        past = await archive.past("chiba", ONE, version, "照会")
        record = SignedRecord.open(past.record, office.pen.key.verifying, office.pen.municipality).record
        assert (record.version, record.name_in_registration) == (version, pending)


async def test_what_was_kept_beside_a_version_is_read_with_it(office: Office) -> None:
    """Postcode and readings as they stood with that version, whatever else was kept since; empty where nothing was."""
    arrived = RegisterEntry(postcode="1390001", alias_reading="ドウモト", katakana="デュポン")
    first = await office.take_in(ONE, arrived, foreign=FOREIGN, alias="堂本")
    await act(office, ChangeKind.NAME_REGISTRATION, ONE, NameRegistration(pending=True), 1)
    await act(office, ChangeKind.ENTRY_KEPT, ONE, EntryKept(entry=replace(arrived, last_address="前の町")), 1)
    body = RecordWritten(record=replace(first, version=3), individual_number=None, postcode="1390002")
    await act(office, ChangeKind.CORRECTION, ONE, body, 2)
    await office.take_in(TWO)
    archive = Archive(office.store, office.clock)
    found = [await archive.past("chiba", ONE, version, "照会") for version in (1, 2, 3)]
    found.append(await archive.past("chiba", TWO, 1, "照会"))
    assert [(past.postcode, past.alias_reading, past.katakana) for past in found] == [
        ("1390001", "ドウモト", "デュポン"),
        ("1390001", "ドウモト", "デュポン"),
        ("1390002", None, None),
        ("", None, None),
    ]


async def test_who_reads_the_past_is_on_record_also_where_there_was_none(office: Office, tmp_path: Path) -> None:
    """Without naming the resident; for whom and why stands sealed beside it."""
    await office.take_in(ONE)
    archive = Archive(office.store, office.clock)
    await archive.history("chiba", ONE, "異動の確認")
    await archive.past("chiba", ONE, 1, "異動の確認")
    for asked in (archive.history("chiba", TWO, "a guess"), archive.past("chiba", ONE, 9, "a guess")):
        with pytest.raises(Refused) as refusal:
            await asked
        assert refusal.value.code is Code.RESIDENT_UNKNOWN
    for asked in (archive.history("chiba", ONE, ""), archive.past("Chiba", ONE, 1, "x")):
        with pytest.raises(Refused) as refusal:
            await asked
        assert refusal.value.code is Code.CHANGE_INVALID
    with closing(sqlite3.connect(tmp_path / "registry.db", factory=SqliteConnection)) as file:
        found = [log.entry_at(file, position) for position in range(log.verify(file))]
        accesses = file.execute("SELECT count(*) FROM access").fetchone()
    last = [entry for entry in found if entry is not None][-4:]
    assert {entry.event for entry in last} == {AuditEvent.PAST_LOOKED_UP}
    assert [entry.code for entry in last] == [0, 0, Code.RESIDENT_UNKNOWN, Code.RESIDENT_UNKNOWN]
    assert accesses == (2,)
    assert ONE not in repr(last)


async def test_who_looked_is_read_with_when_and_why(office: Office) -> None:
    """Newest first, the reading itself among them; another resident's accesses are not; nobody's are refused."""
    await office.take_in(ONE)
    await office.take_in(TWO)
    archive = Archive(office.store, office.clock)
    await office.registry.look_up("chiba", ONE, "窓口での照会")
    await office.registry.look_up("doi", TWO, "別の方の照会")
    await office.clock.advance(40 * 86_400)
    await archive.history("endo", ONE, "異動の確認")
    found = (await archive.accesses("fujii", ONE, "開示請求")).accesses
    assert [(one.who, one.event, one.reason) for one in found] == [
        ("fujii", AuditEvent.ACCESSES_LOOKED_UP, "開示請求"),
        ("endo", AuditEvent.PAST_LOOKED_UP, "異動の確認"),
        ("chiba", AuditEvent.RECORD_LOOKED_UP, "窓口での照会"),
    ]
    assert [one.moment for one in found] == [NOW + 40 * 86_400_000] * 2 + [NOW]
    for resident, reason, code in (
        ("000000000000009", "a guess", Code.RESIDENT_UNKNOWN),
        (ONE, "", Code.CHANGE_INVALID),
    ):
        with pytest.raises(Refused) as refusal:
            await archive.accesses("fujii", resident, reason)
        assert refusal.value.code is code


async def test_a_number_that_was_handed_out_names_the_process(office: Office) -> None:
    """No operator looked; the follower that asked stands in the place of one."""
    await office.take_in(ONE)
    record = await read(office, ONE)
    assert record.individual_number is not None
    await office.publisher.individual_number("clerk", ONE, record.individual_number)
    found = (await Archive(office.store, office.clock).accesses("fujii", ONE, "開示請求")).accesses
    assert (found[1].event, found[1].who) == (AuditEvent.INDIVIDUAL_NUMBER_HANDED_OUT, "clerk")


async def test_what_is_left_out_is_said(office: Office) -> None:
    """Of changes and of accesses alike: the newest stand there, and that there are older ones."""
    await office.take_in(ONE)
    await act(office, ChangeKind.MEASURE_SET, ONE, Restriction(name="2026-017", planned_end=None), 0)
    whole = Archive(office.store, office.clock)
    for reason in ("一", "二", "三"):
        happened = await whole.history("endo", ONE, reason)
    found = await whole.accesses("fujii", ONE, "開示請求")
    assert not happened.is_cut
    assert not found.is_cut
    count = len(found.accesses)
    cut = Archive(office.store, office.clock, most_happened=len(happened.happened) - 1, most_accesses=count)
    assert (await cut.history("endo", ONE, "四")).is_cut
    assert "(older changes are not shown)" in list(history_lines(await cut.history("endo", ONE, "五")))
    left = await cut.accesses("fujii", ONE, "六")
    assert left.is_cut
    assert len(left.accesses) == count
    assert [one.reason for one in left.accesses[:3]] == ["六", "五", "四"]


async def accesses(office: Office, resident: str) -> tuple[Accessed, ...]:
    """Read who looked a resident up, newest first; this reading stands before all."""
    return (await Archive(office.store, office.clock).accesses("fujii", resident, "開示請求")).accesses


async def entered(office: Office, change: Change) -> str:
    """Keep a change as one that waits, whatever the rules say of it now."""
    change_id = office.pen.entropy.token(8).hex()
    stored = StoredChange(
        change_id=change_id, change=change, state=ChangeState.ENTERED, entered_by="aoki", entered_at=1
    )
    await office.store.write(lambda writing: writing.put_change(stored), step="a test")
    return change_id


async def test_a_change_that_was_shown_before_its_approval_is_an_access(office: Office) -> None:
    """Of each member that it names, with the document that it rests on; one that nobody showed is none."""
    record = await office.take_in(ONE)
    await office.take_in(TWO)
    alone = MemberPlace(resident=TWO, seen=1, order=1, relationship="世帯主")
    plans = (
        HouseholdPlan(household=record.household, members=(replace(alone, resident=ONE),)),
        HouseholdPlan(household="9", members=(alone,)),
    )
    body = Households(households=plans)
    waiting = new_change(ChangeKind.HOUSEHOLD_SPLIT, TWO, body, seen=1, effective=20260924, source="世帯変更届")
    shown, _hidden = [await entered(office, waiting) for _ in range(2)]
    await office.registry.show("bando", shown)
    with pytest.raises(Refused):
        await office.registry.show("bando", "no such change")
    for resident in (ONE, TWO):
        _self, access, *rest = await accesses(office, resident)
        assert (access.who, access.event, access.reason) == ("bando", AuditEvent.PENDING_CHANGE_SHOWN, "世帯変更届")
        assert rest == []


async def test_a_list_that_was_shown_is_an_access_of_each_in_it(office: Office) -> None:
    """And of nobody else; read as a change, which says no more than what the list rests on, it is none."""
    three = "000000000000003"
    for number, resident in enumerate((ONE, TWO, three)):
        await office.take_in(resident, household=f"{number:010d}", resident_code=None)
    bulk = BulkLists(office.store, office.pen, office.acknowledging, office.clock)
    holds = [
        new_change(
            ChangeKind.HOLD_SET,
            one,
            Restriction(name="H-1", planned_end=None),
            seen=0,
            effective=20260901,
            source="申出",
        )
        for one in (ONE, TWO)
    ]
    listed = await bulk.enter("aoki", "9月の一覧", holds)
    assert listed.refused == ()
    await office.registry.show("chiba", listed.change_id)
    await bulk.show("bando", listed.change_id)
    for resident, expected in ((ONE, ["bando"]), (TWO, ["bando"]), (three, [])):
        found = await accesses(office, resident)
        assert [one.who for one in found if one.event is AuditEvent.PENDING_CHANGE_SHOWN] == expected
        assert {one.reason for one in found[1:]} == ({"9月の一覧"} if expected else set())
