"""Rows, the same on both engines: groups, savepoints, snapshots, and who may end a transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from tests.notes import RecordedCommits, add, texts
from tests.places import ENGINE_FAULTS, NOTES, Place, address, rows_of


@pytest.fixture
def watch() -> RecordedCommits:
    """Return a watch that can hold the writer."""
    return RecordedCommits()


@pytest.fixture
async def rows(place: Place, watch: RecordedCommits) -> AsyncIterator[Rows]:
    """Open fresh rows."""
    opened = open_rows(address(place, "notes"), NOTES, watch=watch)
    yield opened
    await opened.close()


async def held(rows: Rows, watch: RecordedCommits) -> asyncio.Task[int]:
    """Hold the writer at the edge of a commit, so that what comes now gathers."""
    watch.gate.clear()
    task = asyncio.create_task(rows.write(add("held"), step="held"))
    await asyncio.sleep(0.1)
    return task


async def test_a_read_sees_what_was_answered(rows: Rows) -> None:
    """An answered write is there for the next read, whichever connection it runs on."""
    for number in range(20):
        await rows.write(add(f"{number}"))
        assert len(await rows.read(texts)) == number + 1


async def test_what_comes_out_is_numbers_texts_bytes_and_none(rows: Rows) -> None:
    """Whatever the engine makes of sums, truth and counts."""
    await rows.write(add("one"))
    query = (
        "SELECT id, text, NULL, count(*) OVER (), sum(id) OVER (), id = 1, digest, ? || '' FROM note, applied_migration"
        " WHERE id < ?2 AND digest <> ?3"
    )
    (row,) = await rows.read(lambda connection: connection.execute(query, ("字", 9, bytes(2))).fetchall())
    assert row[:6] + row[7:] == (1, "one", None, 1, 1, 1, "字")
    assert [type(value) for value in row] == [int, str, type(None), int, int, int, bytes, str]


async def test_a_statement_says_how_many_rows_it_touched(rows: Rows) -> None:
    """None, one, and all."""

    def change(connection: Connection) -> list[int]:
        connection.executemany("INSERT INTO note (id, text) VALUES (?, ?)", [(n, f"{n}") for n in range(1, 8)])
        again = "INSERT INTO note (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
        return [
            connection.execute("UPDATE note SET text = text || 'x' WHERE id > ?", (5,)).rowcount,
            connection.execute(again, (1, "other")).rowcount,
            connection.execute(again, (True, "other")).rowcount,
            connection.execute("DELETE FROM note WHERE id < ?", (100,)).rowcount,
        ]

    assert await rows.write(change) == [2, 0, 0, 7]


async def test_a_table_is_read_whole_in_portions(rows: Rows) -> None:
    """More rows than one portion, while other statements run between them."""

    def fill(connection: Connection) -> None:
        connection.executemany("INSERT INTO note (id, text) VALUES (?, ?)", [(n, f"{n:05d}") for n in range(1, 2001)])

    def walk(connection: Connection) -> list[str]:
        found = []
        for (number,) in connection.execute("SELECT id FROM note ORDER BY text"):
            found.append(connection.execute("SELECT text FROM note WHERE id = ?", (number,)).fetchone()[0])
        return found

    await rows.write(fill)
    assert await rows.read(walk) == [f"{n:05d}" for n in range(1, 2001)]


async def test_texts_are_ordered_by_their_bytes(rows: Rows) -> None:
    """Capitals before small letters, kana before kanji: no language's order."""
    words = ["b", "B", "a", "漢", "か", "é", "Z"]
    await asyncio.gather(*(rows.write(add(word)) for word in words))
    found = await rows.read(lambda connection: connection.execute("SELECT text FROM note ORDER BY text").fetchall())
    assert [word for (word,) in found] == sorted(words, key=str.encode)


async def test_one_callers_exception_undoes_only_its_own_change(rows: Rows, watch: RecordedCommits) -> None:
    """Callers of one group share a commit and nothing else."""
    first = await held(rows, watch)
    group = asyncio.gather(*(rows.write(add(text)) for text in ("a", "b", "a", "c")), return_exceptions=True)
    await asyncio.sleep(0)
    watch.gate.set()
    answers = await group
    await first
    assert isinstance(answers[2], ENGINE_FAULTS)
    assert [type(answer) for answer in answers[:2] + answers[3:]] == [int] * 3
    assert await rows.read(texts) == ["held", "a", "b", "c"]
    assert len(watch.groups) == 2


async def test_a_statements_fault_that_is_swallowed_stores_no_half(rows: Rows) -> None:
    """A function that catches it and goes on either failed whole or did all it says it did."""

    def careless(connection: Connection) -> str:
        add("first")(connection)
        with contextlib.suppress(*ENGINE_FAULTS):
            add("first")(connection)
        return "done"

    (answer,) = await asyncio.gather(rows.write(careless), return_exceptions=True)
    assert await rows.read(texts) == (["first"] if answer == "done" else [])
    await rows.write(add("next"))


