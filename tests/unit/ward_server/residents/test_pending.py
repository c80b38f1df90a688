"""A change that waits for its second person: what is kept of it, who sees it, who may approve it."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.sqlite.connection import SqliteConnection
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import Change, ChangeKind, RecordWritten
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.residents.service import operator_handlers
from konbini.ward_server.residents.store import ChangeState, StoredChange
from tests.unit.ward_server.residents.conftest import MakeRecord, Office

NUMBER = "123456789018"


async def refused(asked: Awaitable[object]) -> Code:
    """Give the code with which a call is refused."""
    with pytest.raises(Refused) as refusal:
        await asked
    return refusal.value.code


async def stored(office: Office, change_id: str) -> StoredChange:
    """Give a change as the personal key opens it."""
    found = await office.store.read(lambda reading: reading.change(change_id))
    assert found is not None
    return found


def numbers_waiting(folder: Path) -> list[tuple[str]]:
    """Name the changes whose individual number waits."""
    with closing(sqlite3.connect(folder / "registry.db")) as file:
        return file.execute("SELECT change_id FROM pending_number").fetchall()


@pytest.mark.parametrize("end", ["approve", "withdraw"])
async def test_a_pending_number_stands_apart_and_goes(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change], tmp_path: Path, end: str
) -> None:
    """The personal key opens a commitment alone, before and after; the number's row goes with the waiting."""
    change_id = await office.registry.enter("aoki", arrival(make_record()))
    waiting = await stored(office, change_id)
    body = waiting.change.body()
    assert isinstance(body, RecordWritten)
    assert (body.individual_number, body.record.individual_number is None) == (None, False)
    assert NUMBER.encode() not in waiting.change.to_bytes()
    assert numbers_waiting(tmp_path) == [(change_id,)]
    await getattr(office.registry, end)("bando", change_id)
    assert (await stored(office, change_id)).change == waiting.change
    assert numbers_waiting(tmp_path) == []


async def test_a_pending_number_of_another_change_does_not_open(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change], tmp_path: Path
) -> None:
    """Moved to another waiting change of the same resident, or taken away, it stops the approval."""
    first = await office.registry.enter("aoki", arrival(make_record()))
    second = await office.registry.enter("aoki", arrival(make_record()))
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        file.execute("DELETE FROM pending_number WHERE change_id = ?", (first,))
        file.execute("UPDATE pending_number SET change_id = ?", (first,))
        file.commit()
    for change_id in (first, second):
        with pytest.raises(Refused) as refusal:
            await office.registry.approve("bando", change_id)
        assert refusal.value.code is Code.SEAL_BROKEN


async def test_the_list_says_nothing_of_the_content(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change]
) -> None:
    """Over the socket: id, kind, resident, who, when and a hash; of one number entered twice the hashes differ."""
    change = arrival(make_record())
    first, second = [await office.registry.enter("aoki", change) for _ in range(2)]
    listed = await operator_handlers(office.registry)[OperatorMethod.PENDING](["bando", 0, ""])
    assert isinstance(listed, list)
    rows = {row[0]: row for row in listed if isinstance(row, list)}
    assert rows[first][:5] == [first, ChangeKind.MOVE_IN, change.resident, "aoki", office.clock.now()]
    assert rows[first][5] != rows[second][5]
    assert all(len(row) == 6 and len(row[5]) == 32 for row in rows.values())
    assert change.source.encode() not in encode(listed)
    assert make_record().name.encode() not in encode(listed)


async def test_reading_a_pending_change_is_recorded(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change], tmp_path: Path
) -> None:
    """It is given whole while it waits, and every asking leaves who asked, for which change, and its hash."""
    change = arrival(make_record())
    change_id = await office.registry.enter("aoki", change)
    (listed,) = await office.registry.pending("bando")
    show = operator_handlers(office.registry)[OperatorMethod.SHOW]
    assert await show(["bando", change_id]) == change.to_bytes()
    await office.registry.approve("bando", change_id)
    for gone in (change_id, "0000"):
        with pytest.raises(Refused) as refusal:
            await show(["chiba", gone])
        assert refusal.value.code is Code.CHANGE_UNKNOWN
    with closing(sqlite3.connect(tmp_path / "registry.db", factory=SqliteConnection)) as file:
        entries = [log.entry_at(file, position) for position in range(log.verify(file))]
    shown = [one for one in entries if one is not None and one.event is AuditEvent.PENDING_CHANGE_SHOWN]
    assert [(one.operators, one.about, one.code, one.digest) for one in shown] == [
        (("bando",), change_id, 0, listed.digest),
        (("chiba",), change_id, Code.CHANGE_UNKNOWN, b""),
        (("chiba",), "0000", Code.CHANGE_UNKNOWN, b""),
    ]


@pytest.mark.parametrize("same", ["Aoki", "\uff41\uff4f\uff4b\uff49", " aoki", "aoki ", "AOKI", "aoki\n"])
async def test_one_person_written_otherwise_is_no_second_person(
    office: Office, make_record: MakeRecord, arrival: Callable[..., Change], same: str
) -> None:
    """Nobody acts under such an id, and a change that was entered under one is not approved by its plain form."""
    change = arrival(make_record(), None)
    change_id = await office.registry.enter("aoki", change)
    for act in (office.registry.approve, office.registry.withdraw, office.registry.show):
        assert await refused(act(same, change_id)) is Code.CHANGE_INVALID
    assert await refused(office.registry.enter(same, change)) is Code.CHANGE_INVALID
    before = StoredChange(change_id="before", change=change, state=ChangeState.ENTERED, entered_by=same, entered_at=1)
    await office.store.write(lambda writing: writing.put_change(before), step="before ids had their form")
    assert await refused(office.registry.approve("aoki", "before")) is Code.SAME_PERSON
    assert await office.registry.approve("bando", "before") == 1


@given(st.text(max_size=40))
def test_an_operators_id_is_one_plain_word(text: str) -> None:
    """A small ASCII letter, then at most 31 letters, digits and hyphens: nothing that can be written in two ways."""
    plain = set("abcdefghijklmnopqrstuvwxyz")
    if 1 <= len(text) <= 32 and text[0] in plain and set(text) <= plain | set("0123456789-"):
        require_person(text)
    else:
        with pytest.raises(Refused) as refusal:
            require_person(text)
        assert refusal.value.code is Code.CHANGE_INVALID


@pytest.mark.parametrize("text", ["a", "town-office-1", "a" * 32])
def test_an_operators_id_in_its_form_is_taken(text: str) -> None:
    """The shortest and the longest."""
    require_person(text)


@pytest.mark.parametrize("text", ["", "a" * 33, "1a", "-a", "a_b"])
def test_an_operators_id_beyond_its_form_is_refused(text: str) -> None:
    """None, too long, another beginning, another character."""
    with pytest.raises(Refused):
        require_person(text)
