"""The registry's own process, over its two sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.process.calls import CallClient
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.residents.change_text import read_change
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.config import RegistryConfig
from konbini.ward_server.residents.feed import FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.main import main
from konbini.ward_server.residents.operator_line import OperatorLine
from konbini.ward_server.residents.witness import Told

Start = Callable[[], Awaitable[subprocess.Popen[bytes]]]

NONCE = bytes(range(16))
RESIDENT = "000000000000001"
ARRIVAL = """{
    "kind": "move_in", "resident": "000000000000001", "seen": 0, "effective": 20260921, "source": "転入届",
    "individual_number": "123456789018", "postcode": "1990001",
    "record": {
        "municipality": "131997", "resident": "000000000000001", "version": 1, "household": "1", "order": 1,
        "name": "澄川 花子", "reading": "スミカワ ハナコ", "birth": 19900403, "sex": "female",
        "relationship": "世帯主", "head": "澄川 花子", "address": "東京都澄川区一丁目１番１号",
        "presence": "present", "name_in_registration": false, "remarks": ""
    }
}"""


@pytest.fixture
def arrival() -> Change:
    """Return a resident's arrival, as an operator writes it."""
    return read_change(ARRIVAL)


@pytest.fixture
async def calls(config: RegistryConfig) -> AsyncIterator[tuple[CallClient, CallClient]]:
    """Return clients of both sockets: followers', operators'."""
    users = frozenset({os.getuid()})
    pair = (CallClient(config.followers.path, peers=users), CallClient(config.operators.path, peers=users))
    yield pair
    for client in pair:
        await client.close()


def told(number: int, newest: bytes = b"") -> Told:
    """Give a follower's word on how far it is."""
    return Told(life=1, number=number, newest=newest, entries=0, log_hash=b"", ranges=0)


async def test_an_operators_change_reaches_a_follower_before_it_is_acknowledged(
    start: Start, calls: tuple[CallClient, CallClient], record_key: SigningKey, arrival: Change
) -> None:
    """The follower's long poll brings it, the heartbeat knows it, and its word answers the operator."""
    await start()
    issuing = RegistryCalls(calls[0], "issuing")
    aoki, bando = OperatorLine(calls[1], "aoki"), OperatorLine(calls[1], "bando")
    follower = FeedFollower("131997", record_key.verifying, FeedPosition(), seen=lambda _number: None)
    news = asyncio.create_task(issuing.feed_after(0, 100, 20))
    change_id = await aoki.enter(arrival)
    assert [one.change_id for one in await bando.pending()] == [change_id]
    assert await bando.show(change_id) == arrival
    approval = asyncio.create_task(bando.approve(change_id))
    (signed,) = await news
    follower.accept(signed)
    assert follower.hear(await issuing.heartbeat(NONCE), NONCE).number == 1
    assert not approval.done()
    await issuing.applied(told(1, follower.position.newest))
    assert await approval == 1
    found = await bando.look_up(RESIDENT, "a test")
    assert found.links == ()


async def test_a_killed_registry_comes_back_as_it_was(
    start: Start, calls: tuple[CallClient, CallClient], record_key: SigningKey, arrival: Change
) -> None:
    """Killed while an approval waits for its follower: the change is in force, and asked again it is answered."""
    process = await start()
    issuing = RegistryCalls(calls[0], "issuing")
    aoki, bando = OperatorLine(calls[1], "aoki"), OperatorLine(calls[1], "bando")
    change_id = await aoki.enter(arrival)
    approval = asyncio.create_task(bando.approve(change_id))
    (before,) = await issuing.feed_after(0, 100, 20)
    process.send_signal(signal.SIGKILL)
    with pytest.raises(ConnectionError):
        await approval
    await start()
    follower = FeedFollower("131997", record_key.verifying, FeedPosition(), seen=lambda _number: None)
    follower.accept(before)
    assert await issuing.feed_after(1, 100, 0) == []
    assert follower.hear(await issuing.heartbeat(NONCE), NONCE).number == 1
    await issuing.applied(told(1, follower.position.newest))
    assert await bando.approve(change_id) == 1


async def test_refusals_cross_as_their_codes(
    start: Start, calls: tuple[CallClient, CallClient], arrival: Change
) -> None:
    """Malformed arguments, the same person, a stranger among followers, a method of the other socket."""
    await start()
    follower, operator = calls
    aoki = OperatorLine(operator, "aoki")
    change_id = await aoki.enter(arrival)
    with pytest.raises(Refused) as refusal:
        await aoki.enter(replace(arrival, seen=3))
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    asked = (
        (aoki.approve(change_id), Code.SAME_PERSON),
        (RegistryCalls(follower, "nobody").heartbeat(NONCE), Code.MISROUTED),
        (follower.call(2, "issuing"), Code.MALFORMED),
        (follower.call(2, "issuing", b"short"), Code.MALFORMED),
        (follower.call(11, "aoki", arrival.to_bytes()), Code.MALFORMED),
        (operator.call(4, bytes(65)), Code.MALFORMED),
    )
    for ask, code in asked:
        with pytest.raises(Refused) as refusal:
            await ask
        assert refusal.value.code is code


async def test_the_process_ends_when_it_is_told(start: Start) -> None:
    """SIGTERM: the sockets are closed and the code is 0."""
    process = await start()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0


async def test_a_second_registry_on_one_file_does_not_start(start: Start, folder: Path) -> None:
    """Two would each believe their own order of events."""
    await start()
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "konbini.ward_server.residents", str(folder / "registry.toml")),
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await second.communicate()
    assert (second.returncode, b"AlreadyOwned" in errors) == (2, True)


@pytest.mark.parametrize("name", ["record.pem", "personal.key", "lookup.key"])
def test_a_key_that_is_missing_or_open_stops_the_start(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The file is named, its content is not."""
    (folder / name).chmod(0o644)
    assert main([str(folder / "registry.toml")]) == 2
    (folder / name).unlink()
    assert main([str(folder / "registry.toml")]) == 2
    assert capsys.readouterr().err.count(name) == 2
