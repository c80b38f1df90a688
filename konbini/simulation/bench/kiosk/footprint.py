"""What a kiosk's processes hold of the machine, as proc(5) counts it: memory, file descriptors, the journal's size."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Footprint", "ProcessFootprint", "age", "cpu_seconds", "footprint", "process_footprint"]

_VISIT = b"konbini.kiosk.visit"
_TICKS = os.sysconf("SC_CLK_TCK")
_CPU = slice(11, 13)
_START_TIME = 19
"""Places of `utime`, `stime` and `starttime` behind the command's name in /proc/PID/stat (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFootprint:
    """One process: its share of memory (PSS: shared pages in parts) in KiB, its descriptors, its CPU seconds."""

    kib: int
    descriptors: int
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """A kiosk: its long-lived process, the processes of its visits from the oldest on, its journal in bytes.

    The journal's are the pages of its database; its write-ahead log is written over and over, and not counted.
    """

    host: ProcessFootprint
    visits: tuple[ProcessFootprint, ...]
    journal: int

    @property
    def kib(self) -> int:
        """Memory of all of its processes."""
        return self.host.kib + sum(visit.kib for visit in self.visits)

    @property
    def cpu(self) -> float:
        """CPU seconds that those of its processes have used that live now."""
        return self.host.cpu + sum(visit.cpu for visit in self.visits)


def footprint(host: int, journal: Path) -> Footprint:
    """Measure a kiosk now.

    Args:
        host: the id of its long-lived process.
        journal: its journal's file.

    Raises:
        OSError: there is no such process, or it may not be looked at.
        sqlite3.Error: there is no such journal.
    """
    return Footprint(
        host=process_footprint(host),
        visits=tuple(_visits(host)),
        journal=_pages(journal),
    )


def age(pid: int) -> float:
    """Give how long a process has lived, in seconds.

    Raises:
        OSError: there is no such process.
    """
    started = int(_stat(pid)[_START_TIME])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / _TICKS


def cpu_seconds(pid: int) -> float:
    """Give the CPU seconds that a process has used, in hundredths.

    Raises:
        OSError: there is no such process.
    """
    return sum(map(int, _stat(pid)[_CPU])) / _TICKS


def process_footprint(pid: int) -> ProcessFootprint:
    """Measure one process now.

    Raises:
        OSError: there is no such process, or it may not be looked at.
    """
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    pss = next(line for line in rolled if line.startswith("Pss:"))
    return ProcessFootprint(
        kib=int(pss.split()[1]),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        cpu=cpu_seconds(pid),
    )


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def _pages(journal: Path) -> int:
    with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        (pages,), (size,) = (opened.execute(f"PRAGMA page_{word}").fetchone() for word in ("count", "size"))
    return int(pages) * int(size)


def _visits(host: int) -> Iterator[ProcessFootprint]:
    children = Path(f"/proc/{host}/task/{host}/children").read_text("ascii").split()
    for pid in sorted(map(int, children)):
        with suppress(OSError, StopIteration):  # it ended meanwhile
            if _VISIT in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield process_footprint(pid)
