"""Rows: groups, savepoints, snapshots, and who may end a transaction."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.process.rows import AlreadyOwned, NotStored, Rows


class RecordedCommits:
    """Keeps the steps of each group, and holds the writer at the edge of a commit while `gate` is closed."""

    def __init__(self) -> None:
        """Start with the gate open."""
        self.groups: list[tuple[str, ...]] = []
        self.gate = threading.Event()
        self.gate.set()

    def before_commit(self, steps: tuple[str, ...]) -> None:
        """Wait for the gate."""
        assert self.gate.wait(10)
        self.groups.append(steps)

    def after_commit(self, steps: tuple[str, ...]) -> None:
        """See that the group that was announced is the one that was committed."""
        assert self.groups[-1] == steps


def add(text: str) -> Callable[[sqlite3.Connection], int]:
    """Return a change that adds a note and answers its id."""

    def change(connection: sqlite3.Connection) -> int:
        (number,) = connection.execute("INSERT INTO note (text) VALUES (?) RETURNING id", (text,)).fetchone()
        return int(number)

    return change


def texts(connection: sqlite3.Connection) -> list[str]:
    """Look at all notes."""
    return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY id")]


async def test_a_read_sees_what_was_answered(rows: Rows) -> None:
    """An answered write is there for the next read."""
    assert await rows.write(add("one")) == 1
    assert await rows.read(texts) == ["one"]


async def test_one_callers_exception_undoes_only_its_own_change(rows: Rows) -> None:
    """Callers of one group share a commit and nothing else."""
    answers = await asyncio.gather(*(rows.write(add(text)) for text in ("a", "b", "a", "c")), return_exceptions=True)
    assert isinstance(answers[2], sqlite3.IntegrityError)
    assert [answer for answer in answers if isinstance(answer, int)] == [1, 2, 3]
    assert await rows.read(texts) == ["a", "b", "c"]


async def test_callers_that_wait_together_are_committed_together(tmp_path: Path, migrations: Path) -> None:
    """While one group commits, the next gathers: sixty callers cost one commit, not sixty."""
    watch = RecordedCommits()
    rows = Rows.open(tmp_path / "notes.db", migrations, watch=watch)
    watch.gate.clear()
    first = asyncio.create_task(rows.write(add("first"), step="first"))
    await asyncio.sleep(0.05)
    others = [asyncio.create_task(rows.write(add(f"{n}"), step="other")) for n in range(60)]
    await asyncio.sleep(0)
    assert not first.done()
    watch.gate.set()
    await asyncio.gather(first, *others)
    await rows.close()
    assert watch.groups == [("first",), ("other",) * 60]


async def test_a_cancelled_caller_does_not_take_its_change_back(tmp_path: Path, migrations: Path) -> None:
    """What was handed in is run: a time-out decides nothing."""
    watch = RecordedCommits()
    rows = Rows.open(tmp_path / "notes.db", migrations, watch=watch)
    watch.gate.clear()
    caller = asyncio.create_task(rows.write(add("kept")))
    await asyncio.sleep(0.05)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    watch.gate.set()
    assert await rows.write(add("next")) == 2
    assert await rows.read(texts) == ["kept", "next"]
    await rows.close()


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "SAVEPOINT x",
        "RELEASE change",
        "PRAGMA synchronous = OFF",
        "ATTACH ':memory:' AS x",
    ],
)
async def test_a_change_cannot_end_the_transaction_it_shares(rows: Rows, statement: str) -> None:
    """A function that commits would make half of another caller's change durable."""
    await rows.write(add("before"))

    def greedy(connection: sqlite3.Connection) -> None:
        add("greedy")(connection)
        connection.execute(statement)

    answers = await asyncio.gather(
        rows.write(add("a")), rows.write(greedy), rows.write(add("b")), return_exceptions=True
    )
    assert isinstance(answers[1], sqlite3.DatabaseError)
    assert not isinstance(answers[1], NotStored)
    assert await rows.read(texts) == ["before", "a", "b"]


@pytest.mark.parametrize("end", [sqlite3.Connection.commit, sqlite3.Connection.rollback])
async def test_nor_by_the_connections_own_methods(rows: Rows, end: Callable[[sqlite3.Connection], None]) -> None:
    """`with connection:` inside a change is caught as well."""

    def greedy(connection: sqlite3.Connection) -> None:
        add("greedy")(connection)
        end(connection)

    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        await rows.write(greedy)
    assert await rows.read(texts) == []


