"""Keeps the smallest of what runs found that reach lines in an order that nothing kept reaches.

    python -m tests.fuzz.keeping_found [NAME ...]

What counts are pairs of lines of our own code, one after the other. A target gets some inputs a time, and few bytes:
the corpus stays small.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.fuzz.seeding import keep
from tests.fuzz.target import Target
from tests.fuzz.targets import CORPUS, TARGETS, kept, load

_OWN: Final = str(Path(__file__).parents[2] / "konbini")
_MADE: Final = "<string>"
_MOST_FILES, _MOST_BYTES = 24, 6 * 1024
_Pairs = set[tuple[str, int, int]]


def main() -> None:
    """Keep what is new, for each target that is named, or for all."""
    for name in sys.argv[1:] or TARGETS:
        found = Path("out/fuzz") / name / "found"
        if found.is_dir():
            sys.stdout.write(f"{name}: {_kept_anew(name, found)}\n")


def _kept_anew(name: str, found: Path) -> int:
    target = load(name)
    seen: _Pairs = set()
    for path in kept(name):
        seen |= _pairs(target, path.read_bytes())
    count, size = 0, 0
    for path in sorted(found.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        data = path.read_bytes()
        if count == _MOST_FILES or size + len(data) > _MOST_BYTES:
            break
        fresh = _pairs(target, data) - seen
        if fresh:
            keep(CORPUS / name, data)
            seen |= fresh
            count, size = count + 1, size + len(data)
    return count


def _pairs(target: Target, data: bytes) -> _Pairs:
    found: _Pairs = set()
    with _traced(found):
        target.run(data)
    return found


@contextmanager
def _traced(found: _Pairs) -> Iterator[None]:
    def call(frame: FrameType, _event: str, _argument: Any) -> Any:  # noqa: ANN401 - as Python traces
        file = frame.f_code.co_filename
        if not file.startswith(_OWN) and file != _MADE:
            return None
        before = 0

        def line(inner: FrameType, event: str, _argument: Any) -> Any:  # noqa: ANN401 - the same
            nonlocal before
            if event == "line":
                found.add((f"{file} {inner.f_code.co_name}", before, inner.f_lineno))
                before = inner.f_lineno
            return line

        return line

    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(None)


if __name__ == "__main__":
    main()
