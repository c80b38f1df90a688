"""The fault proxy does to bytes what each fault says, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fault_proxy import Direction, Fault, FaultProxy, proxied

_SENT = os.urandom(4_000)


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """Answer each connection with what it says, and give the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def through() -> AsyncIterator[tuple[FaultProxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Speak with the echo through a proxy."""
    async with echo() as port, proxied(port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            yield proxy, reader, writer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Say something and hear all of the answer."""
    writer.write(_SENT)
    return await reader.readexactly(len(_SENT))


async def test_a_well_network_changes_nothing() -> None:
    """Bytes both ways, and no harm counted."""
    async with through() as (proxy, reader, writer):
        assert await said(reader, writer) == _SENT
        assert (proxy.harmed, proxy.dialled) == (0, 1)


@pytest.mark.parametrize("fault", [Fault.DELAY, Fault.TRICKLE, Fault.BLACK_HOLE])
async def test_what_is_late_arrives_whole(fault: Fault) -> None:
    """A black hole gives nothing until it is mended."""
    async with through() as (proxy, reader, writer):
        proxy.set(fault, seconds=0.01)
        asking = asyncio.create_task(said(reader, writer))
        await asyncio.sleep(0.2)
        assert asking.done() is (fault is not Fault.BLACK_HOLE)
        proxy.mend()
        assert await asking == _SENT
        assert proxy.harmed >= 1


async def test_one_bit_of_a_chunk_is_another() -> None:
    """In the direction that is named, and in as many chunks as are named."""
    async with through() as (proxy, reader, writer):
        proxy.set(Fault.CORRUPT, direction=Direction.DIALLER, times=1)
        heard = await said(reader, writer)
        changed = [(one ^ other).bit_count() for one, other in zip(_SENT, heard, strict=True)]
        assert (sum(changed), proxy.harmed) == (1, 1)
        assert await said(reader, writer) == _SENT


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET])
async def test_a_cut_is_in_the_middle(fault: Fault) -> None:
    """Half of it comes back at most, then the end; a reset is told as one or overtakes what was under way."""
    async with through() as (proxy, reader, writer):
        proxy.set(fault, direction=Direction.ANSWERER, least=len(_SENT) // 2)
        writer.write(_SENT)
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            while data := await reader.read(65_536):
                heard += data
        assert len(heard) < len(_SENT)
        assert _SENT.startswith(heard)
        assert proxy.harmed == 1


async def test_small_chunks_are_let_through() -> None:
    """What is smaller than what is to be harmed."""
    async with through() as (proxy, reader, writer):
        proxy.set(Fault.CORRUPT, least=100)
        writer.write(b"small")
        assert await reader.readexactly(5) == b"small"
        assert proxy.harmed == 0


@pytest.mark.parametrize("turns", range(8))
async def test_a_proxy_that_ends_while_a_connection_begins_or_ends_leaves_none_open(turns: int) -> None:
    """At whatever turn of the loop its end comes; an open writer that is dropped is a warning, and so a failure."""
    async with echo() as port:
        async with proxied(port) as proxy:
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            for _ in range(turns):
                await asyncio.sleep(0)
            writer.close()
            for _ in range(turns):
                await asyncio.sleep(0)
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    gc.collect()
