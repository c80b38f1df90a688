"""Both engines hold one schema: the same tables, columns, keys and triggers, and the same build's digest."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.rows import SchemaRefused
from konbini.process.stores import open_rows
from tests.places import ENGINE_FAULTS, NOTES, Place, PostgresPlace, SqlitePlace, address, rows_of

PROCESSES = ("residents", "issuing", "clerk")
COLUMNS = {
    "sqlite": 'SELECT t.name, c.name, c.type, c."notnull" OR c.pk > 0 FROM pragma_table_list AS t,'
    " pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    "postgresql": "SELECT table_name::text, column_name::text, CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea'"
    " THEN 'BLOB' WHEN 'text' THEN 'TEXT' ELSE data_type END, (is_nullable = 'NO')::int FROM information_schema.columns"
    " WHERE table_schema = current_schema()",
}
TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname::text, relname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace",
}
INDEXES = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname::text, tablename::text FROM pg_indexes WHERE schemaname = current_schema()"
    " AND indexname NOT LIKE '%_key' AND indexname NOT LIKE '%_pkey'",
}


@pytest.mark.parametrize("process", PROCESSES)
async def test_both_engines_hold_the_same_tables(postgres_place: PostgresPlace, tmp_path: Path, process: str) -> None:
    """As the migrations leave them."""
    places: tuple[Place, ...] = (SqlitePlace(folder=tmp_path), postgres_place)
    for place in places:
        await open_rows(address(place, process), files(f"konbini.ward_server.{process}") / "migrations").close()
    for queries in (COLUMNS, TRIGGERS, INDEXES):
        one, other = (sorted(place.write(process, queries[place.engine])) for place in places)
        assert one == other
        assert one
    digests = [rows_of(place, process, "SELECT number, digest FROM applied_migration") for place in places]
    assert digests[0] == digests[1]


async def test_what_was_recorded_stays(place: Place) -> None:
    """An audit entry is neither changed nor removed, whoever writes."""
    await open_rows(address(place, "clerk"), files("konbini.ward_server.clerk") / "migrations").close()
    place.write(
        "clerk",
        "INSERT INTO audit_entry (position, salt, entry, commitment)"
        " SELECT 0, digest, digest, digest FROM applied_migration",
    )
    for statement in ("UPDATE audit_entry SET entry = commitment", "DELETE FROM audit_entry"):
        with pytest.raises(ENGINE_FAULTS, match="an audit entry stays"):
            place.write("clerk", statement)


async def test_each_migration_is_applied_once(place: Place, tmp_path: Path) -> None:
    """A later build adds its own; an older one, and one that was edited, is refused and changes nothing."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    first, second = folder / "0001_one.sql", folder / "0002_two.sql"
    first.write_text("CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT;", "utf-8")
    await open_rows(address(place, "notes"), folder).close()
    second.write_text("CREATE TABLE two (a TEXT) STRICT; INSERT INTO one VALUES (7);", "utf-8")
    for _ in range(2):
        await open_rows(address(place, "notes"), folder).close()
    assert rows_of(place, "notes", "SELECT id FROM one WHERE id > 0") == [(7,)]
    second.write_text("CREATE TABLE two (a TEXT) STRICT; INSERT INTO one VALUES (8);", "utf-8")
    with pytest.raises(SchemaRefused, match="differ"):
        open_rows(address(place, "notes"), folder)
    second.unlink()
    with pytest.raises(SchemaRefused, match="2 migrations are applied"):
        open_rows(address(place, "notes"), folder)


async def test_a_migration_that_fails_leaves_nothing_of_itself(place: Place, tmp_path: Path) -> None:
    """Those before it stay; mended, it is applied at the next start."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT;", "utf-8")
    broken = folder / "0002_two.sql"
    broken.write_text("CREATE TABLE half (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);", "utf-8")
    with pytest.raises(Exception, match="nowhere"):
        open_rows(address(place, "notes"), folder)
    broken.write_text("CREATE TABLE half (a INTEGER) STRICT;", "utf-8")
    await open_rows(address(place, "notes"), folder).close()
    assert rows_of(place, "notes", "SELECT number FROM applied_migration WHERE number > 0") == [(1,), (2,)]


async def test_another_builds_store_is_not_opened(place: Place) -> None:
    """The notes' migrations do not belong to the clerk's store."""
    await open_rows(address(place, "clerk"), files("konbini.ward_server.clerk") / "migrations").close()
    with pytest.raises(SchemaRefused):
        open_rows(address(place, "clerk"), NOTES)
