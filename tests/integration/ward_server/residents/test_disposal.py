"""The registry's process: what is due is disposed of by commands; a disposal survives kill -9 at any of its commits."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from konbini.commands.main import main as konbini
from konbini.process.calls import CallClient
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.statements import Connection
from konbini.process.stores import look_once, parse_address
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.keeping.disposal_list import list_bytes, open_list, read_list
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.feed import FeedKind, FeedPosition
from konbini.ward_server.residents.feed_blocks import (
    FeedBlock,
    FeedFollower,
    block_bytes,
    disposed_entry,
    entry_digests,
)
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.witness import Told

HERE = Path(__file__).parent
ROOT = HERE.parents[3]

Start = Callable[[], Awaitable[subprocess.Popen[bytes]]]


def run(config: RegistryConfig, *words: str) -> int:
    """Run the disposing process to its end."""
    child = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(HERE / "disposing_child.py"), str(config.file), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=90,
        check=False,
    )
    return child.returncode


def state(config: RegistryConfig) -> tuple[int, int, int, int]:
    """Give how many keys of residents and numbers were destroyed, how many are listed, and how many lists are done."""

    def look(connection: Connection) -> tuple[int, int, int, int]:
        log.verify(connection)
        counts = [
            connection.execute(query).fetchone()[0]
            for query in (
                "SELECT count(*) FROM data_key WHERE length(wrapped) = 0",
                "SELECT count(*) FROM individual_number WHERE length(wrapped) = 0",
                "SELECT count(*) FROM disposal_list",
                "SELECT count(*) FROM disposal WHERE state = 4",
            )
        ]
        return counts[0], counts[1], counts[2], counts[3]

    return look_once(config.store, look)


@pytest.mark.parametrize("edge", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_disposal_killed_in_the_middle_is_finished_once(
    config: RegistryConfig, record_key: SigningKey, edge: str, nth: int
) -> None:
    """Keys, list and log are one transaction: all of a portion or nothing; the next start does the rest, once."""
    assert await asyncio.to_thread(run, config, "approve", edge, str(nth)) == -signal.SIGKILL
    destroyed = nth > 1 or edge == "after"
    assert state(config) == ((2, 2, 1, int((nth, edge) == (3, "after"))) if destroyed else (0, 0, 0, 0))
    assert await asyncio.to_thread(run, config, "go-on") == 0
    assert state(config) == (2, 2, 1, 1)

    assert look_once(config.store, times_disposed) == 1
    (entry,) = open_list(look_once(config.store, signed_list), record_key.verifying, config.municipality)
    assert entry.targets == ("000000000000001", "000000000000002")


def signed_list(connection: Connection) -> list[bytes]:
    """Read the signed list."""
    return [bytes(one) for (one,) in connection.execute("SELECT signed FROM disposal_list ORDER BY number").fetchall()]


def keys_destroyed(connection: Connection) -> int:
    """Count the residents whose keys are destroyed."""
    (count,) = connection.execute("SELECT count(*) FROM data_key WHERE length(wrapped) = 0").fetchone()
    return int(count)


def times_disposed(connection: Connection) -> int:
    """Count what the audit log says of it."""
    found = (log.entry_at(connection, at) for at in range(log.verify(connection)))
    return sum(one is not None and one.event is AuditEvent.DISPOSED for one in found)


def typed(config: RegistryConfig, operator: str, *words: str) -> int:
    """Type an operator's command."""
    command, *rest = words
    return konbini(["ward", command, "--socket", str(config.operators.path), "--operator", operator, *rest])


@asynccontextmanager
async def following(config: RegistryConfig, record_key: SigningKey) -> AsyncIterator[None]:
    """Apply what the feed brings, as issuing does: an approval waits as long as a lease for whoever is away."""
    client = CallClient(config.followers.path, peers=frozenset({os.getuid()}))
    issuing = RegistryCalls(client, "issuing")
    follower = FeedFollower(config.municipality, record_key.verifying, FeedPosition(), seen=lambda _number: None)

    async def apply() -> None:
        while True:
            for block in await issuing.feed_after(follower.position.number, 100, 20):
                follower.accept(block)
            at = follower.position
            await issuing.applied(Told(life=1, number=at.number, newest=at.newest, entries=0, log_hash=b"", ranges=0))

    task = asyncio.create_task(apply())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await client.close()


