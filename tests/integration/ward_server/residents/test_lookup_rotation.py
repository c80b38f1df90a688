"""The registry's lookup key is rotated by command; a rotation that is killed leaves the store whole, under one key."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from konbini.commands.main import main as konbini
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.statements import Connection
from konbini.process.stores import look_once
from konbini.ward_server.audit import log
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.bodies import Restriction
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.registry import Found, Registry
from konbini.ward_server.storage.lookup_key import LookupKeyRefused
from tests.records import written

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
RESIDENT = "000000000000001"


async def fill(config: RegistryConfig) -> None:
    """Take a resident in, and protect the record."""
    async with open_registry(config, SystemClock(), SystemEntropy()) as rooms:
        registry = Registry(rooms.store, rooms.pen, Acknowledging((), SystemClock()), SystemClock())
        arrival = RecordWritten(record=written(RESIDENT), individual_number="123456789018", postcode="")
        measure = Restriction(name="2026-017", planned_end=None)
        for kind, body in ((ChangeKind.MOVE_IN, arrival), (ChangeKind.MEASURE_SET, measure)):
            change = new_change(kind, RESIDENT, body, seen=0, effective=20251231, source="届書")
            await registry.approve("bando", await registry.enter("aoki", change))


async def found(config: RegistryConfig) -> Found:
    """Look the resident up, as the configuration's key finds what stands beside the record."""
    async with open_registry(config, SystemClock(), SystemEntropy()) as rooms:
        registry = Registry(rooms.store, rooms.pen, Acknowledging((), SystemClock()), SystemClock())
        return await registry.look_up("chiba", RESIDENT, "a test")


def new_key(folder: Path) -> Path:
    """Make a new key."""
    path = folder / "lookup-2.key"
    path.touch(mode=0o600)
    path.write_bytes(secrets.token_bytes(32))
    return path


def rotate(config: RegistryConfig, new: Path, *, approved_by: str = "bando") -> int:
    """Type the command."""
    words = ["--process", "registry", "--config", str(config.file), "--new", str(new)]
    return konbini(["ward", "rotate-lookup-key", *words, "--entered-by", "aoki", "--approved-by", approved_by])


def killed(config: RegistryConfig, new: Path, edge: str) -> int:
    """Rotate in a process that ends itself."""
    child = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(HERE / "lookup_child.py"), str(config.file), str(new), edge],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=90,
        check=False,
    )
    return child.returncode


def verified(connection: Connection) -> int:
    """Check the audit log."""
    return log.verify(connection)


@pytest.mark.parametrize("edge", ["before", "after"])
async def test_a_rotation_that_is_killed_leaves_one_key(
    config: RegistryConfig, edge: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before its commit the store is as it was, and the command does it again; after it, only the new key opens it."""
    await fill(config)
    before, new = await found(config), new_key(config.file.parent)
    assert await asyncio.to_thread(killed, config, new, edge) == -signal.SIGKILL
    assert look_once(config.store, verified)
    if edge == "before":
        assert await found(config) == before
        assert await asyncio.to_thread(rotate, config, new) == 0
    else:
        assert await asyncio.to_thread(rotate, config, new) == 2
        assert "the store's lookup key is" in capsys.readouterr().err
    with pytest.raises(LookupKeyRefused):
        await found(config)
    new.replace(config.keys.lookup)
    assert await found(config) == before


async def test_two_persons_rotate(config: RegistryConfig, capsys: pytest.CaptureFixture[str]) -> None:
    """The one who enters it does not approve it."""
    await fill(config)
    new = new_key(config.file.parent)
    assert await asyncio.to_thread(rotate, config, new, approved_by="aoki") == 1
    assert "SAME_PERSON" in capsys.readouterr().err
    assert await asyncio.to_thread(rotate, config, new) == 0
    assert "made anew under" in capsys.readouterr().out
