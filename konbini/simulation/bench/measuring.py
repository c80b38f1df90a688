"""CPU time and memory of one document, way beside way in one process.

CPU time is the whole process's, threads of a library included; ways take turns document by document, so that what
else runs on the machine meets them alike, and medians are compared. Heap is the peak of Python's own allocations over
one document (tracemalloc); what a library takes outside Python's allocator is not in it.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from konbini.simulation.bench.figures.spread import median
from konbini.simulation.bench.material import Document, Way

__all__ = ["Cost", "measure"]

_WARM: Final = 3
_HEAP_ROUNDS: Final = 5
_MS: Final = 1000
_KB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one way costs a document: medians of CPU milliseconds, of the file's KB, and of the heap's peak in KB.

    `low` and `high`: between which the median of `cpu_ms` lies in 95 of 100 runs; None where too few were made.
    """

    name: str
    cpu_ms: float
    file_kb: float
    heap_kb: float
    low: float | None = None
    high: float | None = None


def measure(ways: Sequence[Way], documents: Sequence[Document]) -> list[Cost]:
    """Let each way make every document, in turn."""
    for way in ways:
        for document in documents[:_WARM]:
            way.make(document)
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    sizes: dict[str, list[int]] = {way.name: [] for way in ways}
    for document in documents:
        for way in ways:
            before = time.process_time()
            made = way.make(document)
            times[way.name].append(time.process_time() - before)
            sizes[way.name].append(len(made))
    cpu = {name: median(its).scaled(_MS) for name, its in times.items()}
    return [
        Cost(
            name=way.name,
            cpu_ms=cpu[way.name].value,
            low=cpu[way.name].low,
            high=cpu[way.name].high,
            file_kb=statistics.median(sizes[way.name]) / _KB,
            heap_kb=_heap(way, documents[:_HEAP_ROUNDS]) / _KB,
        )
        for way in ways
    ]


def _heap(way: Way, documents: Sequence[Document]) -> float:
    """Return the median peak of the heap above what stood before, in bytes."""
    peaks = []
    for document in documents:
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        way.make(document)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        peaks.append(peak - before)
    return statistics.median(peaks)
