"""The relay's benchmark runs from beginning to end: every way carries orders, stands idle and comes back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.process.link import LinkLimits
from konbini.simulation.bench.relay.figures import rows
from konbini.simulation.bench.relay.proxies import missing
from konbini.simulation.bench.relay.running import FEWEST_IDLE, Plan, measure_relay
from konbini.simulation.bench.relay.ways import AS_ITS_UNIT, DIRECT

UNIT = Path(__file__).parents[5] / "systemd" / "konbini-center.service"
PLAN = Plan(
    rounds=1,
    small=16,
    large=4,
    handshakes=4,
    idle=FEWEST_IDLE,
    rate=20,
    seconds=0.5,
    limits=LinkLimits(first_pause_seconds=0.05),
)


@pytest.mark.long
@pytest.mark.skipif(bool(missing()), reason=f"Debian's packages are not installed: {', '.join(missing())}")
async def test_every_way_is_measured() -> None:
    """Each has its figures, and none is of a process that was not there."""
    found = await measure_relay(PLAN, lambda _line: None)
    given = {(row.variant, row.measure): row.value for row in rows(found.figures, DIRECT, found.listed_kib)}
    assert set(found.figures) == {DIRECT, "nginx", "haproxy", "center", "edge"}
    for way in ("nginx", "haproxy", "center", "edge"):
        assert given[way, "1 KB"] > 1
        assert given[way, "200 KB"] > given["nginx", "1 KB"]
        assert given[way, "idle link"] > 1
        assert given[way, "56000 back"] > 1
    assert all(len(figures.latencies) == 10 for figures in found.figures.values())


def test_the_center_runs_as_its_unit_starts_it() -> None:
    """What is measured is what runs: malloc's settings cost."""
    (line,) = re.findall(r"^Environment=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(pair.split("=", 1) for pair in line.split()) == AS_ITS_UNIT