async def test_what_operators_type(
    config: RegistryConfig, record_key: SigningKey, start: Start, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Show, enter, approve, and write the signed list; the one who entered cannot approve."""
    assert await asyncio.to_thread(run, config, "fill") == 0
    document = (ROOT / "docs" / "settings.md").read_text("utf-8")
    settings = document.split("```toml\n")[1].split("```")[0].replace("years = 150", "days = 1")
    (tmp_path / "ward.toml").write_text(settings, "utf-8")
    text = config.file.read_text("utf-8")
    config.file.write_text(text.replace("[store]", 'settings = "ward.toml"\n[store]', 1), "utf-8")
    await start()
    shown = ""
    async with asyncio.timeout(30):
        while "removed_record  2 due" not in shown:
            assert await asyncio.to_thread(typed, config, "aoki", "retention") == 0
            shown = capsys.readouterr().out
    assert "000000000000001" in shown
    assert await asyncio.to_thread(typed, config, "aoki", "dispose", "removed_record") == 0
    entered = capsys.readouterr().out.strip()
    assert await asyncio.to_thread(typed, config, "aoki", "approve-disposal", entered) == 1
    assert "SAME_PERSON" in capsys.readouterr().err
    async with following(config, record_key):
        assert await asyncio.to_thread(typed, config, "bando", "approve-disposal", entered) == 0
    assert "destroyed 2, left 0" in capsys.readouterr().out
    listed = tmp_path / "disposals.list"
    assert await asyncio.to_thread(typed, config, "aoki", "disposals", "--out", str(listed)) == 0
    (entry,) = open_list(read_list(listed.read_bytes()), record_key.verifying, config.municipality)
    assert (entry.days, entry.operators) == (1, ("aoki", "bando"))
    assert await asyncio.to_thread(typed, config, "aoki", "dispose", "removed_record") == 1
    assert "NOT_DUE" in capsys.readouterr().err


async def test_a_disposed_entry_is_the_registrys_word_alone(config: RegistryConfig, record_key: SigningKey) -> None:
    """A follower takes it only signed by the record key and for its own place; else an entry could be kept from it."""
    assert await asyncio.to_thread(run, config, "approve") == 0
    async with open_registry(config, SystemClock(), SystemEntropy()) as rooms:
        blocks = await rooms.store.read(lambda reading: reading.feed_after(0, 100))
    follower = FeedFollower(config.municipality, record_key.verifying, FeedPosition(), seen=lambda _number: None)
    assert [entry.kind for block in blocks for entry in follower.accept(block)] == [FeedKind.DISPOSED]
    genuine = FeedBlock.open(blocks[0], record_key.verifying, config.municipality)
    other = FeedBlock.open(blocks[1], record_key.verifying, config.municipality)
    digest = entry_digests(genuine.coded)[0]
    forged = disposed_entry(1, digest, SigningKey.generate(), config.municipality)
    elsewhere = disposed_entry(2, digest, record_key, config.municipality)
    for coded in (forged, elsewhere, other.coded[0], b"\xd2", genuine.coded[0][:-1]):
        with pytest.raises(Refused) as refusal:
            FeedBlock.open(block_bytes(genuine.signed_head, [coded]), record_key.verifying, config.municipality)
        assert refusal.value.code is Code.FEED_BROKEN


async def test_a_store_from_before_a_disposal_and_the_list(
    config: RegistryConfig, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Backed up, disposed of, restored, all by command: with the signed list nobody comes back."""
    assert await asyncio.to_thread(run, config, "fill") == 0
    for name in ("rows", "keys"):
        assert konbini(["ward", "make-backup-key", "--out", str(tmp_path / f"{name}.private")]) == 0
    common = ["--process", "registry", "--config", str(config.file)]
    sealing = ["--seal-to", str(tmp_path / "rows.private.public"), "--seal-keys-to"]
    backup = ["ward", "backup", *common, "--out", str(tmp_path / "backup"), *sealing]
    assert await asyncio.to_thread(konbini, [*backup, str(tmp_path / "rows.private.public")]) == 2
    assert await asyncio.to_thread(konbini, [*backup, str(tmp_path / "keys.private.public")]) == 0
    shown = capsys.readouterr().out.splitlines()[-1].removeprefix("manifest ")
    assert await asyncio.to_thread(run, config, "go-on") == 0
    assert await asyncio.to_thread(run, config, "approve-only") == 0
    listed = tmp_path / "disposals.list"
    listed.write_bytes(list_bytes(look_once(config.store, signed_list)))
    opening = ["--open-with", str(tmp_path / "rows.private"), "--open-keys-with", str(tmp_path / "keys.private")]
    restore = ["ward", "restore", *common, str(tmp_path / "backup"), "--keys", str(tmp_path / "backup.keys"), *opening]
    restore += ["--manifest", shown]
    assert await asyncio.to_thread(konbini, [*restore, "--to", f"sqlite:{tmp_path / 'forked'}.db"]) == 2
    assert "--disposals is missing" in capsys.readouterr().err
    for target, more, destroyed in (
        ("with", ["--disposals", str(listed)], 2),
        ("without", ["--unsafe-no-disposals"], 0),
    ):
        address = f"sqlite:{tmp_path / target}.db"
        assert await asyncio.to_thread(konbini, [*restore, "--to", address, *more]) == 0
        assert "two persons say so" in capsys.readouterr().out
        found = parse_address(address, tmp_path)
        assert look_once(found, keys_destroyed) == destroyed
        assert len(look_once(found, signed_list)) == bool(destroyed)
    again = [*restore, "--to", f"sqlite:{tmp_path / 'with'}.db", "--disposals", str(listed)]
    assert await asyncio.to_thread(konbini, again) == 1
    assert "STORE_NOT_EMPTY" in capsys.readouterr().err
