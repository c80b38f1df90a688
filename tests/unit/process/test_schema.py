"""Migrations: in order, once, whole; a file and a build that do not fit refuse each other."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbini.process.rows import SchemaRefused
from konbini.process.schema import read_migrations
from konbini.process.sqlite.rows import SqliteRows

FIRST = "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT;"
SECOND = "CREATE TABLE two (one INTEGER NOT NULL REFERENCES one (id)) STRICT; INSERT INTO one VALUES (7);"


class Place:
    """A directory of migrations and a database beside it."""

    def __init__(self, folder: Path) -> None:
        """Begin with neither."""
        self.folder = folder
        self.database = folder / "rows.db"
        self.migrations = folder / "migrations"
        self.migrations.mkdir()

    def write(self, *files: tuple[str, str]) -> None:
        """Replace the migrations."""
        for old in self.migrations.iterdir():
            old.unlink()
        for name, text in files:
            (self.migrations / name).write_text(text, encoding="utf-8")

    async def open(self) -> None:
        """Open the rows and close them again."""
        await SqliteRows.open(self.database, self.migrations).close()

    def tables(self) -> set[str]:
        """Return the tables of the file, the ledger of migrations left out."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        return names - {"applied_migration"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return an empty place."""
    return Place(tmp_path)


async def test_each_migration_is_applied_once(place: Place) -> None:
    """A later build adds its own to what is there, and opening again changes nothing."""
    place.write(("0001_one.sql", FIRST))
    await place.open()
    assert place.tables() == {"one"}
    place.write(("0001_one.sql", FIRST), ("0002_two.sql", SECOND))
    await place.open()
    await place.open()
    assert place.tables() == {"one", "two"}
    with contextlib.closing(sqlite3.connect(place.database)) as connection:
        assert connection.execute("SELECT id FROM one").fetchall() == [(7,)]


async def test_a_file_of_a_newer_build_is_refused(place: Place) -> None:
    """An older build does not touch what it does not know."""
    place.write(("0001_one.sql", FIRST), ("0002_two.sql", SECOND))
    await place.open()
    place.write(("0001_one.sql", FIRST))
    with pytest.raises(SchemaRefused, match="2 migrations are applied"):
        await place.open()
    assert place.tables() == {"one", "two"}


async def test_an_edited_migration_is_refused(place: Place) -> None:
    """What was applied is history; who needs another schema adds a migration."""
    place.write(("0001_one.sql", FIRST))
    await place.open()
    place.write(("0001_one.sql", FIRST + " -- edited"), ("0002_two.sql", SECOND))
    with pytest.raises(SchemaRefused, match="differ"):
        await place.open()
    assert place.tables() == {"one"}


async def test_a_migration_that_fails_leaves_nothing_of_itself(place: Place) -> None:
    """Those before it stay, its own first half does not, and the mended one is applied at the next start."""
    place.write(("0001_one.sql", FIRST), ("0002_two.sql", "CREATE TABLE half (a INTEGER) STRICT; CREATE NONSENSE;"))
    with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
        await place.open()
    assert place.tables() == {"one"}
    place.write(("0001_one.sql", FIRST), ("0002_two.sql", SECOND))
    await place.open()
    assert place.tables() == {"one", "two"}


async def test_a_migration_does_not_end_its_own_transaction(place: Place) -> None:
    """It would be half applied after a crash."""
    place.write(("0001_one.sql", f"{FIRST} COMMIT;"))
    with pytest.raises(SchemaRefused, match="ends its own transaction"):
        await place.open()


async def test_a_table_that_is_not_strict_is_refused(place: Place) -> None:
    """A text in an integer column is found when it is written, not when it is printed."""
    place.write(("0001_one.sql", "CREATE TABLE loose (a INTEGER);"))
    with pytest.raises(SchemaRefused, match="loose"):
        await place.open()


async def test_a_file_that_is_no_database_is_refused(place: Place) -> None:
    """And is left as it is."""
    place.write(("0001_one.sql", FIRST))
    place.database.write_bytes(b"a letter to somebody, not a database" * 40)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await place.open()
    assert place.database.read_bytes().startswith(b"a letter")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.sets(st.integers(0, 12), max_size=6))
def test_numbers_go_from_one_without_gaps(place: Place, numbers: set[int]) -> None:
    """Whatever files there are: 1 to n in order, or a refusal."""
    place.write(("notes.txt", ""), *((f"{number:04d}_step.sql", FIRST) for number in numbers))
    if numbers and numbers == set(range(1, len(numbers) + 1)):
        assert [migration.number for migration in read_migrations(place.migrations)] == sorted(numbers)
    else:
        with pytest.raises(SchemaRefused, match="without gaps"):
            read_migrations(place.migrations)


def test_two_migrations_of_one_number_are_refused(place: Place) -> None:
    """Two branches that were merged each added a second one."""
    place.write(("0001_one.sql", FIRST), ("0002_two.sql", SECOND), ("0002_other.sql", SECOND))
    with pytest.raises(SchemaRefused, match="without gaps"):
        read_migrations(place.migrations)


def test_tables_of_another_room_stand_where_they_are_named(place: Place) -> None:
    """With the whole text in the digest, so that an edit of the shared file is seen as one of the migration."""
    place.write(("0001_one.sql", f"{FIRST}\n-- include process/member.sql\n{SECOND}"))
    (migration,) = read_migrations(place.migrations)
    shared = (files("konbini") / "process" / "member.sql").read_text("utf-8")
    assert migration.statements == f"{FIRST}\n{shared.rstrip()}\n{SECOND}"
    assert migration.digest == hashlib.sha256(migration.statements.encode()).digest()


def test_a_shared_file_that_is_not_there_is_no_schema(place: Place) -> None:
    """A store is not opened without a part of its tables."""
    place.write(("0001_one.sql", f"{FIRST}\n-- include process/no_such.sql\n"))
    with pytest.raises(FileNotFoundError):
        read_migrations(place.migrations)
