"""Addresses of stores: one setting chooses the engine, and no password stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused, read_table
from konbini.process.postgresql.address import PostgresAddress
from konbini.process.stores import SqliteAddress, StoreAddress, parse_address, read_address


def read(folder: Path, *lines: str) -> StoreAddress:
    """Read the address of a configuration."""
    (folder / "c.toml").write_text("[store]\n" + "\n".join(lines), encoding="utf-8")
    with read_table(folder / "c.toml") as table, table.part("store") as store:
        return read_address(store)


def test_a_file_stands_beside_its_configuration(tmp_path: Path) -> None:
    """Paths are relative to it."""
    assert read(tmp_path, 'address = "sqlite:x/issuing.db"') == SqliteAddress(path=tmp_path / "x/issuing.db")
    assert parse_address("sqlite:/var/lib/x.db", tmp_path) == SqliteAddress(path=Path("/var/lib/x.db"))


def test_a_schema_has_a_user_and_a_password_file(tmp_path: Path) -> None:
    """The library's address is without the schema; nothing of it shows in a trace."""
    found = read(
        tmp_path,
        'address = "postgresql:///konbini?host=/run/postgresql&user=issuing&schema=issuing"',
        'password = "store.password"',
    )
    assert isinstance(found, PostgresAddress)
    assert found.dsn == "postgresql:///konbini?host=%2Frun%2Fpostgresql&user=issuing"
    assert (found.schema, found.password) == ("issuing", tmp_path / "store.password")
    assert "issuing&" not in repr(found)


@pytest.mark.parametrize(
    "address",
    [
        "issuing.db",
        "sqlite:",
        "postgresql:",
        "postgresql://db/",
        "mysql:///konbini",
        "postgresql://issuing:secret@localhost/konbini",
        "postgresql:///konbini?password=secret",
        "postgresql:///konbini?passfile=/x",
        "postgresql:///konbini?schema=Is%22suing",
        "postgresql://db1/konbini",
        "postgresql://db1,db2/konbini?sslmode=require",
        "postgresql:///konbini?host=db1",
        "postgresql:///konbini?hostaddr=203.0.113.7",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(tmp_path: Path, address: str) -> None:
    """With its place, and without its text: a password may have been in it."""
    with pytest.raises(ConfigRefused, match=r"\[store\] address") as refusal:
        read(tmp_path, f'address = "{address}"')
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://localhost:5432/konbini",
        "postgresql://issuing@[::1]:5432/konbini",
        "postgresql://127.0.0.1/konbini",
        "postgresql://db1,db2/konbini?sslmode=verify-full",
        "postgresql:///konbini?host=/run/a,/run/b&port=5432,5433",
    ],
)
def test_an_address_that_can_be_used(tmp_path: Path, address: str) -> None:
    """This machine, or a server that proves itself."""
    assert isinstance(read(tmp_path, f'address = "{address}"'), PostgresAddress)


def test_a_file_takes_no_password(tmp_path: Path) -> None:
    """An entry without a meaning is a mistake."""
    with pytest.raises(ConfigRefused, match="no password"):
        read(tmp_path, 'address = "sqlite:x.db"', 'password = "p"')
