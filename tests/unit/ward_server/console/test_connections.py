"""How many connections there may be at a time."""

from __future__ import annotations

import asyncio

from aiohttp import web

from konbini.ward_server.console.connections import Bounded


async def test_whoever_opens_more_is_hung_up_on() -> None:
    """Two hold on, saying nothing; the third is hung up on; where one of them goes another is let in."""
    server = web.Server(_answer, access_log=None)
    listener = await asyncio.get_running_loop().create_server(Bounded(server, 2), "127.0.0.1", 0)
    port: int = listener.sockets[0].getsockname()[1]
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    assert await _asked(port) == b""
    held[0][1].close()
    await held[0][1].wait_closed()
    async with asyncio.timeout(5):
        while not (answer := await _asked(port)):  # noqa: ASYNC110 - the server hears of the close in a turn of its own
            await asyncio.sleep(0.01)
    assert answer.startswith(b"HTTP/1.1 200")
    held[1][1].close()
    listener.close()
    await server.shutdown()


async def _answer(_request: web.BaseRequest) -> web.Response:
    return web.Response(text="in")


async def _asked(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