async def test_when_sqlite_ends_the_transaction_nobody_is_told_it_is_stored(tmp_path: Path, migrations: Path) -> None:
    """A conflict clause that rolls back ends the whole group, and the change before it had gone well."""
    watch = RecordedCommits()
    rows = Rows.open(tmp_path / "notes.db", migrations, watch=watch)
    await rows.write(add("taken"))
    watch.gate.clear()
    held = asyncio.create_task(rows.write(add("held")))
    await asyncio.sleep(0.05)

    def conflict(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR ROLLBACK INTO note (text) VALUES ('taken')")

    group = [asyncio.create_task(rows.write(change)) for change in (add("good"), conflict, add("after"))]
    await asyncio.sleep(0)
    watch.gate.set()
    answers = await asyncio.gather(*group, return_exceptions=True)
    assert await held == 2
    assert [type(answer) for answer in answers] == [NotStored] * 3
    assert await rows.read(texts) == ["taken", "held"]
    assert await rows.write(add("the writer goes on")) == 3
    await rows.close()


async def test_a_cursor_cannot_be_carried_out_of_the_writers_thread(rows: Rows) -> None:
    """What leaks out of a change is useless elsewhere."""
    leaked = await rows.write(lambda connection: connection)
    with pytest.raises(sqlite3.ProgrammingError, match="thread"):
        leaked.execute("SELECT 1")


async def test_stop_iteration_reaches_the_caller(rows: Rows) -> None:
    """A future cannot carry StopIteration: the caller gets another error, and does not wait for ever."""

    def exhausted(_connection: sqlite3.Connection) -> int:
        return next(iter(()))

    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await rows.write(exhausted)


async def test_foreign_keys_are_kept(rows: Rows) -> None:
    """A mark on no note is refused."""
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await rows.write(lambda connection: connection.execute("INSERT INTO mark VALUES (99)").rowcount)


async def test_a_read_cannot_write(rows: Rows) -> None:
    """Reading connections are read-only."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await rows.read(add("smuggled"))


async def test_a_read_sees_one_moment(rows: Rows) -> None:
    """Two statements of one read do not see the write that came between them."""
    loop = asyncio.get_running_loop()
    await rows.write(add("one"))

    def look(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
        before = texts(connection)
        asyncio.run_coroutine_threadsafe(rows.write(add("two")), loop).result(10)
        return before, texts(connection)

    assert await rows.read(look) == (["one"], ["one"])
    assert await rows.read(texts) == ["one", "two"]


async def test_close_answers_what_was_handed_in(tmp_path: Path, migrations: Path) -> None:
    """Nothing that was accepted is dropped at the end, and nothing is accepted after it."""
    rows = Rows.open(tmp_path / "notes.db", migrations)
    writes = [asyncio.create_task(rows.write(add(f"{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    await rows.close()
    await asyncio.gather(*writes)
    with pytest.raises(NotStored, match="closed"):
        await rows.write(add("late"))
    await rows.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "notes.db")) as connection:
        assert len(texts(connection)) == 20


async def test_a_file_has_one_owner(tmp_path: Path, migrations: Path, rows: Rows) -> None:
    """Two servers on one file would each believe its own order of events."""
    with pytest.raises(AlreadyOwned, match=r"notes\.db"):
        Rows.open(tmp_path / "notes.db", migrations)
    await rows.close()
    again = Rows.open(tmp_path / "notes.db", migrations)
    await again.close()


async def test_files_are_their_owners_alone(tmp_path: Path, rows: Rows) -> None:
    """Database, write-ahead log and lock are closed to group and others."""
    await rows.write(add("x"))
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert {path.name for path in tmp_path.iterdir()} >= {"notes.db", "notes.db-wal", "notes.db.owner"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
async def test_the_file_holds_what_was_answered_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, migrations: Path, plan: list[tuple[int, bool]]
) -> None:
    """Whatever mixture of good, doubled and failing changes comes at once, answers and rows agree."""
    rows = Rows.open(tmp_path_factory.mktemp("rows") / "notes.db", migrations)

    def change(number: int, *, fails: bool) -> Callable[[sqlite3.Connection], str]:
        def run(connection: sqlite3.Connection) -> str:
            add(str(number))(connection)
            if fails:
                raise KeyError(number)
            return str(number)

        return run

    answers = await asyncio.gather(
        *(rows.write(change(number, fails=fails)) for number, fails in plan), return_exceptions=True
    )
    assert sorted(await rows.read(texts)) == sorted(answer for answer in answers if isinstance(answer, str))
    for (_number, fails), answer in zip(plan, answers, strict=True):
        assert isinstance(answer, KeyError | sqlite3.IntegrityError) if fails else True
    await rows.close()
