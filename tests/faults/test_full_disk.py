"""A disk of 4 MB fills under each store: `NotStored`, nothing acknowledged lost, and on it goes with room again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres import check_installed

pytestmark = pytest.mark.faults

_ROOT = Path(__file__).parents[2]
_STORES = {"sqlite": 5, "postgresql": 3}


def own_mounts() -> list[str]:
    """Give the words that start a program in a mount namespace of its own; skips where none can be had."""
    words = ["/usr/bin/unshare", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")), "--mount"]
    tried = subprocess.run(  # noqa: S603 - fixed program
        [*words, "/usr/bin/mount", "-t", "tmpfs", "konbini", "/mnt"], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("no file system can be mounted here, not even in a namespace of its own")
    return words


@pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=(pytest.mark.long, pytest.mark.timeout(600)))]
)
def test_a_full_disk_loses_nothing(engine: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Each store of the engine: refused while it is full, nothing acknowledged lost, and going on afterwards."""
    if engine == "postgresql":
        check_installed()
        if os.geteuid() != 0:
            pytest.skip("only root can mount a small file system for the server's own user")
    found = tmp_path / "full.json"
    done = subprocess.run(  # noqa: S603 - our own program
        [
            *own_mounts(),
            *(sys.executable, "-m", "tests.faults.kills.full_disk"),
            *("--engine", engine, "--json", str(found)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(found.read_text("utf-8"))
    record_property("faults", found.read_text("utf-8").strip())
    assert told["stores"] == _STORES[engine]
    assert told["refused"] >= 8 * told["stores"]
    assert told["found_again"] == told["acknowledged"] > 20 * told["stores"]
    assert told["lost"] == 0
