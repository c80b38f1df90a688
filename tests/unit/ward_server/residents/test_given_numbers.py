"""An individual number and a resident record code belong to one resident over all time, whichever way they come in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.ward_server.residents.bodies import (
    NameChanged,
    NewIndividualNumber,
    NewResidentCode,
    RecordWritten,
    Removal,
)
from konbini.ward_server.residents.changes import ChangeKind, new_change
from konbini.ward_server.residents.importing.preparing import BadRow
from konbini.ward_server.residents.importing.takeover import TownRefused
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.store import NumberKind
from konbini.ward_server.residents.town import TownRow
from tests.unit.ward_server.residents.acts import act, read, refused, seen
from tests.unit.ward_server.residents.conftest import (
    NUMBER,
    TODAY,
    Office,
    OpenOffice,
    number_of,
    office_at,
    record_of,
)
from tests.unit.ward_server.residents.test_town import take_over

ONE, TWO, THREE = (f"{number:015d}" for number in (1, 2, 3))
FRESH, FRESH_CODE = "234567890121", "00000000042"
CODE_OF_ONE = record_of(ONE).resident_code or ""


def arriving(resident: str, *, number: str | None = None, code: str | None = None) -> RecordWritten:
    """Write a record that comes in with these numbers."""
    return RecordWritten(record=record_of(resident, resident_code=code), individual_number=number, postcode="")


async def test_a_number_is_refused_to_a_second_resident(office: Office) -> None:
    """With what comes in, as a change of its own, and as a correction of a record that had none; each by its code."""
    await office.take_in(ONE)
    for kind in (ChangeKind.MOVE_IN, ChangeKind.BIRTH, ChangeKind.ENTRY_EX_OFFICIO):
        assert await refused(office, kind, TWO, arriving(TWO, number=NUMBER), 0) is Code.INDIVIDUAL_NUMBER_TAKEN
        assert await refused(office, kind, TWO, arriving(TWO, code=CODE_OF_ONE), 0) is Code.RESIDENT_CODE_TAKEN
    await act(office, ChangeKind.MOVE_IN, TWO, arriving(TWO), 0)
    number, code = NewIndividualNumber(individual_number=NUMBER), NewResidentCode(resident_code=CODE_OF_ONE)
    assert await refused(office, ChangeKind.INDIVIDUAL_NUMBER, TWO, number, 1) is Code.INDIVIDUAL_NUMBER_TAKEN
    assert await refused(office, ChangeKind.RESIDENT_CODE, TWO, code, 1) is Code.RESIDENT_CODE_TAKEN
    record = record_of(TWO, version=2, resident_code=CODE_OF_ONE)
    corrected = RecordWritten(record=record, individual_number=None, postcode="")
    assert await refused(office, ChangeKind.CORRECTION, TWO, corrected, 1) is Code.RESIDENT_CODE_TAKEN


async def test_what_is_changed_or_removed_stays_taken(office: Office) -> None:
    """The number of before, and those of a removed record; their own resident may come back with them."""
    await office.take_in(ONE)
    await act(office, ChangeKind.INDIVIDUAL_NUMBER, ONE, NewIndividualNumber(individual_number=FRESH), 1)
    await act(office, ChangeKind.RESIDENT_CODE, ONE, NewResidentCode(resident_code=FRESH_CODE), 2)
    await act(office, ChangeKind.REMOVAL, ONE, Removal(reason=Presence.DECLARED_MISSING), 3)
    for number in (NUMBER, FRESH):
        body = arriving(TWO, number=number)
        assert await refused(office, ChangeKind.MOVE_IN, TWO, body, 0) is Code.INDIVIDUAL_NUMBER_TAKEN
    for code in (CODE_OF_ONE, FRESH_CODE):
        assert await refused(office, ChangeKind.MOVE_IN, TWO, arriving(TWO, code=code), 0) is Code.RESIDENT_CODE_TAKEN
    back = replace(await read(office, ONE), version=5, presence=Presence.PRESENT, individual_number=None)
    await act(office, ChangeKind.MOVE_IN, ONE, RecordWritten(record=back, individual_number=FRESH, postcode=""), 4)
    again = NewIndividualNumber(individual_number=NUMBER)
    await act(office, ChangeKind.INDIVIDUAL_NUMBER, ONE, again, await seen(office, ONE))


async def test_of_two_changes_that_wait_the_first_approved_has_the_number(office: Office) -> None:
    """Entered while it was free; the other is refused when it is approved, waits on, and nothing of it is written."""
    waiting = []
    for resident in (ONE, TWO):
        change = new_change(
            ChangeKind.BIRTH, resident, arriving(resident, number=NUMBER), seen=0, effective=TODAY, source="出生届"
        )
        waiting.append(await office.registry.enter("aoki", change))
    await office.registry.approve("bando", waiting[1])
    with pytest.raises(Exception, match="INDIVIDUAL_NUMBER_TAKEN"):
        await office.registry.approve("bando", waiting[0])
    assert [one.change_id for one in await office.registry.pending("aoki")] == [waiting[0]]
    assert await office.store.read(lambda reading: reading.record(ONE)) is None


async def test_neither_number_nor_resident_stands_beside_a_hash(office: Office, tmp_path: Path) -> None:
    """A row is a hash and a seal; two kinds of one text differ."""
    await office.take_in(ONE)
    await office.store.close()
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        rows = file.execute("SELECT number, whose FROM given_number").fetchall()
    assert len(rows) == 2
    assert not any(
        text.encode() in number + whose for number, whose in rows for text in (NUMBER, CODE_OF_ONE, ONE[-11:])
    )


def row(resident: str, *, number: str | None = None, code: str | None = None) -> TownRow:
    """Write a row of a town."""
    record = record_of(resident, household=resident, resident_code=code)
    return TownRow(record=record, individual_number=number, cards=(), measures=())


async def bad_rows(office: Office, rows: Sequence[TownRow]) -> list[BadRow]:
    """Give the bad rows of a list that is not taken over."""
    with pytest.raises(TownRefused) as refusal:
        await take_over(office, rows)
    return list(refusal.value.rows)


async def test_an_import_is_compared_with_the_register_and_with_itself(office: Office) -> None:
    """Present and former numbers of who is here; what stands twice in the list; each row by its code."""
    await office.take_in(ONE)
    await act(office, ChangeKind.RESIDENT_CODE, ONE, NewResidentCode(resident_code=FRESH_CODE), 1)
    listed = [
        row("4", number=NUMBER),
        row("5", code=CODE_OF_ONE),
        row("6", code=FRESH_CODE),
        row("7", number=number_of("7"), code="00000000007"),
        row("8", number=number_of("7")),
        row("9", code="00000000007"),
    ]
    assert sorted((one.place, one.code) for one in await bad_rows(office, listed)) == [
        (1, Code.INDIVIDUAL_NUMBER_TAKEN),
        (2, Code.RESIDENT_CODE_TAKEN),
        (3, Code.RESIDENT_CODE_TAKEN),
        (5, Code.INDIVIDUAL_NUMBER_TAKEN),
        (6, Code.RESIDENT_CODE_TAKEN),
    ]
    assert await take_over(office, [listed[3]]) == 1
    assert await refused(office, ChangeKind.BIRTH, TWO, arriving(TWO, code="00000000007"), 0) is (
        Code.RESIDENT_CODE_TAKEN
    )


def emptied(path: Path, *, filled: bool = False) -> None:
    """Make of a store what an earlier build left: no number is kept apart from its record; `filled`: nor looked for."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DROP TRIGGER IF EXISTS given_number_remains")
        file.execute("DELETE FROM given_number")
        file.execute("UPDATE registry SET numbers_given = ?", (filled,))


