"""kill -9 at every edge of every commit: nothing acknowledged is lost. `make test` kills twenty times on each engine.

The campaign is a program of its own: only a process of one thread may fork its workers.
"""

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
_LONG = (pytest.mark.long, pytest.mark.timeout(3600))
_ENGINES = ("sqlite", "postgresql")


@pytest.mark.parametrize(
    ("engine", "kills"),
    [
        *(pytest.param(engine, 20, id=f"{engine}-20") for engine in _ENGINES),
        *(pytest.param(engine, 1_000, id=f"{engine}-1000", marks=_LONG) for engine in _ENGINES),
    ],
)
def test_nothing_acknowledged_is_lost(
    engine: str, kills: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """State, log entry and owed message of each acknowledged thing are there again, and nothing is half there."""
    if engine == "postgresql":
        check_installed()
    found = tmp_path / "kills.json"
    done = subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "tests.faults.kills.campaign", "--engine", engine),
            *("--kills", str(kills), "--json", str(found)),
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
    assert told["engine"] == engine
    assert told["kills"] == kills
    assert told["acknowledged"] > kills * 5
    assert told["found_again"] == told["acknowledged"]
    assert told["lost"] == 0
