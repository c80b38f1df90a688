"""Sees every file that is written on whole file systems, unlinked ones too, and keeps what was in them.

fanotify(7), which needs CAP_SYS_ADMIN: each event hands over the file itself, so that its content can be read although
its name is gone. Content of files that stay (stores, logs) is not kept; they are read where they are when asked.
Limits: what is overwritten between two events is seen in its last state only; sockets, pipes, memfds and POSIX
shared memory outside the marked file systems are no files here (the memory of processes is another room).
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from konbini.simulation.evidence.markers import Marker, found

__all__ = ["FileWatch", "Written"]

_CLOEXEC_NONBLOCK = 0x1 | 0x2
_UNLIMITED_QUEUE = 0x10
_MARK_ADD_FILESYSTEM = 0x1 | 0x100
_MODIFY, _CLOSE_WRITE, _OVERFLOW = 0x2, 0x8, 0x4000
_O_LARGEFILE = 0o100000
_AT_FDCWD = -100
_EVENT = struct.Struct("IBBHQii")
_MOST_OCTETS = 64 << 20
_LOOK_MILLISECONDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One state of one file, as it was seen: its name then, with " (deleted)" where it had none any more."""

    path: str
    content: bytes


@dataclass(slots=True)
class _Kept:
    written: list[Written] = field(default_factory=list)
    lasting: set[str] = field(default_factory=set)
    known: set[tuple[str, int]] = field(default_factory=set)
    overflowed: bool = False


class FileWatch:
    """Use as a context manager.

    Args:
        places: a path on each file system to watch.
        concerns: whether a process's writes are of interest; asked with its id.
        stays: whether a file is one that stays, so that its name is enough; asked with its path.
    """

    def __init__(
        self, places: Sequence[Path], *, concerns: Callable[[int], bool], stays: Callable[[str], bool]
    ) -> None:
        self._places = places
        self._concerns = concerns
        self._stays = stays
        self._kept = _Kept()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="files")
        self._events = -1

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            OSError: the kernel does not allow it.
        """
        libc = ctypes.CDLL(None, use_errno=True)
        libc.fanotify_mark.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p)
        self._events = _checked(
            libc.fanotify_init(_CLOEXEC_NONBLOCK | _UNLIMITED_QUEUE, os.O_RDONLY | os.O_CLOEXEC | _O_LARGEFILE)
        )
        for place in self._places:
            mask = _MODIFY | _CLOSE_WRITE
            _checked(libc.fanotify_mark(self._events, _MARK_ADD_FILESYSTEM, mask, _AT_FDCWD, os.fsencode(place)))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        os.close(self._events)

    @property
    def paths(self) -> frozenset[str]:
        """Every file that was seen, kept or noted."""
        return frozenset(each.path for each in self._kept.written) | frozenset(self._kept.lasting)

    @property
    def overflowed(self) -> bool:
        """Whether the kernel dropped events: then nothing is proved."""
        return self._kept.overflowed

    def written(self) -> tuple[Written, ...]:
        """Give what was kept."""
        return tuple(self._kept.written)

    def search(self, markers: Sequence[Marker]) -> dict[str, frozenset[str]]:
        """Give the files in which markers stand, kept ones as they were, lasting ones as they are now."""
        hits: dict[str, frozenset[str]] = {}
        for each in self.written():
            if names := found(markers, each.content):
                hits[each.path] = hits.get(each.path, frozenset()) | names
        for path in sorted(self._kept.lasting):
            if Path(path).is_file() and (names := found(markers, Path(path).read_bytes())):
                hits[path] = names
        return hits

    def _follow(self) -> None:
        """Take events until told to end and none is left."""
        poll = select.poll()
        poll.register(self._events, select.POLLIN)
        while poll.poll(_LOOK_MILLISECONDS) or not self._ending.is_set():
            try:
                events = os.read(self._events, 1 << 16)
            except BlockingIOError:
                continue
            for place in range(0, len(events), _EVENT.size):
                _length, _version, _, _, mask, descriptor, pid = _EVENT.unpack_from(events, place)
                if mask & _OVERFLOW:
                    self._kept.overflowed = True
                if descriptor >= 0:
                    self._take(descriptor, pid)

    def _take(self, descriptor: int, pid: int) -> None:
        try:
            path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            if not self._concerns(pid):
                return
            if self._stays(path):
                self._kept.lasting.add(path)
                return
            content = os.pread(descriptor, _MOST_OCTETS, 0)
            key = (path, hash(content))
            if key not in self._kept.known:
                self._kept.known.add(key)
                self._kept.written.append(Written(path=path, content=content))
        finally:
            os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
