"""What several stores keep in the same way is declared by each in the same words."""

from __future__ import annotations

import inspect
import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from konbini.process.schema import read_migrations
from konbini.process.sqlite.migrating import migrate
from konbini.ward_server.audit import log

FOLLOWERS = ("clerk", "issuing")


def declarations(store: str) -> dict[str, str]:
    """Give the tables and indexes of one store by name, as its migrations leave them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, read_migrations(files(f"konbini.ward_server.{store}") / "migrations"))
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


@pytest.mark.parametrize("store", ["residents", *FOLLOWERS])
def test_the_audit_log_is_the_one_that_its_module_names(store: str) -> None:
    """Word for word, with what keeps an entry from being changed or removed."""
    declared, named = declarations(store), inspect.cleandoc(log.__doc__ or "").replace("\n    ", "\n")
    for name in ("audit_entry", "audit_entry_stays", "audit_entry_remains"):
        assert declared[name] in named, name
