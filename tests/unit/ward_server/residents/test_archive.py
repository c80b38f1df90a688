"""What was before: a resident's changes with who and when, past versions; every reading is an access on record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.archive import Archive
from konbini.ward_server.residents.bodies import (
    EntryKept,
    HouseholdPlan,
    Households,
    NameRegistration,
    RecordWritten,
    Restriction,
)
from konbini.ward_server.residents.changes import ChangeKind, new_change
from konbini.ward_server.residents.entry import Basis, RegisterEntry
from konbini.ward_server.residents.record import SignedRecord
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
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        found = [log.entry_at(file, position) for position in range(log.verify(file))]
        accesses = file.execute("SELECT count(*) FROM access").fetchone()
    last = [entry for entry in found if entry is not None][-4:]
    assert {entry.event for entry in last} == {AuditEvent.PAST_LOOKED_UP}
    assert [entry.code for entry in last] == [0, 0, Code.RESIDENT_UNKNOWN, Code.RESIDENT_UNKNOWN]
    assert accesses == (2,)
    assert ONE not in repr(last)
