"""The benchmarks that `konbini bench all` runs, in its order, and what each is told.

The one table of sub-commands: what is not in it is in no plot and no document. One whose module this build does not
have is passed over.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from konbini.simulation.bench.figures import relayed
from konbini.simulation.bench.figures.finding import Finding

__all__ = ["BENCHES", "Bench"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One sub-command.

    Attributes:
        name: the word behind `konbini bench`.
        module: where it is built.
        full: the words after it for figures that count.
        quick: the words after it for a look, in about a minute.
        reads: what it found, from the last line that it says to programs; None where it writes its rows itself.
    """

    name: str
    module: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    reads: Callable[[str], Finding] | None = None

    @property
    def is_here(self) -> bool:
        """Whether this build has it."""
        return importlib.util.find_spec(self.module) is not None

    def words(self, *, quick: bool) -> tuple[str, ...]:
        """Give what it is told."""
        return self.quick if quick else self.full


BENCHES: Final = (
    Bench(name="certificate", module="konbini.simulation.bench.ways", quick=("--documents", "16")),
    Bench(
        name="relay",
        module="konbini.simulation.bench.relay",
        quick=("--rounds", "2", "--idle", "200", "--rate", "40", "--seconds", "2"),
        reads=relayed.finding,
    ),
    Bench(
        name="whole",
        module="konbini.simulation.bench.whole",
        full=("--seconds", "20"),
        quick=("--seconds", "6", "--kiosks", "32"),
    ),
    Bench(
        name="ward",
        module="konbini.simulation.bench.ward",
        quick=("--residents", "1000,4000,16000", "--rounds", "6", "--orders", "50"),
    ),
    Bench(name="growth", module="konbini.simulation.bench.growth", quick=("--quick",)),
    Bench(name="ledger", module="konbini.simulation.bench.ledger", quick=("--rounds", "6", "--commits", "320")),
    Bench(name="import", module="konbini.simulation.bench.takeover", quick=("--residents", "1000,4000")),
    Bench(
        name="watched",
        module="konbini.simulation.bench.watched",
        quick=("--pairs", "3", "--seconds", "3", "--rate", "40"),
    ),
    Bench(name="kiosk", module="konbini.simulation.bench.kiosk", quick=("--visits", "4")),
)
"""What is compared within one run stands in one sub-command; between these nothing is compared."""
