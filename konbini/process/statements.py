"""What a transaction's function may use of its connection, whichever engine it runs on.

The functions that are run on rows are written in the SQL that both engines take: `?` for a parameter (`?1` where one
stands twice), ON CONFLICT, RETURNING; numbers, texts, bytes and None in and out. What is random in a row comes from the
connection too: from the entropy that its store was opened with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

__all__ = ["Answer", "Connection", "Parameters"]

Parameters: TypeAlias = Sequence[int | str | bytes | None]
"""What stands for the question marks, in order."""


class Answer(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows an INSERT, UPDATE or DELETE touched."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row's columns are known to the one who wrote the statement
        """Give the next row as a tuple, None where there is none."""

    def fetchall(self) -> list[Any]:
        """Give all rows that are left, as tuples."""

    def __iter__(self) -> Iterator[Any]:
        """Give row after row."""


class Connection(Protocol):
    """A connection within a transaction that its function neither begins nor ends."""

    def execute(self, sql: str, parameters: Parameters = (), /) -> Answer:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Answer:
        """Run one statement for each row of parameters."""

    def token(self, n: int, /) -> bytes:
        """Return `n` bytes that nobody can foretell, from the store's source of them."""