async def test_callers_that_wait_together_are_committed_together(rows: Rows, watch: RecordedCommits) -> None:
    """While one group commits, the next gathers: sixty callers cost one commit, not sixty."""
    first = await held(rows, watch)
    others = [asyncio.create_task(rows.write(add(f"{n}"), step="other")) for n in range(60)]
    await asyncio.sleep(0)
    assert not first.done()
    watch.gate.set()
    await asyncio.gather(first, *others)
    assert watch.groups == [("held",), ("other",) * 60]


async def test_a_cancelled_caller_does_not_take_its_change_back(rows: Rows, watch: RecordedCommits) -> None:
    """What was handed in is run: a time-out decides nothing."""
    caller = await held(rows, watch)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    watch.gate.set()
    await rows.write(add("next"))
    assert await rows.read(texts) == ["held", "next"]


@pytest.mark.parametrize(
    "statement", ["COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT x", "RELEASE change", " /* */ COMMIT", "ROLLBACK TO change"]
)
async def test_a_change_cannot_end_the_transaction_it_shares(rows: Rows, statement: str) -> None:
    """A function that commits would make half of another caller's change durable."""
    await rows.write(add("before"))

    def greedy(connection: Connection) -> None:
        add("greedy")(connection)
        connection.execute(statement)

    answers = await asyncio.gather(
        rows.write(add("a")), rows.write(greedy), rows.write(add("b")), return_exceptions=True
    )
    assert isinstance(answers[1], ENGINE_FAULTS)
    assert await rows.read(texts) == ["before", "a", "b"]


async def test_a_second_statement_behind_the_first_is_refused(rows: Rows) -> None:
    """One statement at a time."""
    with pytest.raises(ENGINE_FAULTS):
        await rows.write(lambda connection: connection.execute("DELETE FROM note; COMMIT"))


async def test_a_connection_cannot_be_carried_out_of_its_function(rows: Rows) -> None:
    """What leaks out of a change or a read is useless elsewhere."""
    leaked = await rows.write(lambda connection: connection)
    with pytest.raises(ENGINE_FAULTS):
        leaked.execute("SELECT 1")


async def test_stop_iteration_reaches_the_caller(rows: Rows) -> None:
    """A future cannot carry StopIteration: the caller gets another error, and does not wait for ever."""

    def exhausted(_connection: Connection) -> int:
        return next(iter(()))

    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await rows.write(exhausted)


async def test_foreign_keys_are_kept(rows: Rows) -> None:
    """A mark on no note is refused."""
    with pytest.raises(ENGINE_FAULTS, match=r"(?i)foreign key"):
        await rows.write(lambda connection: connection.execute("INSERT INTO mark VALUES (99)").rowcount)


async def test_a_text_does_not_land_in_a_column_of_numbers(rows: Rows) -> None:
    """It is found when it is written, not when it is printed."""
    statement = "INSERT INTO note (id, text) VALUES (?, ?)"
    with pytest.raises(ENGINE_FAULTS):
        await rows.write(lambda connection: connection.execute(statement, ("seven", "x")).rowcount)
    assert await rows.read(texts) == []


async def test_a_read_cannot_write(rows: Rows) -> None:
    """Reading connections are read-only."""
    with pytest.raises(ENGINE_FAULTS, match=r"(?i)read-?only"):
        await rows.read(add("smuggled"))
    await rows.write(add("x"))
    assert await rows.read(texts) == ["x"]


async def test_a_read_sees_one_moment(rows: Rows) -> None:
    """Two statements of one read do not see the write that came between them."""
    loop = asyncio.get_running_loop()
    await rows.write(add("one"))

    def look(connection: Connection) -> tuple[list[str], list[str]]:
        before = texts(connection)
        asyncio.run_coroutine_threadsafe(rows.write(add("two")), loop).result(10)
        return before, texts(connection)

    assert await rows.read(look) == (["one"], ["one"])
    assert await rows.read(texts) == ["one", "two"]


async def test_close_answers_what_was_handed_in(rows: Rows, place: Place) -> None:
    """Nothing that was accepted is dropped at the end, and nothing is accepted after it."""
    writes = [asyncio.create_task(rows.write(add(f"{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    await rows.close()
    await asyncio.gather(*writes)
    with pytest.raises(NotStored, match="closed"):
        await rows.write(add("late"))
    await rows.close()
    assert rows_of(place, "notes", "SELECT count(*) FROM note") == [(20,)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
async def test_the_store_holds_what_was_answered_and_nothing_else(rows: Rows, plan: list[tuple[int, bool]]) -> None:
    """Whatever mixture of good, doubled and failing changes comes at once, answers and rows agree."""
    await rows.write(lambda connection: connection.execute("DELETE FROM note WHERE id > 0").rowcount)

    def change(number: int, *, fails: bool) -> Callable[[Connection], str]:
        def run(connection: Connection) -> str:
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
        assert isinstance(answer, (KeyError, *ENGINE_FAULTS)) if fails else True
