"""The instruments themselves: a scan finds what is there, in every kind of memory and file, and no more."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from konbini.simulation.evidence.files import FileWatch
from konbini.simulation.evidence.markers import Marker, of_bytes, of_text, tells
from konbini.simulation.evidence.memory import descendants, extract, scan, stopped

# What is held stands in that one place only: it comes in inverted, and is turned octet by octet.
HOLDER = """
import mmap, os, sys
where, inverted, first = sys.argv[1], sys.stdin.buffer.read(32), 0
if where == "heap":
    held = bytearray(32)
elif where == "shared":
    held, first = mmap.mmap(-1, 1 << 22), (1 << 20) - 16
else:
    file = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)
    os.unlink(sys.argv[2])
    os.ftruncate(file, 4096)
    held = mmap.mmap(file, 4096)
for place, octet in enumerate(inverted):
    held[first + place] = 255 - octet
sys.stdout.buffer.write(b"held\\n")
sys.stdout.flush()
sys.stdin.buffer.read()
"""
WRITER = """
import os, sys
word = sys.stdin.buffer.read()
for name, is_left in ((sys.argv[1], True), (sys.argv[2], False)):
    with open(name, "wb") as file:
        file.write(b"before" + word)
    if not is_left:
        os.unlink(name)
"""


@asynccontextmanager
async def holder(where: str, word: bytes, place: Path) -> AsyncIterator[int]:
    """Run a control process that holds a word somewhere; it is there when the context is entered."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, where, str(place)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(bytes(255 - octet for octet in word))
        assert await process.stdout.readline() == b"held\n"
        yield process.pid
    finally:
        process.stdin.close()
        await process.wait()


@pytest.mark.parametrize("where", ["heap", "shared", "unlinked"])
async def test_an_unwiped_buffer_is_found(where: str, tmp_path: Path) -> None:
    """Positive control: in a heap, over the edge of two chunks, in a file without a name; another word is not."""
    word, other = os.urandom(32), os.urandom(32)
    markers = [Marker(name="held", octets=word), Marker(name="other", octets=other)]
    async with holder(where, word, tmp_path / "file") as pid:
        assert pid in {process.pid for process in descendants(os.getpid())}
        with stopped(pid):
            seen = scan(pid, markers)
    assert seen.markers == {"held"}
    assert seen.octets > 1 << 20


def test_a_process_that_has_ended_is_gone() -> None:
    """One that ends before it stands still, and one whose parent has not looked yet: neither has memory to be read."""
    process = subprocess.Popen((sys.executable, "-c", ""))
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ProcessLookupError), stopped(process.pid):
            pass
    finally:
        process.wait()
    with pytest.raises(ProcessLookupError), stopped(process.pid):
        pass


async def test_a_text_is_found_as_browsers_keep_it(tmp_path: Path) -> None:
    """UTF-16LE, beside UTF-8."""
    text = os.urandom(8).hex()
    async with holder("heap", text.encode("utf-16-le"), tmp_path) as pid:
        with stopped(pid):
            seen = scan(pid, list(of_text("word", text)))
    assert seen.markers == {"word, UTF-16LE"}


async def test_a_run_of_octets_is_taken_out_whole(tmp_path: Path) -> None:
    """How the proofs come by the bytes of a document: from the memory of the one process that may hold it."""
    word = os.urandom(8) + bytes(16) + os.urandom(8)
    async with holder("shared", word, tmp_path) as pid:
        with stopped(pid):
            assert extract(pid, word[:8], word[-8:]) == (word,)


def test_short_markers_are_refused() -> None:
    """Four digits would be found anywhere, and so would an ordinary short word."""
    with pytest.raises(ValueError, match="too short"):
        Marker(name="PIN", octets=b"7294")
    assert [tells(name) for name in ("AUNG SU", "AUNG SUU", "澄川太", "澄川太郎")] == [False, True, False, True]
    with pytest.raises(ValueError, match="nothing of it"):
        list(of_bytes("blank", bytes(4096), 4))


def test_what_anybody_may_hold_marks_nothing() -> None:
    """Slices of a typeface that a document carries a part of are left out, and others taken in their place."""
    own, typeface = os.urandom(4096), os.urandom(4096)
    document = own[:2048] + typeface + own[2048:]
    assert len(list(of_bytes("document", document, 12))) == 12
    taken = list(of_bytes("document", document, 12, public=typeface))
    assert len(taken) == 12
    assert not any(marker.octets in typeface for marker in taken)


async def test_written_and_unlinked_files_are_seen(tmp_path: Path) -> None:
    """Positive control: the content of a file that was unlinked at once, and of one that stays."""
    if os.geteuid():
        pytest.skip("fanotify(7) on a whole file system is root's")
    markers = [Marker(name="word", octets=os.urandom(32))]
    left, gone = tmp_path / "left", tmp_path / "gone"
    pids: set[int] = set()
    with FileWatch([tmp_path], concerns=lambda pid: pid in pids, stays=lambda path: path == str(left)) as watch:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITER, str(left), str(gone)), stdin=asyncio.subprocess.PIPE
        )
        pids.add(process.pid)
        await process.communicate(markers[0].octets)
        (tmp_path / "another's").write_bytes(markers[0].octets)
    assert not watch.overflowed
    hits = watch.search(markers)
    assert {Path(path).name.removesuffix(" (deleted)") for path in hits} == {"left", "gone"}
    assert not gone.exists()
