"""Reads the memory of other processes (proc(5): maps, mem, pagemap) and says which markers stand in it.

A process is held still while it is read: scans of a running one give false zeros. Read is every mapping that can hold
what a process was told, private or shared; unwritten file mappings (programs, libraries) and pages that were never
touched are left out. Needs the right to trace the process (root, or its parent under some kernels).
Limits: what a page held before the kernel gave it back, and what a device or a CPU cache holds, is not seen.
"""

from __future__ import annotations

import os
import signal
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from konbini.simulation.evidence.markers import Marker, found

__all__ = ["Process", "Seen", "copied", "descendants", "extract", "runs", "scan", "search", "stopped"]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_CHUNK = 1 << 20
_OVERLAP = 256
_PRESENT_OR_SWAPPED = 1 << 62
_UNREADABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")
_STOPPING_SECONDS = 5.0
_LOOK_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as /proc names it."""

    pid: int
    parent: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a scan found, and how many bytes it read: a scan of nothing proves nothing."""

    markers: frozenset[str]
    octets: int


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Hold a process still while the context lasts.

    Raises:
        ProcessLookupError: it is gone.
        TimeoutError: it does not stop.
    """
    os.kill(pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + _STOPPING_SECONDS
        while (state := _state(pid)) not in ("T", "t"):
            if state in ("Z", "X"):
                raise ProcessLookupError(f"process {pid} has ended")
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {pid} does not stop")
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def scan(pid: int, markers: Sequence[Marker]) -> Seen:
    """Look for markers in a process, which is held still by the caller or is this one.

    Raises:
        OSError: it cannot be read.
    """
    return search(_mappings(pid), markers)


def copied(pid: int) -> tuple[bytes, ...]:
    """Copy what `scan` looks into, so that a process is held still for the copying and not for the search.

    A deadline that passes while a process stands still has passed when it goes on.

    Raises:
        OSError: it cannot be read.
    """
    return tuple(_mappings(pid))


def search(memory: Iterable[bytes], markers: Sequence[Marker]) -> Seen:
    """Look for markers in runs of memory, a chunk at a time: other threads have their turn between two."""
    names: frozenset[str] = frozenset()
    octets = 0
    for whole in memory:
        for place in range(0, len(whole), _CHUNK):
            chunk = whole[max(0, place - _OVERLAP) : place + _CHUNK]
            octets += len(chunk)
            names |= found(markers, chunk)
    return Seen(markers=names, octets=octets)


def extract(pid: int, begin: bytes, end: bytes) -> tuple[bytes, ...]:
    """Give every different run of octets from `begin` to the last `end` before the next `begin`, in one mapping.

    Raises:
        OSError: it cannot be read.
    """
    return runs(_mappings(pid), begin, end)


def runs(memory: Iterable[bytes], begin: bytes, end: bytes) -> tuple[bytes, ...]:
    """Give the same of runs of memory that were copied."""
    different: dict[bytes, None] = {}
    for whole in memory:
        place = whole.find(begin)
        while place >= 0:
            following = whole.find(begin, place + 1)
            last = whole.rfind(end, place, following if following >= 0 else len(whole))
            if last >= 0:
                different[whole[place : last + len(end)]] = None
            place = following
    return tuple(different)


def descendants(pid: int) -> tuple[Process, ...]:
    """Give the living processes under one, without it."""
    children: dict[int, list[Process]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it ended meanwhile
            state, parent, *_ = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            if state not in ("Z", "X"):
                process = Process(pid=int(folder.name), parent=int(parent), command=command)
                children.setdefault(process.parent, []).append(process)
    under: list[Process] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        under += below
        waiting += [process.pid for process in below]
    return tuple(under)


def _state(pid: int) -> str:
    """Give the state's letter (proc(5)), "X" of a process that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return "X"
    return stat.rpartition(")")[2].split()[0]


def _mappings(pid: int) -> Iterator[bytes]:
    """Give runs of touched memory, each whole."""
    with (
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
        Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap,
    ):
        for line in Path(f"/proc/{pid}/maps").read_text("utf-8", "replace").splitlines():
            span, rights, _offset, _device, inode, *name = line.split(maxsplit=5)
            if not rights.startswith("r") or (name and name[0] in _UNREADABLE):
                continue
            if inode != "0" and rights[1] != "w" and rights[3] == "p":
                continue
            begin, end = (int(number, 16) for number in span.split("-"))
            if rights[3] == "s" or inode != "0":
                yield from _read(memory.fileno(), [(begin, end)])
            else:
                yield from _read(memory.fileno(), _touched(pagemap.fileno(), begin, end))


def _touched(pagemap: int, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the parts of an anonymous mapping of which pages exist, in steps of a chunk, joined."""
    since = None
    for place in range(begin, end, _CHUNK):
        stop = min(place + _CHUNK, end)
        entries = array("Q", os.pread(pagemap, 8 * ((stop - place) // _PAGE), 8 * (place // _PAGE)))
        if entries and max(entries) >= _PRESENT_OR_SWAPPED:
            since = place if since is None else since
        elif since is not None:
            yield since, place
            since = None
    if since is not None:
        yield since, end


def _read(memory: int, spans: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> Iterator[bytes]:
    for begin, end in spans:
        try:
            yield os.pread(memory, end - begin, begin)
        except OSError:
            yield from _read_pages(memory, begin, end)


def _read_pages(memory: int, begin: int, end: int) -> Iterator[bytes]:
    """Read page by page what cannot be read in one: a device's mapping, the end of a shortened file."""
    for place in range(begin, end, _PAGE):
        with suppress(OSError):
            yield os.pread(memory, _PAGE, place)
