"""The next visit is another process on the same listening socket: the page comes back by itself."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHILD = Path(__file__).with_name("screen_child.py")
START = "マイナンバーカードで証明書を受け取れます"
PAPER = "証明書をお取りください"


@pytest_asyncio.fixture(loop_scope="module")
async def listener() -> AsyncIterator[socket.socket]:
    """The socket that outlives each visit."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(16)
        yield sock


@asynccontextmanager
async def child(listener: socket.socket, what: str) -> AsyncIterator[Process]:
    """Run a visit's screen in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CHILD),
        str(listener.fileno()),
        what,
        pass_fds=[listener.fileno()],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.stdin.close()
        async with asyncio.timeout(20):
            await process.wait()


@pytest.mark.parametrize("is_killed", [False, True], ids=["ended", "killed"])
async def test_the_page_comes_back_to_the_start(browser: Browser, listener: socket.socket, *, is_killed: bool) -> None:
    """Ended in order or killed: with nobody touching it, the screen shows the next visit's start, and works."""
    host, port = listener.getsockname()
    page = await browser.new_page()
    page.set_default_timeout(15_000)
    async with child(listener, "paper") as first:
        await page.goto(f"http://{host}:{port}/")
        await page.get_by_role("heading", level=1, name=PAPER).wait_for()
        before = await page.evaluate("() => document.documentElement.dataset.version")
        if is_killed:
            first.kill()
    await page.locator("html[data-lost]").wait_for()
    async with child(listener, "start"):
        await page.get_by_role("heading", level=1, name=START).wait_for()
        after = await page.evaluate("() => document.documentElement.dataset.version")
        assert before.split("-")[0] != after.split("-")[0]
        assert await page.locator("html[data-lost]").count() == 0
        assert PAPER not in await page.content()
        await page.close()


async def test_a_warm_process_takes_nothing_before_its_turn(browser: Browser, listener: socket.socket) -> None:
    """While nobody accepts, the browser waits in the socket's queue, and is served when the next process begins."""
    host, port = listener.getsockname()
    page = await browser.new_page()
    page.set_default_timeout(15_000)
    going = asyncio.create_task(page.goto(f"http://{host}:{port}/"))
    await asyncio.sleep(0.3)
    assert not going.done()
    async with child(listener, "start"):
        await going
        await page.get_by_role("heading", level=1, name=START).wait_for()
        await page.close()
