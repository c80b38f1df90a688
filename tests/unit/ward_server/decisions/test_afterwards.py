"""What a decision asks of a running process is done once by each server, and again where it failed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused
from konbini.process.rows import Rows
from konbini.process.sqlite.rows import SqliteRows
from konbini.process.statements import Connection
from konbini.simulation.clock import SettableClock
from konbini.ward_server.decisions.afterwards import Afterwards
from konbini.ward_server.decisions.decision import DecisionKind, DecisionState


class Server:
    """One server of the store, which counts what it was asked."""

    def __init__(self, rows: Rows) -> None:
        """Follow both kinds."""
        self.done: list[DecisionKind] = []
        self.fails = False
        acts = {DecisionKind.SETTINGS_CHANGED: self.settings, DecisionKind.KEYS_ROTATED: self.keys}
        self.afterwards = Afterwards(rows, acts, SettableClock(0))

    async def begin(self) -> None:
        """Begin, and count from there."""
        await self.afterwards.begin()
        self.done.clear()

    async def settings(self) -> None:
        """Take settings, or fail to."""
        if self.fails:
            raise ConfigRefused("a text that this build does not read")
        self.done.append(DecisionKind.SETTINGS_CHANGED)

    async def keys(self) -> None:
        """Read the lists."""
        self.done.append(DecisionKind.KEYS_ROTATED)


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[Rows]:
    """Open a store of the clerk."""
    opened = SqliteRows.open(tmp_path / "clerk.db", files("konbini.ward_server.clerk") / "migrations")
    yield opened
    await opened.close()


async def decided(rows: Rows, decision_id: str, kind: DecisionKind, state: DecisionState) -> None:
    """Keep a decision."""

    def change(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO decision (decision_id, kind, reason, hidden, state, entered_by, entered_at, concluded_by,"
            " concluded_at) VALUES (?, ?, 'a test', ?, ?, 'aoki', 1, 'bando', 2)",
            (decision_id, int(kind), bytes(1), int(state)),
        )

    await rows.write(change)


async def test_each_server_does_it_once(rows: Rows) -> None:
    """What was agreed to since its start, of the kinds that it follows; not what waits, or was declined."""
    await decided(rows, "before", DecisionKind.SETTINGS_CHANGED, DecisionState.AGREED)
    a, b = Server(rows), Server(rows)
    for server in (a, b):
        await server.begin()
        await server.afterwards.follow()
    await decided(rows, "one", DecisionKind.SETTINGS_CHANGED, DecisionState.AGREED)
    await decided(rows, "two", DecisionKind.SETTINGS_CHANGED, DecisionState.DECLINED)
    await decided(rows, "three", DecisionKind.KEYS_ROTATED, DecisionState.ENTERED)
    await decided(rows, "four", DecisionKind.RELEASE, DecisionState.AGREED)
    for server in (a, b, a, b):
        await server.afterwards.follow()
    assert a.done == b.done == [DecisionKind.SETTINGS_CHANGED]


async def test_what_failed_is_tried_again(rows: Rows) -> None:
    """At the next turn, until it is done."""
    server = Server(rows)
    await server.begin()
    server.fails = True
    await decided(rows, "one", DecisionKind.SETTINGS_CHANGED, DecisionState.AGREED)
    await server.afterwards.follow()
    assert server.done == []
    server.fails = False
    await server.afterwards.follow()
    await server.afterwards.follow()
    assert server.done == [DecisionKind.SETTINGS_CHANGED]


async def test_what_fails_holds_up_no_other_kind(rows: Rows) -> None:
    """Whatever this server cannot read, keys are made anew at it."""
    server = Server(rows)
    await server.begin()
    server.fails = True
    await decided(rows, "one", DecisionKind.SETTINGS_CHANGED, DecisionState.AGREED)
    await decided(rows, "two", DecisionKind.KEYS_ROTATED, DecisionState.AGREED)
    for _ in range(2):
        await server.afterwards.follow()
    assert server.done == [DecisionKind.KEYS_ROTATED]
    server.fails = False
    await server.afterwards.follow()
    assert server.done == [DecisionKind.KEYS_ROTATED, DecisionKind.SETTINGS_CHANGED]


async def test_settings_of_between_are_taken(rows: Rows) -> None:
    """Of another server, agreed to after this one had read its own: they are looked at once more."""
    server = Server(rows)
    await decided(rows, "one", DecisionKind.SETTINGS_CHANGED, DecisionState.AGREED)
    await decided(rows, "two", DecisionKind.KEYS_ROTATED, DecisionState.AGREED)
    await server.afterwards.begin()
    await server.afterwards.follow()
    assert server.done == [DecisionKind.SETTINGS_CHANGED]