async def test_a_store_from_before_is_filled_at_its_start(
    open_office: OpenOffice, record_key: SigningKey, tmp_path: Path
) -> None:
    """With every number that any version had; once."""
    office = await open_office()
    await office.take_in(ONE)
    await office.take_in(TWO)
    await act(office, ChangeKind.INDIVIDUAL_NUMBER, ONE, NewIndividualNumber(individual_number=FRESH), 1)
    await act(office, ChangeKind.RESIDENT_CODE, ONE, NewResidentCode(resident_code=FRESH_CODE), 2)
    await office.store.close()
    emptied(tmp_path / "registry.db")
    later = await office_at(tmp_path / "registry.db", record_key)
    try:
        for number in (NUMBER, FRESH, number_of(TWO)):
            body = arriving(THREE, number=number)
            assert await refused(later, ChangeKind.BIRTH, THREE, body, 0) is Code.INDIVIDUAL_NUMBER_TAKEN
        for code in (CODE_OF_ONE, FRESH_CODE):
            body = arriving(THREE, code=code)
            assert await refused(later, ChangeKind.BIRTH, THREE, body, 0) is Code.RESIDENT_CODE_TAKEN
        assert not await later.store.read(
            lambda reading: reading.number_taken(NumberKind.INDIVIDUAL_NUMBER, NUMBER, ONE)
        )
    finally:
        await later.store.close()
    await (await office_at(tmp_path / "registry.db", record_key)).store.close()
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        entries = b"".join(entry for (entry,) in file.execute("SELECT entry FROM audit_entry"))
    assert entries.count(b"6 given, 0 of another resident") == 1


async def test_a_store_that_does_not_open_is_not_filled_in_part(
    open_office: OpenOffice, record_key: SigningKey, tmp_path: Path
) -> None:
    """The start is refused, and what was filled before the broken row is undone."""
    office = await open_office()
    await office.take_in(ONE)
    await office.take_in(TWO)
    await office.store.close()
    emptied(tmp_path / "registry.db")
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file, file:
        file.execute("UPDATE individual_number SET sealed = zeroblob(200) WHERE resident = ?", (TWO,))
    with pytest.raises(Exception, match="SEAL_BROKEN"):
        await office_at(tmp_path / "registry.db", record_key)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        assert file.execute("SELECT count(*), (SELECT numbers_given FROM registry) FROM given_number").fetchone() == (
            0,
            0,
        )


async def test_two_residents_with_one_number_from_before_can_still_be_changed(
    open_office: OpenOffice, record_key: SigningKey, tmp_path: Path
) -> None:
    """The first has it; the other's record stands, is changed as any other, and gets a number of its own."""
    path = tmp_path / "registry.db"
    office = await open_office()
    await office.take_in(ONE)
    await office.store.close()
    emptied(path, filled=True)
    without = await office_at(path, record_key, seed=11)
    await act(without, ChangeKind.BIRTH, TWO, arriving(TWO, number=NUMBER, code=CODE_OF_ONE), 0)
    await without.store.close()
    emptied(path)
    later = await office_at(path, record_key, seed=13)
    try:
        await act(later, ChangeKind.NAME_CHANGED, TWO, NameChanged(name="青木　文", reading="アオキ　アヤ"), 1)
        body = NewResidentCode(resident_code=FRESH_CODE)
        await act(later, ChangeKind.RESIDENT_CODE, TWO, body, 2)
        assert await refused(later, ChangeKind.RESIDENT_CODE, ONE, body, 1) is Code.RESIDENT_CODE_TAKEN
    finally:
        await later.store.close()
    with closing(sqlite3.connect(path)) as file:
        entries = b"".join(entry for (entry,) in file.execute("SELECT entry FROM audit_entry"))
    assert b"2 given, 2 of another resident" in entries
