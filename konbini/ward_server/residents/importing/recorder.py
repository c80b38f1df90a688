"""A connection that keeps the rows that are inserted on it, for another connection that will insert them.

What writes to the registry's store writes here in the same words, in another process than the one that owns the store.
Invariant: nothing stands here: every question is answered with nothing, which is what is true of a resident whom the
registry does not know, and whoever replays the rows makes sure of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from konbini.process.statements import Parameters

__all__ = ["Recorder"]

_INSERT, _SELECT = "INSERT ", "SELECT "


class _Nothing:
    """The answer of an empty table."""

    rowcount = 0

    def fetchone(self) -> None:
        """Give no row."""

    def fetchall(self) -> list[Any]:
        """Give no rows."""
        return []

    def __iter__(self) -> Iterator[Any]:
        return iter(())


_NOTHING = _Nothing()


class Recorder:
    """A `konbini.process.statements.Connection` of empty tables; `rows` are those inserted, by statement.

    Statements stand in the order of their first use, so that what others refer to comes first.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[Parameters]] = {}

    def execute(self, sql: str, parameters: Parameters = (), /) -> _Nothing:
        """Keep the row of an INSERT, or answer a SELECT with nothing.

        Raises:
            ValueError: neither.
        """
        if sql.startswith(_INSERT):
            self.rows.setdefault(sql, []).append(parameters)
        elif not sql.startswith(_SELECT):
            raise ValueError("only rows are recorded")
        return _NOTHING

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> _Nothing:
        """Keep the rows of an INSERT.

        Raises:
            ValueError: another statement.
        """
        if not sql.startswith(_INSERT):
            raise ValueError("only rows are recorded")
        self.rows.setdefault(sql, []).extend(parameters)
        return _NOTHING

    def token(self, _n: int, /) -> NoReturn:
        """Give none: what is random in these rows comes from the vault, and no audit entry is among them.

        Raises:
            ValueError: always.
        """
        raise ValueError("only rows are recorded")
