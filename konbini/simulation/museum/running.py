"""Runs mutants, each run in a process of its own, one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from konbini.simulation.museum.mutant import Mutant
from konbini.simulation.museum.staged import Staged

__all__ = ["DidNotRunError", "Row", "run_all"]

_MOST_SECONDS = 3600.0
_MOST_SAID = 2000


class DidNotRunError(Exception):
    """A run ended without saying what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mutant's runs.

    Attributes:
        mutant: which.
        off: without the defences that stand in its way.
        on: with all of them.
        single: with one of them alone, by its name; empty where that was not asked.
    """

    mutant: Mutant
    off: Staged
    on: Staged
    single: dict[str, Staged]

    @property
    def is_right(self) -> bool:
        """Whether the fault shows without defences, and nothing wrong comes out with them."""
        runs = (self.off, self.on, *self.single.values())
        return bool(self.off.wrong) and not self.on.wrong and not any(run.unaltered for run in runs)

    @property
    def cpu_seconds(self) -> float:
        """Of the two runs."""
        return self.off.cpu_seconds + self.on.cpu_seconds

    @property
    def sufficient(self) -> tuple[str, ...]:
        """The defences that suffice alone, as far as it was asked."""
        return tuple(name for name, staged in self.single.items() if not staged.wrong)

    @property
    def insufficient(self) -> tuple[str, ...]:
        """Those that do not."""
        return tuple(name for name, staged in self.single.items() if staged.wrong)


def run_all(mutants: Sequence[Mutant], *, singles: bool, visits: int | None, seed: int | None) -> Iterator[Row]:
    """Run mutants; a row comes as soon as its runs are over.

    Args:
        mutants: which.
        singles: whether to run each defence alone too.
        visits: in the place of the workload's own.
        seed: likewise.

    Raises:
        DidNotRunError: a run failed.
    """
    more = [
        *(() if visits is None else ("--visits", str(visits))),
        *(() if seed is None else ("--seed", str(seed))),
    ]
    for mutant in mutants:
        alone = [one.name for one in mutant.defences] if singles and len(mutant.defences) > 1 else []
        off, on = _run(mutant, "off", more), _run(mutant, "on", more)
        single = {name: _run(mutant, name, more) for name in alone}
        if singles and not alone:
            single = {mutant.defences[0].name: on}
        yield Row(mutant=mutant, off=off, on=on, single=single)


def _run(mutant: Mutant, defences: str, more: Sequence[str]) -> Staged:
    command = [sys.executable, "-m", "konbini.simulation.museum.run", mutant.name, "--defences", defences, *more]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, and words of the catalogue
            command,
            capture_output=True,
            check=False,
            text=True,
            timeout=_MOST_SECONDS,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        return Staged.from_line(ended.stdout.rstrip("\n").rpartition("\n")[2])
    except subprocess.TimeoutExpired as error:
        raise DidNotRunError(f"{mutant.name}, {defences}: no end within {_MOST_SECONDS:.0f} s") from error
    except ValueError as error:
        said = ended.stderr[-_MOST_SAID:]
        raise DidNotRunError(f"{mutant.name}, {defences}: ended with {ended.returncode}: {said}") from error
