"""What several stores keep in the same way is declared by each in the same words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from konbini.process.schema import read_migrations
from konbini.process.sqlite.migrating import migrate

FOLLOWERS = ("konbini.ward_server.clerk.migrations", "konbini.ward_server.issuing.migrations")
_WITH_A_LOG = (
    *("konbini.ward_server.residents.migrations", "konbini.ward_server.issuing.migrations"),
    *("konbini.ward_server.clerk.migrations", "konbini.ward_server.console.migrations"),
    "konbini.issuance_center.ledger.schema",
)


def declarations(package: str) -> dict[str, str]:
    """Give the tables, indexes and triggers of one store by name, as its migrations leave them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, read_migrations(files(package)))
        return _objects(connection)


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


@pytest.mark.parametrize(
    "name",
    [
        *("followed", "feed_entry", "feed_break", "card_link", "card_link_resident", "bar", "bar_whose", "local_hold"),
        *("decision", "decision_concluded", "decision_remains", "life", "reconciled", "difference", "outage", "heard"),
    ],
)
def test_the_followers_keep_the_feed_alike(name: str) -> None:
    """`following.rows` reads and writes them for both."""
    clerk, issuing = (declarations(store)[name] for store in FOLLOWERS)
    assert clerk == issuing


@pytest.mark.parametrize("package", _WITH_A_LOG)
def test_the_audit_log_is_the_shared_one(package: str) -> None:
    """No later migration of one store loosens what keeps an entry from being changed or removed."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript((files("konbini.process") / "log.sql").read_text(encoding="utf-8"))
        shared = _objects(connection)
    assert {"audit_entry", "audit_entry_stays", "audit_entry_remains", "audit_tile"} <= shared.keys()
    of_store = declarations(package)
    assert {name: of_store.get(name) for name in shared} == shared
