"""`--figures FILE` of every benchmark: what it found, as the rows that plots and tables are made of.

Owns what stands beside the rows: the day, the machine, and the words that the command was given.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from konbini.protocol.japan import JAPAN
from konbini.simulation.bench.figures.finding import Finding, Machine, write_finding

__all__ = ["Rows", "add_figures"]

_OPTION: Final = "--figures"


def add_figures(words: argparse.ArgumentParser) -> None:
    """Let a sub-command be told where its rows go."""
    words.add_argument(_OPTION, type=Path, metavar="FILE", help="writes what was found as rows, for plots and tables")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where the rows of one run go, if anywhere; made before it begins.

    Attributes:
        path: None where nobody wants them.
        arguments: that the command was given, without those that say what it writes.
        load: of this machine before.
    """

    path: Path | None
    arguments: tuple[str, ...]
    load: float

    @classmethod
    def of(cls, read: argparse.Namespace, given: Sequence[str]) -> Rows:
        """Look at the command and at the machine."""
        path: Path | None = getattr(read, "figures", None)
        return cls(path=path, arguments=tuple(_told(given[1:])), load=os.getloadavg()[0])

    def keep(self, found: Finding) -> None:
        """Write what was found.

        Raises:
            OSError: it cannot be written.
        """
        if self.path is None:
            return
        now = dt.datetime.now(JAPAN)
        machine = Machine.now(f"{now.day} {now:%B %Y}", self.load)
        write_finding(replace(found, machine=machine, arguments=self.arguments), self.path)


def _told(given: Sequence[str]) -> Iterator[str]:
    """Give the words of a command without `--json`, and without the rows' file."""
    words = iter(given)
    for word in words:
        if word == _OPTION:
            next(words, None)
        elif word != "--json" and not word.startswith(f"{_OPTION}="):
            yield word
