"""What is fuzzed: one decoder, fed with bytes; it gives a value or its declared refusal, soon and in little room."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

__all__ = ["Mutate", "Raw", "Spent", "Target", "file_of", "finished", "spend"]

T = TypeVar("T")

Raw = Callable[[bytes, int], bytes]
"""Changes bytes anyhow, to at most so many: the engine's own way."""
Mutate = Callable[[bytes, int, int, Raw], bytes]
"""Changes an input in its own structure: the input, the most bytes, a seed of chance, and the engine's own way."""
_KIBI: Final = 1024
_PEAK: Final = re.compile(rb"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One decoder.

    Attributes:
        run: feeds it; returns where it took or refused the input as it declares, and raises otherwise.
        seeds: genuine inputs, from the project's own encoders.
        mutate: how inputs are changed where bytes at random never get past the first check.
        most: bytes of an input at most.
        seconds: what one input may take.
        mebibytes: by how much the process may grow for one input.
        words: bytes that mean something to it.
    """

    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    mutate: Mutate | None = None
    most: int = 4096
    seconds: float = 1.0
    mebibytes: int = 32
    words: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one input took: seconds, and bytes by which the process's peak grew."""

    seconds: float
    grown: int


def spend(target: Target, data: bytes) -> Spent:
    """Feed one input and hold the bound of memory.

    Raises:
        AssertionError: the process grew beyond the bound.
        Exception: whatever the decoder raised beside its refusals.
    """
    _forget_peak()
    before, began = _peak(), time.perf_counter()
    target.run(data)
    spent = Spent(seconds=time.perf_counter() - began, grown=_peak() - before)
    if spent.grown > target.mebibytes * _KIBI * _KIBI:
        raise AssertionError(f"one input of {len(data)} bytes took {spent.grown} bytes of memory")
    return spent


def finished(steps: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that has nothing to wait for.

    Raises:
        RuntimeError: it wanted to wait.
    """
    try:
        steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    steps.close()
    raise RuntimeError("a decoder wanted to wait")


@contextmanager
def file_of(data: bytes) -> Iterator[Path]:
    """Give a file with some bytes in it, which is nowhere but in memory while the context lasts."""
    held = os.memfd_create("fuzzed")
    try:
        os.pwrite(held, data, 0)
        yield Path(f"/proc/self/fd/{held}")
    finally:
        os.close(held)


def _forget_peak() -> None:
    """Have the kernel count the peak of memory from here on (proc(5), clear_refs)."""
    held = os.open("/proc/self/clear_refs", os.O_WRONLY)
    os.write(held, b"5")
    os.close(held)


def _peak() -> int:
    """Read the peak: getrusage would give that of whoever started the process, where it was larger."""
    held = os.open("/proc/self/status", os.O_RDONLY)
    found = _PEAK.search(os.read(held, 1 << 14))
    os.close(held)
    if found is None:
        raise RuntimeError("a kernel without VmHWM")
    return int(found[1]) * _KIBI
