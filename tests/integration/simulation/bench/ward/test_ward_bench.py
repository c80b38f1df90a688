"""`konbini bench ward`: a small run on both engines; and what an order does to its store, statement by statement."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from konbini.commands.main import main
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.rows import Rows
from konbini.process.statements import Answer, Connection, Parameters
from konbini.process.stores import SqliteAddress, look_once
from konbini.protocol.errors import Code, Refused
from konbini.simulation.bench.ward.orders import Terminal, sealed_document
from konbini.simulation.bench.ward.registry import CardIssuer, StreamingRegistry
from konbini.simulation.bench.ward.residents import Residents
from konbini.simulation.bench.ward.stores import WardKeys, fill, open_filled, over_rows
from konbini.simulation.bench.watched.house import live_handlers
from konbini.simulation.town.configs import free_ports, write_configs
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, verify
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.view import ViewMethod
from tests.postgres import check_installed

T = TypeVar("T")

_COUNT = 300
_RARE = frozenset({"alert", "barred", "difference", "outage_issue"})
"""Tables that grow by what goes wrong, and not by what is issued."""


class _Noted:
    """A connection that notes what is run on it."""

    def __init__(self, connection: Connection, notes: dict[str, Parameters]) -> None:
        self._connection = connection
        self._notes = notes

    def execute(self, sql: str, parameters: Parameters = (), /) -> Answer:
        self._notes[sql] = parameters
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Answer:
        return self._connection.executemany(sql, parameters)

    def token(self, n: int, /) -> bytes:
        return self._connection.token(n)


class _NotedRows:
    """Rows whose statements are noted."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.notes: dict[str, Parameters] = {}

    @property
    def epoch(self) -> int:
        return self._rows.epoch

    async def until_unfit(self) -> None:
        await self._rows.until_unfit()

    async def write(self, change: Callable[[Connection], T], *, step: str = "") -> T:
        return await self._rows.write(lambda connection: change(_Noted(connection, self.notes)), step=step)

    async def read(self, look: Callable[[Connection], T]) -> T:
        return await self._rows.read(lambda connection: look(_Noted(connection, self.notes)))

    async def close(self) -> None:
        await self._rows.close()


@pytest.fixture
def keys() -> WardKeys:
    """A ward's keys."""
    return WardKeys(SUMIKAWA.code, SystemClock(), SystemEntropy())


@pytest.fixture
def residents() -> Residents:
    """Three hundred people."""
    return Residents(7, _COUNT, dt.datetime.now(dt.UTC).date())


@pytest.fixture
def registry(keys: WardKeys, residents: Residents) -> StreamingRegistry:
    """Their registry, whose cards are of an issuer called `issuer`."""
    return StreamingRegistry(residents, CardIssuer(b"issuer"), keys.record, keys.municipality, incarnation=1)


@pytest.fixture
async def place(keys: WardKeys, registry: StreamingRegistry, tmp_path: Path) -> SqliteAddress:
    """The address of a filled copy."""
    address = SqliteAddress(path=tmp_path / "issuing.db")
    await fill(address, keys, registry)
    return address


def _plans(path: Path, notes: dict[str, Parameters]) -> Iterator[tuple[str, str]]:
    """Give each step of each statement's plan."""
    with closing(sqlite3.connect(path)) as connection:
        for sql, parameters in notes.items():
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters)):
                yield sql, str(row[3])


def _walked(path: Path, notes: dict[str, Parameters]) -> set[str]:
    """Give the statements that walk a table that grows; an index of what is open alone is none."""
    return {
        sql
        for sql, step in _plans(path, notes)
        if step.startswith("SCAN")
        and step.split()[1] not in _small(path)
        and not sql.endswith(("DESC LIMIT 1", "DESC LIMIT ?"))
        and not step.endswith(tuple(f" {index}" for index in _partial(path)))
    }


def _partial(path: Path) -> set[str]:
    """Give the indices over a part of their table."""
    with closing(sqlite3.connect(path)) as connection:
        indices = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return {name for name, sql in indices if " WHERE " in sql}


def _small(path: Path) -> set[str]:
    """Give the tables that hold one row by their schema, and that of the starts of servers."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return {"member", "restoration", *(name for name, sql in tables if "only_one" in sql)}


async def test_an_order_is_an_issuance_that_is_settled(
    place: SqliteAddress, keys: WardKeys, registry: StreamingRegistry, residents: Residents
) -> None:
    """One visit leaves a settled number, two receipts, no document, and five audit entries that chain."""
    rows = open_filled(place)
    store = over_rows(rows, keys, registry)
    await store.follower.renew()
    terminal = Terminal("K-0001", store, keys, sealed_document(keys, 0))
    await terminal.visit(CardIssuer(b"issuer").card(residents.draw(1)[0]))
    await rows.close()
    assert look_once(place, verify) == 5
    found = look_once(place, lambda connection: connection.execute("SELECT state, document FROM issuance").fetchall())
    assert found == [(IssuanceState.SETTLED, None)]
    assert look_once(place, lambda connection: connection.execute("SELECT closed FROM visit").fetchall()) == [(1,)]
    assert look_once(place, lambda connection: connection.execute("SELECT count(*) FROM receipt").fetchone()) == (2,)


async def test_the_copy_holds_every_resident_sealed(place: SqliteAddress, residents: Residents) -> None:
    """A row a resident, a link a card, a bar a measure, and no name in the file."""
    people = residents.made(0, _COUNT)
    counts = [
        look_once(place, lambda connection, table=table: connection.execute(f"SELECT count(*) FROM {table}").fetchone())  # type: ignore[misc]  # noqa: S608
        for table in ("person", "data_key", "card_link", "bar")
    ]
    cards = sum(person.card is not None for person in people)
    measures = sum(person.measure is not None for person in people)
    assert counts == [(_COUNT,), (_COUNT,), (cards,), (measures,)]
    file = place.path.read_bytes()
    assert not any(person.record.name.encode() in file for person in people)


async def test_an_order_without_a_lease_is_refused(
    place: SqliteAddress, keys: WardKeys, registry: StreamingRegistry, residents: Residents
) -> None:
    """What is measured is the ward's own check too."""
    rows = open_filled(place)
    store = over_rows(rows, keys, registry)
    terminal = Terminal("K-0001", store, keys, sealed_document(keys, 0))
    with pytest.raises(Refused) as refused:
        await terminal.visit(CardIssuer(b"issuer").card(residents.draw(1)[0]))
    await rows.close()
    assert refused.value.code is Code.WARD_NOT_CURRENT


