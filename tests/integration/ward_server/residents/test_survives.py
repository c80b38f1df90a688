"""What the registry acknowledged survives kill -9 at any edge of any commit, and nothing is half done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.sqlite.connection import SqliteConnection
from konbini.protocol.cose import SigningKey
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.feed import FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.main import open_registry

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[4]
CHILD = (sys.executable, str(Path(__file__).parent / "changing_child.py"))
COMMITS = 16
"""Two that begin the registry, the name of its lookup key among them, and two for each of seven changes."""
ENTRIES = 8


def run(folder: Path, *crash: str) -> subprocess.CompletedProcess[str]:
    """Run the registry to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [*CHILD, str(folder / "registry.toml"), *crash],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def acknowledged(output: str) -> int:
    """Give the highest feed number that was answered."""
    return max((int(line.split()[-1]) for line in output.splitlines() if line.startswith("approved")), default=0)


async def feed_of(config: RegistryConfig, key: SigningKey) -> list[FeedKind]:
    """Follow the whole feed from its start."""
    async with open_registry(config, SystemClock(), SystemEntropy()) as rooms:
        blocks = await rooms.store.read(lambda reading: reading.feed_after(0, 100))
    follower = FeedFollower(config.municipality, key.verifying, FeedPosition(), seen=lambda _number: None)
    return [entry.kind for block in blocks for entry in follower.accept(block)]


def approvals(folder: Path) -> tuple[int, int]:
    """Verify the audit log; give how many approvals it and the changes' table know."""
    with closing(sqlite3.connect(folder / "registry.db", factory=SqliteConnection)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        entries = [log.entry_at(file, position) for position in range(log.verify(file))]
        (approved,) = file.execute("SELECT count(*) FROM change WHERE state = 2").fetchone()
    audited = sum(entry is not None and entry.event is AuditEvent.CHANGE_APPROVED for entry in entries)
    return audited, approved


async def check_killed(folder: Path, config: RegistryConfig, key: SigningKey, edge: str, commit: int) -> None:
    """Kill at one edge, look at what is there, and let a new process finish."""
    killed = run(folder, edge, str(commit))
    assert killed.returncode == -signal.SIGKILL
    kinds = await feed_of(config, key)
    assert acknowledged(killed.stdout) <= len(kinds)
    audited, approved = approvals(folder)
    assert audited == approved
    assert [0, 1, 2, 4, 5, 6, 7, 8][approved] == len(kinds)
    finished = run(folder)
    assert finished.returncode == 0, finished.stderr
    assert len(await feed_of(config, key)) == ENTRIES
    assert approvals(folder) == (7, 7)


@pytest.mark.parametrize(
    ("edge", "commit"),
    [
        ("before", 7),
        ("after", 2),
        *(pytest.param(*place, marks=pytest.mark.long) for place in (("before", 1), ("after", 7), ("after", 15))),
    ],
)
async def test_killed_at_an_edge_of_a_commit(
    folder: Path, config: RegistryConfig, record_key: SigningKey, edge: str, commit: int
) -> None:
    """State, feed entry and audit entry are there together or not at all, and a new process finishes."""
    await check_killed(folder, config, record_key, edge, commit)


@pytest.mark.long
@pytest.mark.parametrize("edge", ["before", "after"])
@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
async def test_killed_at_every_edge_of_every_commit(
    folder: Path, config: RegistryConfig, record_key: SigningKey, edge: str, commit: int
) -> None:
    """The whole matrix."""
    await check_killed(folder, config, record_key, edge, commit)


async def test_there_are_as_many_commits_as_are_killed(folder: Path) -> None:
    """The matrix covers them all: no commit comes after the last."""
    assert run(folder, "before", str(COMMITS + 1)).returncode == 0
