"""The memory that a document lies in: nobody else reads it where the kernel has secret memory, else it is locked."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from konbini.kiosk.visit.secret import Kept
from konbini.simulation.evidence.markers import Marker
from konbini.simulation.evidence.memory import Seen, scan, stopped

# The word comes in inverted and is turned octet by octet where it lies: it stands in that one place only.
HOLDER = """
import sys
from konbini.kiosk.visit.secret import SecretMemory
from tests.e2e.proofs.older_kernel import forget_secret_memory

inverted = sys.stdin.buffer.read(32)
if sys.argv[1] == "locked":
    forget_secret_memory()
memory = SecretMemory.map()
memory.hold(inverted)
view = memory.view
for place, octet in enumerate(inverted):
    view[place] = 255 - octet
sys.stdout.write(memory.kept.value + "\\n")
sys.stdout.flush()
sys.stdin.buffer.read(1)
memory.wipe()
sys.stdout.write("wiped\\n")
sys.stdout.flush()
sys.stdin.buffer.read()
"""


@asynccontextmanager
async def holder(kernel: str, word: bytes) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a process that holds a word; gives it, and how the kernel keeps its pages."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, kernel), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(bytes(255 - octet for octet in word))
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


def look(pid: int, word: bytes) -> Seen:
    """Search a process, held still."""
    with stopped(pid):
        return scan(pid, [Marker(name="word", octets=word)])


async def test_secret_memory_is_read_by_nobody_else() -> None:
    """Not even by root through /proc: the pages are outside the kernel's own map."""
    word = os.urandom(32)
    async with holder("own", word) as (process, kept):
        if kept != Kept.APART.value:
            pytest.skip("no memfd_secret in this kernel")
        seen = look(process.pid, word)
    assert seen.octets > 1 << 20
    assert not seen.markers


async def test_locked_memory_is_found_until_it_is_wiped() -> None:
    """Positive control, and what a kernel without secret memory gives: the same search finds it, and then no more."""
    word = os.urandom(32)
    async with holder("locked", word) as (process, kept):
        assert kept == Kept.LOCKED.value
        assert look(process.pid, word).markers == {"word"}
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"!")
        assert await process.stdout.readline() == b"wiped\n"
        assert not look(process.pid, word).markers
