"""Fuzzes one target with atheris (libFuzzer).

    python -m tests.fuzz.child NAME FOLDER [argument of libFuzzer ...]

FOLDER gets `slowest` (the time in seconds and then the input, whenever one takes longer than all before it) and what
libFuzzer writes. The process has a bound of address space beside libFuzzer's own bounds of memory and time, so that an
allocation which would end the machine is a MemoryError here, with the line that asked for it.
"""

from __future__ import annotations

import gc
import resource
import sys
import types
from pathlib import Path
from typing import Final

import atheris

from tests.fuzz.target import Target, spend
from tests.fuzz.targets import TARGETS, kept, load

_ROOM: Final = 3 << 30
"""Bytes of address space beyond what the process has when it begins."""
_MADE_BY_EXEC: Final = "<string>"
_LONGER: Final = 1.2
_SLACK: Final = 20
"""Times an input's bound of seconds after which libFuzzer ends it: others may have the machine."""


def main() -> None:
    """Run until libFuzzer ends the process."""
    name, folder, *arguments = sys.argv[1:]
    with atheris.instrument_imports(include=["konbini", *TARGETS[name].beside]):
        target = load(name)
    for path in kept(name):
        target.run(path.read_bytes())
    _watch_made_code()
    _bound_space()
    slowest = _Slowest(target, Path(folder))
    argv = [sys.argv[0], *_bounds(target, Path(folder)), *arguments]
    if target.mutate is None:
        atheris.Setup(argv, slowest.feed)
    else:
        change = target.mutate
        atheris.Setup(argv, slowest.feed, custom_mutator=lambda data, most, seed: change(bytes(data), most, seed, _raw))
    atheris.Fuzz()


def _bounds(target: Target, folder: Path) -> list[str]:
    """Give what libFuzzer is told of the target: its bounds, and words in which it may speak."""
    words = folder / "words"
    written = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
    words.write_text("".join(f'"{word}"\n' for word in written), "ascii")
    dictionary = [f"-dict={words}"] if target.words else []
    return [f"-max_len={target.most}", f"-timeout={int(_SLACK * target.seconds)}", *dictionary]


class _Slowest:
    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._path = folder / "slowest"
        self._seconds = 0.0

    def feed(self, data: bytes) -> None:
        seconds = spend(self._target, data).seconds
        if seconds > _LONGER * self._seconds:
            self._seconds = seconds
            self._path.write_bytes(f"{seconds:.6f}\n".encode() + data)


def _raw(data: bytes, most: int) -> bytes:
    return bytes(atheris.Mutate(data or b"\0", max(most, 1)))[:most]


def _watch_made_code() -> None:
    """Watch the code that is made for each class of messages too: it is not imported (`konbini.protocol.straight`)."""
    for found in gc.get_objects():
        if isinstance(found, types.FunctionType) and found.__code__.co_filename == _MADE_BY_EXEC:
            atheris.instrument_func(found)


def _bound_space() -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    bound = pages * resource.getpagesize() + _ROOM
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


if __name__ == "__main__":
    main()
