"""`konbini bench import`: a small town in the short run, and memory that stays what it is in the long one."""

from __future__ import annotations

import json

import pytest

from konbini.commands.main import main


def measured(capsys: pytest.CaptureFixture[str], *given: str) -> dict[str, dict[str, float]]:
    """Run the command and give its last line."""
    assert main(["bench", "import", "--json", *given]) == 0
    found: dict[str, dict[str, float]] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_a_small_town_is_taken_over_and_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure is there, and none is nothing."""
    found = measured(capsys, "--residents", "300", "--processes", "1")
    assert list(found) == ["300"]
    assert {name for name, figure in found["300"].items() if figure > 0} >= {
        *("import_s", "import_cpu_s", "writer_mib", "pool_mib", "tree_mib")
    }


@pytest.mark.long
@pytest.mark.timeout(5400)
def test_memory_does_not_grow_with_the_town(capsys: pytest.CaptureFixture[str]) -> None:
    """What 50,000 residents take, by which the writer's pages in memory are full, is what 350,000 take.

    The tree of a reconcile has some 50 bytes for each resident, and nothing else of it grows.
    """
    found = measured(capsys, "--residents", "50000,350000")
    small, large = found["50000"], found["350000"]
    assert large["writer_mib"] < small["writer_mib"] + 48
    assert large["pool_mib"] < small["pool_mib"] + 32
    assert large["tree_mib"] < small["tree_mib"] + 64
