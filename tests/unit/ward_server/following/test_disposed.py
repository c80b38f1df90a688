"""Whoever was disposed of: nothing is held anywhere, all three trees agree, and a re-taken copy does not stumble."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.schema import read_migrations
from konbini.process.sqlite.connection import SqliteConnection
from konbini.process.sqlite.migrating import migrate
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.japan import JAPAN
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.stop import stop_code
from konbini.ward_server.following.disposing import forget
from konbini.ward_server.following.reconciling import last_outcome
from konbini.ward_server.issuing.copy import forget_own
from konbini.ward_server.keeping.disposal_rows import Disposed
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.bodies import CardLinked, Removal, Restriction
from konbini.ward_server.residents.changes import Body, ChangeKind, new_change
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.residents.retention import registry_desk
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import Kept, Retention, Term
from tests.unit.ward_server.following.house import FOLLOWERS, House
from tests.unit.ward_server.residents.conftest import TODAY, arrival_of, record_of, vault_of

GONE, STAYS = "1000000001", "1000000002"
CARD = CardSerial(issuer_key_id=b"issuer", serial=b"\x01")
TABLE = (Retention(period=Period(begins=dt.date(2020, 1, 1)), kept=Kept.REMOVED_RECORD, term=Term(years=150)),)
NOT_FORGOTTEN = {
    "decision": "what two persons decided stays; whose it was stands hidden under the lookup key",
    "difference": "what a reconcile found stays; whose it was stands hidden in the same way",
}
"""docs/retention.md names them too."""
WHOSE = bytes(32)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Open three processes; one resident stays, one with a card and an ended measure was removed, all of it applied."""
    made = House(folder=tmp_path, key=SigningKey.generate())
    await made.open()
    for resident in (GONE, STAYS):
        await made.put_in_force(arrival_of(record_of(resident)))
    await act(made, ChangeKind.CARD_LINKED, CardLinked(card=CARD, replaces=None), 0)
    await act(made, ChangeKind.MEASURE_SET, Restriction(name="A-1", planned_end=None), 0)
    await act(made, ChangeKind.MEASURE_RELEASED, Restriction(name="A-1", planned_end=None), 1)
    await act(made, ChangeKind.REMOVAL, Removal(reason=Presence.REMOVED_EX_OFFICIO), 1)
    yield made
    for name in ("registry", *FOLLOWERS):
        await made.close(name)


async def act(house: House, kind: ChangeKind, body: Body, seen: int) -> None:
    """Put a change of the one who goes in force."""
    await house.put_in_force(new_change(kind, GONE, body, seen=seen, effective=TODAY, source="届書"))


async def dispose(house: House) -> None:
    """Let the term pass, and have two persons dispose of the record."""
    house.clock.set_wall(int(dt.datetime(2177, 1, 1, 12, tzinfo=JAPAN).timestamp() * 1000))
    desk = registry_desk(
        house.store.rows,
        vault=vault_of(),
        pen=house.pen,
        retention=lambda: TABLE,
        acknowledging=Acknowledging((), house.clock),
        clock=house.clock,
    )
    await desk.judge()
    assert await desk.approve("bando", await desk.enter("aoki", Kept.REMOVED_RECORD)) == Disposed(destroyed=1, left=0)


async def differences(house: House, name: str) -> int:
    """Have one follower reconcile, while time passes."""
    upkeep = house.seats[name].upkeep
    reconciling = asyncio.create_task(upkeep.reconciling.run(upkeep.follower.catch_up))
    while not (await asyncio.wait((reconciling,), timeout=0.02))[0]:
        await house.clock.advance(1)
    return reconciling.result().differences


@pytest.mark.parametrize("name", FOLLOWERS)
async def test_all_agree_that_nothing_is_held(house: House, name: str) -> None:
    """Before, when one was told and when the copy is taken again from the first entry on."""
    assert await differences(house, name) == 0
    await dispose(house)
    assert await differences(house, name) == 0  # whether or not it has applied the disposal by then
    await house.turn(name)
    assert await differences(house, name) == 0
    seat = house.seats[name]
    assert await seat.rows.read(lambda rows: seat.feed.residents_after(rows, "", 9)) == (STAYS,)
    assert await seat.rows.read(lambda rows: rows.execute("SELECT count(*) FROM bar").fetchone()) == (0,)
    await seat.decide(DecisionKind.RETAKE)
    for _ in range(5):
        await house.turn(name)
    assert await seat.upkeep.standing.broken() is None
    assert await seat.rows.read(lambda rows: seat.feed.residents_after(rows, "", 9)) == (STAYS,)
    outcome = await seat.rows.read(last_outcome)
    assert outcome is not None
    assert (outcome.residents, outcome.differences) == (1, 0)
    assert await seat.rows.read(stop_code) is None


@pytest.mark.parametrize("name", FOLLOWERS)
async def test_a_copy_that_still_holds_them_differs(house: House, name: str) -> None:
    """A row that came back after the disposal is named, with whose it is, and stops the process."""
    seat = house.seats[name]
    kept = await seat.rows.read(lambda rows: rows.execute("SELECT * FROM card_link").fetchall())
    await dispose(house)
    await house.turn(name)
    await seat.rows.write(
        lambda rows: rows.executemany(
            "INSERT INTO card_link VALUES (?, ?, ?, ?, ?, ?, ?)", [tuple(row) for row in kept]
        )
    )
    assert await differences(house, name) == 1
    assert await seat.rows.read(stop_code) is Code.COPY_DIFFERS


@pytest.mark.parametrize("store", FOLLOWERS)
def test_every_table_that_says_whose_is_forgotten(store: str) -> None:
    """One row of the resident in each table that names, hashes or hides one; those that keep theirs are listed here."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, factory=SqliteConnection)) as connection:
        migrate(connection, read_migrations(files(f"konbini.ward_server.{store}") / "migrations"))
        connection.execute("PRAGMA foreign_keys = OFF")
        tables = {
            name: columns for name, columns in tables_of(connection) if {"resident", "whose", "hidden"} & columns.keys()
        }
        for name, columns in tables.items():
            values = [GONE if column == "resident" else value_of(kind) for column, kind in columns.items()]
            connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - our tables
        forget(connection, GONE, WHOSE)
        if store == "issuing":
            forget_own(connection, GONE)
        left = {name for name in tables if connection.execute(f"SELECT 1 FROM {name}").fetchone()}  # noqa: S608 - our tables
    assert {"person", "card_link", "bar", "local_hold"} <= tables.keys()
    assert left == NOT_FORGOTTEN.keys()


def tables_of(connection: sqlite3.Connection) -> list[tuple[str, dict[str, str]]]:
    """Give each table with its columns and their types."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (name, dict(connection.execute("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", (name,))))
        for name in names
    ]


def value_of(kind: str) -> int | str | bytes:
    """Give a value that every check of these tables takes."""
    values: dict[str, int | str | bytes] = {"INTEGER": 1, "TEXT": "x", "BLOB": WHOSE}
    return values[kind]


def test_the_document_names_what_is_not_forgotten() -> None:
    """Both tables stand in docs/retention.md."""
    document = (Path(__file__).parents[4] / "docs" / "retention.md").read_text("utf-8")
    for table in NOT_FORGOTTEN:
        assert f"`{table}`" in document
