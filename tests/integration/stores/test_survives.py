"""What rows acknowledged survives: kill -9, a full disk, a disk that cannot sync, a server that ends.

Real processes on real files and a real server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from konbini.process.rows import NotStored
from konbini.process.stores import open_rows
from tests.notes import RecordedCommits, add, texts
from tests.places import NOTES, Place, PostgresPlace, SqlitePlace, address, rows_of
from tests.postgres import Server

pytestmark = pytest.mark.faults

HERE = Path(__file__).parent
CHILD = (sys.executable, str(HERE / "writing_child.py"))
_CALLERS = 16
"""As many as the writing process has."""


def stored(place: Place) -> set[int]:
    """Return the numbers in the store, after SQLite's own check of its file."""
    if place.engine == "sqlite":
        with contextlib.closing(sqlite3.connect(place.uri("notes").removeprefix("sqlite:"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return {number for (number,) in rows_of(place, "notes", "SELECT id FROM note")}


def numbers(output: str, word: str) -> set[int]:
    """Return the numbers of the lines that begin with `word`; a line cut off by the kill does not count."""
    whole = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {int(line[1]) for line in whole if line[0] == word}


def run(store: str, *crash: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the writing process to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [*CHILD, store, str(NOTES), *crash],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@contextlib.contextmanager
def writing(store: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the writing process while the context lasts; it has answered its first number."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*CHILD, store, str(NOTES)], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.05, 0.2])
def test_nothing_answered_is_lost_when_the_process_is_killed(place: Place, delay: float) -> None:
    """Kill -9 at an arbitrary moment: every number that was answered is in the store."""
    with writing(place.uri("notes")) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(delay)
        child.kill()
        output = first + child.stdout.read()
    answered = numbers(output, "answered")
    assert answered
    assert answered <= stored(place)


def test_killed_before_a_commit_the_group_is_not_there(place: Place) -> None:
    """Nothing of a group whose COMMIT was not reached is in the store, and all that was answered before is."""
    child = run(place.uri("notes"), "before", "5")
    killed = {int(step) for step in child.stdout.split("killed before ")[1].splitlines()[0].split()}
    assert child.returncode == -9
    assert killed
    assert not killed & stored(place)
    assert numbers(child.stdout, "answered") <= stored(place)


def test_killed_after_a_commit_the_group_is_there_though_nobody_was_answered(place: Place) -> None:
    """A committed group survives; its callers never heard, and must ask."""
    child = run(place.uri("notes"), "after", "5")
    killed = {int(step) for step in child.stdout.split("killed after ")[1].splitlines()[0].split()}
    assert child.returncode == -9
    assert killed
    assert killed <= stored(place)
    assert not killed & numbers(child.stdout, "answered")


def test_two_processes_on_one_schema_lose_nothing(postgres_place: PostgresPlace) -> None:
    """Both write at once, and everything that either was answered is there; a file would have one owner."""
    with writing(postgres_place.uri("notes"), MOST="400", FIRST="1") as one:
        assert one.stdout is not None
        first = one.stdout.readline()
        other = run(postgres_place.uri("notes"), environment={"MOST": "1400", "FIRST": "1001"})
        output = first + one.stdout.read()
    answered = numbers(output, "answered") | numbers(other.stdout, "answered")
    assert answered == stored(postgres_place) == {*range(1, 400), *range(1001, 1400)}


def check_full(output: str, place: Place, *, most: int) -> None:
    """Hold what was said on a full disk against what is there."""
    answered, refused = numbers(output, "answered"), numbers(output, "refused")
    assert answered
    assert refused
    there = stored(place)
    assert answered <= there
    assert not refused & there
    assert answered | refused == set(range(1, most))


def test_on_a_full_disk_nobody_is_told_that_a_file_stored_it(tmp_path: Path) -> None:
    """A file system of one mebibyte: what was answered is there, what was refused is not, and the file is sound."""
    small, saved = tmp_path / "small", tmp_path / "saved"
    for folder in (small, saved):
        folder.mkdir()
    script = (
        f"mount -t tmpfs -o size=1m konbini '{small}'"
        f" && '{CHILD[0]}' '{CHILD[1]}' 'sqlite:{small}/notes.db' '{NOTES}' && cp '{small}'/notes.db* '{saved}'"
    )
    child = subprocess.run(  # noqa: S603 - our own program in a mount namespace of its own
        ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "MOST": "1500"},
    )
    assert "SQLITE_FULL" in child.stdout
    check_full(child.stdout, SqlitePlace(folder=saved), most=1500)


def test_on_a_full_disk_nobody_is_told_that_a_server_stored_it(postgres_place: PostgresPlace, tmp_path: Path) -> None:
    """The same with the tables in a tablespace of two mebibytes; the server goes on when there is room again."""
    with small_tablespace(postgres_place.server, tmp_path) as tablespace:
        uri = f"{postgres_place.uri('notes')}&default_tablespace={tablespace}"
        child = run(uri, environment={"MOST": "3000"})
        assert "53100" in child.stdout
        check_full(child.stdout, postgres_place, most=3000)
        postgres_place.remove()


@contextlib.contextmanager
def small_tablespace(server: Server, folder: Path) -> Iterator[str]:
    """Mount a small file system and make a tablespace there; only root can."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system for the server")
    place, name = server.folder / "small", f"small_{folder.name.translate(str.maketrans('-[]', '___'))}"[:60].lower()
    place.mkdir()
    mounted = subprocess.run(  # noqa: S603 - fixed program
        ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "konbini", str(place)], check=False
    )
    if mounted.returncode:
        place.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        server.own(place)
        server.run(f"CREATE TABLESPACE {name} LOCATION '{place}'")
        yield name
        server.run(f"DROP TABLESPACE {name}")
    finally:
        subprocess.run(["/usr/bin/umount", str(place)], check=True)  # noqa: S603 - fixed program
        place.rmdir()


async def test_a_locked_file_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    """Somebody else holds the file's lock: the change is not stored, and is when the lock is gone."""
    place = SqlitePlace(folder=tmp_path)
    rows = open_rows(address(place, "notes"), NOTES)
    with contextlib.closing(sqlite3.connect(tmp_path / "notes.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotStored, match="SQLITE_BUSY"):
            await rows.write(add("locked out"))
        other.execute("ROLLBACK")
    await rows.write(add("let in"))
    assert await rows.read(texts) == ["let in"]
    await rows.close()


async def test_a_schema_that_another_server_writes_is_waited_for(postgres_place: PostgresPlace) -> None:
    """Two servers on one schema take turns; who waits is answered when its turn came."""
    watch = RecordedCommits()
    one, other = (open_rows(address(postgres_place, "notes"), NOTES, watch=seen) for seen in (watch, None))
    watch.gate.clear()
    holding = asyncio.create_task(one.write(add("one")))
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(other.write(add("other")))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    assert await other.read(texts) == []
    watch.gate.set()
    assert await holding < await waiting
    assert await one.read(texts) == ["one", "other"]
    for rows in (one, other):
        await rows.close()


def test_a_writer_whose_disk_cannot_sync_stops_for_good(tmp_path: Path) -> None:
    """After a failed fsync nothing more is accepted, although the disk seems to work again."""
    compiler = shutil.which("gcc")
    assert compiler is not None
    library, flag = tmp_path / "failing.so", tmp_path / "broken"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(HERE / "failing_fsync.c")], check=True)  # noqa: S603 - the compiler found on PATH
    place = SqlitePlace(folder=tmp_path)
    with writing(place.uri("notes"), LD_PRELOAD=str(library), FAIL_FSYNC_WHEN=str(flag), MOST="50000") as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        flag.touch()
        while not lines[-1].startswith("refused"):
            lines.append(child.stdout.readline())
        flag.unlink()
        lines.extend(child.stdout)
    output = "".join(lines)
    assert "SQLITE_IOERR_FSYNC" in output
    # Callers are told beside each other, so the order of lines counts for each of them alone.
    for caller in range(_CALLERS):
        said = [line.split()[0] for line in output.splitlines() if int(line.split()[1]) % _CALLERS == caller]
        assert said == sorted(said), f"caller {caller} was answered after it was refused"
    assert numbers(output, "answered") <= stored(place)


def test_a_server_that_crashes_has_all_it_answered(server: Server, postgres_place: PostgresPlace) -> None:
    """The server is ended like a crash under load and started again: the writer finds it and goes on."""
    with writing(postgres_place.uri("notes"), MOST="3000") as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(200)]
        server.end(signal.SIGQUIT)
        server.start()
        lines.extend(child.stdout)
    output = "".join(lines)
    assert child.returncode == 0
    answered = numbers(output, "answered")
    assert max(answered) > 2900
    assert answered <= stored(postgres_place)


def test_a_connection_that_is_cut_is_opened_again(server: Server, postgres_place: PostgresPlace) -> None:
    """Again and again, under load: what was answered is there; what was not stored was said to be so."""
    with writing(postgres_place.uri("notes"), MOST="3000") as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        for _ in range(5):
            lines.extend(child.stdout.readline() for _ in range(300))
            server.cut()
        lines.extend(child.stdout)
    output = "".join(lines)
    assert child.returncode == 0
    answered = numbers(output, "answered")
    assert answered | numbers(output, "refused") == set(range(1, 3000))
    assert len(answered) > 2000
    assert answered <= stored(postgres_place)
