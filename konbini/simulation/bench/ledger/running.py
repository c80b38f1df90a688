"""The benchmark from beginning to end: every way in every round, beginning with another one each time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.simulation.bench.ledger.ways import ways
from konbini.simulation.postgresql import PrivateServer, folder_of_its_own

__all__ = ["FEWEST_COMMITS", "Measured", "Plan", "Rates", "measure_ledger"]

FEWEST_COMMITS: Final = 64
_SERVER: Final = ("shared_buffers=64MB", "max_wal_size=1GB", "max_connections=40")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many rounds count, and how many commits each way makes in one; one round goes before them, to warm up."""

    rounds: int
    commits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """One way's commits a second, round by round."""

    ours: bool
    rates: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out, by the way's name; the first is direct calls."""

    ways: Mapping[str, Rates]


async def measure_ledger(plan: Plan, say: Callable[[str], None]) -> Measured:
    """Measure, in folders below the system's temporary one, which `TMPDIR` names; they are removed at the end.

    Raises:
        RuntimeError: PostgreSQL does not start.
        Exception: what a store raises; nothing of it should.
    """
    with tempfile.TemporaryDirectory(prefix="konbini-ledger-") as files, folder_of_its_own() as folder:
        say(f"writes to {files} (SQLite) and {folder} (PostgreSQL)")
        with PrivateServer(folder=folder).running(*_SERVER) as server:
            each = ways(Path(files), lambda schema: server.address(schema=schema))
            found: dict[str, list[float]] = {way.name: [] for way in each}
            for number in range(plan.rounds + 1):
                for place in range(len(each)):
                    turn = (place + number) % len(each)
                    seconds = await each[turn].run(f"round_{number}", plan.commits)
                    if number:
                        found[each[turn].name].append(plan.commits / seconds)
                say(f"round {number} of {plan.rounds}")
    return Measured(ways={way.name: Rates(ours=way.ours, rates=found[way.name]) for way in each})
