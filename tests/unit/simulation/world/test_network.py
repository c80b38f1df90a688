"""Connections of the world: order, cuts, partitions, death; and the calls of production over them."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from konbini.process.calls import AnswerLost, CallClient, CallServer, PeerUnreachable
from konbini.protocol.codec import Value
from konbini.simulation.world.faults import Faults, Rates
from konbini.simulation.world.loop import WorldLoop
from konbini.simulation.world.processes import Process
from tests.unit.simulation.world.worlds import in_world

_PLACE = Path("/world/echo.sock")
_US = frozenset({os.getuid()})


def _world() -> WorldLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WorldLoop)
    return loop


async def _echo(arguments: list[Value]) -> Value:
    await asyncio.sleep(1)
    return arguments[0]


async def _serve() -> CallServer:
    return await CallServer.listen(_PLACE, {1: _echo}, peers=_US)  # type: ignore[dict-item]  # a list is a sequence


async def _asked(value: int) -> Value:
    client = CallClient(_PLACE, peers=_US)
    try:
        return await client.call(1, value)
    finally:
        await client.close()


def test_calls_of_production_run_over_it() -> None:
    """Many at once, each with its own answer."""

    async def call() -> list[Value]:
        server = Process(name="server")
        await server.start(_serve())
        found = await asyncio.gather(*(Process(name=f"{n}").start(_asked(n)) for n in range(20)))
        server.kill()
        await server.unwound()
        return list(found)

    assert in_world(call()) == list(range(20))


def test_nobody_there() -> None:
    """A call says that nothing was sent."""
    with pytest.raises(PeerUnreachable):
        in_world(_asked(1))


def test_a_server_that_dies_meanwhile() -> None:
    """The caller does not know what became of its call; the next finds nobody."""

    async def call() -> None:
        server = Process(name="server")
        await server.start(_serve())
        asking = asyncio.create_task(_asked(1))
        await asyncio.sleep(0.5)
        server.kill()
        with pytest.raises(AnswerLost):
            await asking
        with pytest.raises(PeerUnreachable):
            await _asked(1)
        await server.unwound()

    in_world(call())


def test_the_dead_say_nothing() -> None:
    """What a killed process would still have sent does not arrive."""

    async def call() -> bytes:
        came: asyncio.Queue[bytes] = asyncio.Queue()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.put_nowait(await reader.read())
            writer.close()

        listener = Process(name="listener")

        async def listen() -> None:
            await asyncio.start_server(hear, "127.0.0.1", 99)

        await listener.start(listen())
        speaker = Process(name="speaker")

        async def speak() -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", 99)
            writer.write(b"first ")
            await asyncio.sleep(1)
            try:
                await asyncio.Event().wait()
            finally:
                writer.write(b"last words")

        speaker.start(speak())
        await asyncio.sleep(2)
        speaker.kill()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await came.get()
        listener.kill()
        return b""

    in_world(call())


@pytest.mark.parametrize("apart", [True, False])
def test_a_partition_holds_bytes_back_and_loses_none(apart: bool) -> None:  # noqa: FBT001 - a case
    """What was sent into it arrives in order when it is over."""

    async def call() -> tuple[bytes, float]:
        loop, faults = _world(), Faults(Rates(), random.Random(1))  # noqa: S311 - a simulation's
        loop.network.weather = faults
        came = loop.create_future()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set_result(await reader.read())
            writer.close()

        async def listen() -> None:
            await asyncio.start_server(hear, "127.0.0.1", 99)

        async def speak() -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", 99)
            if apart:
                faults.part("one", "other")
            for number in range(50):
                writer.write(bytes((number,)))
            writer.close()

        await Process(name="other").start(listen())
        await Process(name="one").start(speak())
        await asyncio.sleep(60)
        faults.join("one", "other")
        found: bytes = await came
        return found, loop.time()

    found, _ = in_world(call())
    assert found == bytes(range(50))


def test_a_spoilt_bit_is_a_spoilt_bit() -> None:
    """The network hands on what it spoilt; who must notice are others."""

    async def call() -> bytes:
        loop = _world()
        loop.network.weather = Faults(Rates(spoilt=1.0), random.Random(1))  # noqa: S311 - a simulation's
        came = loop.create_future()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set_result(await reader.readexactly(4))
            writer.close()

        async def listen() -> None:
            await asyncio.start_server(hear, "127.0.0.1", 99)

        async def speak() -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", 99)
            writer.write(bytes(4))
            await asyncio.sleep(1)
            writer.close()

        await Process(name="other").start(listen())
        await Process(name="one").start(speak())
        found: bytes = await came
        return found

    assert in_world(call()).count(0) == 3
