"""What a campaign of kills needs to know of a store: its points, its work, and how what it acknowledged is found again.

A worker says a `Word` of each thing that a production room answered as durable, and no sooner. Whoever reads the store
afterwards holds each word against state, log entry and owed message together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from konbini.process.rows import CommitWatch, NotStored
from konbini.process.statements import Connection
from konbini.process.stores import StoreAddress
from tests.crashing import Crash

__all__ = ["CALLERS", "REFUSED", "Entries", "Point", "Room", "Teller", "Word", "counted", "one_row"]

CALLERS: Final = 4
"""At a time in one worker, so that commits hold groups."""
REFUSED: Final = "refused"
"""The word for a change that was not stored."""
Entries = Mapping[int, bytes]
"""Log entries by their position; those since the round before."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Point:
    """One edge of the commits that hold a step."""

    room: str
    step: str
    edge: str

    def crash(self, nth: int) -> Crash:
        """Make the watch that ends a worker at its n-th passing."""
        return Crash(self.edge, step=self.step, nth=nth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that was acknowledged: what, and by which words it is found again (no blanks in them)."""

    kind: str
    about: tuple[str, ...]

    @classmethod
    def read(cls, line: str) -> Word:
        """Read what a `Teller` wrote."""
        kind, *about = line.split()
        return cls(kind=kind.replace("_", " "), about=tuple(about))


class Teller:
    """Writes one line for each thing that was acknowledged; a worker's only voice."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, kind: str, *about: object) -> None:
        """Say that something was acknowledged; bytes are written as hexadecimal digits."""
        words = (one.hex() if isinstance(one, bytes) else str(one) for one in about)
        os.write(self._descriptor, f"{kind.replace(' ', '_')} {' '.join(words)}\n".encode())

    def started(self) -> None:
        """Say that the store is open again, and has recovered."""
        self("started")

    def refused(self, fault: NotStored) -> None:
        """Say that a change was not stored, as its caller was told."""
        self(REFUSED, *str(fault).split())


class Room(Protocol):
    """One production store under a campaign."""

    @property
    def name(self) -> str:
        """Of the store."""

    @property
    def steps(self) -> tuple[str, ...]:
        """Its commits, by the names under which a watch sees them."""

    async def prepare(self, address: StoreAddress) -> None:
        """Make the store and whatever must be there before anybody works; nothing is killed meanwhile."""

    async def work(self, address: StoreAddress, watch: CommitWatch | None, tell: Teller, number: int) -> None:
        """Open the store as its process does, say so, and work without an end.

        Args:
            address: where it is.
            watch: of its commits; None: nobody dies here.
            tell: hears of each thing that was acknowledged.
            number: of this worker, which no other has.
        """

    def found(self, connection: Connection, word: Word, entries: Entries) -> bool:
        """Say whether what was acknowledged is there, with its log entry and what is owed for it."""

    def whole(self, connection: Connection) -> Sequence[str]:
        """Walk the store and say what of it is only half there; nothing is."""


def one_row(connection: Connection, query: str, *values: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - values of a row
    """Give the one row of a query, None where there is none."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else tuple(row)


def counted(connection: Connection, pairs: Mapping[str, tuple[str, Callable[[], int]]]) -> list[str]:
    """Hold counts of rows against counts of log entries.

    Args:
        connection: of the store.
        pairs: by what is counted: the query that counts rows, and what counts the entries.

    Returns:
        A line for each pair that differs.
    """
    found = []
    for what, (query, entries) in pairs.items():
        row = one_row(connection, query)
        assert row is not None
        if row[0] != entries():
            found.append(f"{what}: {row[0]} rows, {entries()} entries")
    return found
