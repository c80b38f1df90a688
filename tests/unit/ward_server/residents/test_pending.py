"""A change that waits for its second person: what is kept of it, who sees it, who may approve it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.calls import OperatorMethod
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten
from konbini.ward_server.residents.service import operator_handlers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from konbini.ward_server.residents.changes import Change
    from konbini.ward_server.residents.store import StoredChange
    from tests.unit.ward_server.residents.conftest import MakeRecord, Office

NUMBER = "123456789018"


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
    listed = await operator_handlers(office.registry)[OperatorMethod.PENDING](["bando"])
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
    with closing(sqlite3.connect(tmp_path / "registry.db")) as file:
        entries = [log.entry_at(file, position) for position in range(log.verify(file))]
    shown = [one for one in entries if one is not None and one.event is AuditEvent.PENDING_CHANGE_SHOWN]
    assert [(one.operators, one.about, one.code, one.digest) for one in shown] == [
        (("bando",), change_id, 0, listed.digest),
        (("chiba",), change_id, Code.CHANGE_UNKNOWN, b""),
        (("chiba",), "0000", Code.CHANGE_UNKNOWN, b""),
    ]
