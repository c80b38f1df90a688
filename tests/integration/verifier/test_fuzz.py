"""Spoilt seals and files, many of them: the verifier neither crashes nor hangs, and calls none of them genuine."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LONGEST_SILENCE_SECONDS = 30.0
"""One input takes at most a second or two; a longer silence is a hang."""


def _told(descriptor: int) -> bytes:
    """Give what the child says next, nothing at its end."""
    if not select.select([descriptor], [], [], LONGEST_SILENCE_SECONDS)[0]:
        raise TimeoutError("one input takes too long")
    return os.read(descriptor, 1 << 16)


def run(seed: int, *, count: int, seconds: int) -> int:
    """Run the child under watch, and give how many inputs it tried."""
    command = [sys.executable, "-W", "error", "-m", "tests.integration.verifier.fuzz_child"]
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command, str(seed), str(count), str(seconds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        last = b""
        try:
            while told := _told(child.stdout.fileno()):
                last = (last + told)[-64:]
        except BaseException:
            child.kill()
            raise
        said = child.stderr.read().decode()
        assert child.wait(LONGEST_SILENCE_SECONDS) == 0, f"seed {seed}, after {last!r}: {said}"
    *_, number, done = last.split()
    assert done == b"done"
    return int(number) + 1


def test_some_spoilt_inputs() -> None:
    """Some, always the same ones."""
    assert run(20261122, count=120, seconds=600) == 120


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_minutes_of_spoilt_inputs() -> None:
    """As many as ten minutes hold, other ones each time."""
    seed = int.from_bytes(os.urandom(4))
    assert run(seed, count=10**9, seconds=600) > 1000