async def test_nothing_that_an_order_does_walks_a_table(
    place: SqliteAddress, keys: WardKeys, registry: StreamingRegistry, residents: Residents
) -> None:
    """Each statement finds its rows by a key or takes the newest: no table's growth makes an order dearer.

    The same holds for what `issuing` does on a timer: late documents, overdue orders, numbers that a dead process left.
    """
    rows = _NotedRows(open_filled(place))
    store = over_rows(rows, keys, registry)
    await store.follower.renew()
    terminal = Terminal("K-0001", store, keys, sealed_document(keys, 0))
    await terminal.visit(CardIssuer(b"issuer").card(residents.draw(1)[0]))
    await store.ledger.issuances.drop_late(0)
    await store.ledger.issuances.overdue(0)
    await store.ledger.issuances.recover(AuditEntry(moment=0, event=AuditEvent.ORDER_VOIDED))
    await rows.close()
    assert len(rows.notes) > 20
    assert _walked(place.path, rows.notes) == set()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="kw-") as made:
        yield Path(made)


async def test_nothing_that_operators_watch_walks_a_table(
    place: SqliteAddress, keys: WardKeys, registry: StreamingRegistry, folder: Path
) -> None:
    """The live view is asked for every two seconds: it reads today's rows and those that are open, and no year's."""
    rows = _NotedRows(open_filled(place))
    store = over_rows(rows, keys, registry)
    town = make_town(folder / "t", keys.clock, keys.entropy, seed=1, residents=200)
    write_configs(town, free_ports())
    handlers = await live_handlers(town, store, keys, keys.clock)
    await handlers[ViewMethod.LIVE](["o-01"])
    await rows.close()
    assert len(rows.notes) > 10
    walked = _walked(place.path, rows.notes)
    assert {sql for sql in walked if not any(f" FROM {table}" in sql for table in _RARE)} == set()


def test_a_small_run_measures_both_engines(capsys: pytest.CaptureFixture[str]) -> None:
    """Rates, times and ratios are numbers above nought, and no file is left; a small run cannot say what is flat."""
    _check_run(capsys, sizes=(300, 600), rounds=2, orders=12, callers=4)


def test_too_few_people_for_so_many_orders_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A card opens ten visits a day, here too."""
    check_installed()
    assert main(["bench", "ward", "--residents", "200", "--orders", "5000"]) == 2
    assert "too few" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_an_order_costs_the_same_in_a_large_ward(capsys: pytest.CaptureFixture[str]) -> None:
    """10,000 and 350,000 residents in one run: within a tenth, or the noise that the run prints."""
    read = _check_run(capsys, sizes=(10_000, 350_000), rounds=12, orders=200, callers=16)
    for engine in ("sqlite", "postgresql"):
        assert read["against_smallest"][engine]["350000"] <= 1 + max(0.10, read["noise"][engine])
    assert read["group_commit_ratio"] > 1


def _check_run(
    capsys: pytest.CaptureFixture[str], *, sizes: tuple[int, ...], rounds: int, orders: int, callers: int
) -> Any:  # noqa: ANN401 - JSON, as programs read it
    check_installed()
    numbers = ["--rounds", str(rounds), "--orders", str(orders), "--callers", str(callers)]
    assert main(["bench", "ward", "--json", "--residents", ",".join(map(str, sizes)), *numbers]) == 0
    said = capsys.readouterr().out.splitlines()
    written = said[0].split()
    assert not any(Path(word).exists() for word in written if word.startswith("/"))
    read = json.loads(said[-1])
    names = {str(size) for size in sizes}
    for found in (read, read["p50_ms"], read["p99_ms"], read["against_smallest"]):
        for engine in ("sqlite", "postgresql"):
            assert set(found[engine]) == names
            assert min(found[engine].values()) > 0
    for engine in ("sqlite", "postgresql"):
        assert all(read["p50_ms"][engine][name] <= read["p99_ms"][engine][name] for name in names)
        assert read["against_smallest"][engine][str(sizes[0])] == 1
        assert read["noise"][engine] >= 0
    assert read["group_commit_ratio"] > 0
    return read
