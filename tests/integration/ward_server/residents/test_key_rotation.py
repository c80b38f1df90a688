"""The registry's process rotates its key-encryption keys when it is told, and after kill -9 in the middle of it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from konbini.commands.main import main as konbini
from konbini.process.calls import CallClient
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.process.stores import look_once
from konbini.simulation.town.numbers import individual_number
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.wrapped_keys import wrapped_by
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.changes import ChangeKind, RecordWritten, new_change
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.keys import WRAPPED_KEYS
from konbini.ward_server.residents.main import open_registry
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.registry import Registry
from tests.records import written

CHILD = (sys.executable, str(Path(__file__).parent / "rotating_child.py"))
ROOT = Path(__file__).parents[4]
RESIDENTS = tuple(f"{number:015d}" for number in range(1, 6))

Start = Callable[[], Awaitable[subprocess.Popen[bytes]]]


@pytest.fixture
async def filled(config: RegistryConfig) -> RegistryConfig:
    """Fill the registry with a few residents."""
    clock = SystemClock()
    async with open_registry(config, clock, SystemEntropy()) as rooms:
        registry = Registry(rooms.store, rooms.pen, Acknowledging((), clock), clock)
        for ordinal, resident in enumerate(RESIDENTS):
            body = RecordWritten(record=written(resident), individual_number=individual_number(ordinal), postcode="")
            change = new_change(ChangeKind.MOVE_IN, resident, body, seen=0, effective=20260921, source="届書")
            await registry.approve("bando", await registry.enter("aoki", change))
    return config


def put_first(config: RegistryConfig) -> None:
    """Put a new key first in both lists."""
    for name in ("personal", "numbers"):
        path = config.file.parent / f"{name}-2.key"
        path.write_bytes(secrets.token_bytes(32))
        path.chmod(0o600)
    text = config.file.read_text("utf-8")
    for name in ("personal", "numbers"):
        text = text.replace(f'["{name}.key"]', f'["{name}-2.key", "{name}.key"]')
    config.file.write_text(text, "utf-8")


def kinds_of_wrapping(config: RegistryConfig) -> int:
    """Count by how many different keys the data keys are wrapped."""
    return len(look_once(config.store, lambda connection: wrapped_by(connection, WRAPPED_KEYS)))


def rotations_done(config: RegistryConfig) -> int:
    """Count the entries that an old key is free; the log holds."""

    def look(connection: object) -> int:
        count = log.verify(connection)  # type: ignore[arg-type] # a connection of the rows
        found = (log.entry_at(connection, at) for at in range(count))  # type: ignore[arg-type] # the same
        return sum(one is not None and one.event is AuditEvent.KEY_ROTATION_DONE for one in found)

    return look_once(config.store, look)


async def until_done(config: RegistryConfig) -> None:
    """Wait until both lists' old keys are free."""
    async with asyncio.timeout(30):
        while rotations_done(config) < 2:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.05)


async def test_a_running_registry_takes_a_new_key_at_a_hangup(
    filled: RegistryConfig, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGHUP: the lists are read again; it answers on, and says when the old keys are free."""
    process = await start()
    put_first(filled)
    process.send_signal(signal.SIGHUP)
    await until_done(filled)
    assert kinds_of_wrapping(filled) == 2  # one key of each list
    assert konbini(["ward", "wrapped-keys", "--process", "registry", "--config", str(filled.file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    client = CallClient(filled.operators.path, peers=frozenset({os.getuid()}))
    try:
        found = await OperatorLine(client, "aoki").look_up(RESIDENTS[0], "a test")
    finally:
        await client.close()
    assert found.record
    assert process.poll() is None


@pytest.mark.parametrize("edge", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
async def test_killed_in_the_middle_it_goes_on_at_the_next_start(
    filled: RegistryConfig, start: Start, edge: str, nth: int
) -> None:
    """Whatever commit it died at, every record opens, and the next start wraps the rest."""
    put_first(filled)
    child = await asyncio.to_thread(
        subprocess.run,
        [*CHILD, str(filled.file), edge, str(nth)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    assert rotations_done(filled) == (1 if nth == 2 else 0)
    await start()
    await until_done(filled)
    assert kinds_of_wrapping(filled) == 2
    client = CallClient(filled.operators.path, peers=frozenset({os.getuid()}))
    try:
        for resident in RESIDENTS:
            assert (await OperatorLine(client, "aoki").look_up(resident, "a test")).record
    finally:
        await client.close()
