"""Aged entries of a process's audit log, as a `Holding`: what they say is destroyed, and the log goes on.

A target is a block of 256 positions, "000000000256-000000000511". It is due when its newest entry is; the block that is
still being written is never. Each entry's commitment stays in its place, so that the tree, published checkpoints and
places in the log hold as before (docs/adr/0015-rows-that-end.md).

What somebody still needs bars its block: `needs` says so of the positions from one to another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.statements import Connection
from konbini.process.tree_rows import empty_entries
from konbini.protocol.japan import JAPAN
from konbini.ward_server.audit.log import entry_at
from konbini.ward_server.keeping.holding import Destroyed, Due, Rule
from konbini.ward_server.settings.retention import Kept

__all__ = ["AgedLog", "empty_blocks"]

_BLOCK: Final = 256
_AT_ONCE: Final = 8
_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedLog:
    """The audit log of one process."""

    needs: Callable[[Connection, int, int], bool] = lambda _connection, _first, _last: False
    kept: Kept = Kept.AUDIT_LOG

    def due_after(self, connection: Connection, rule: Rule, after: str) -> tuple[str | None, tuple[Due, ...]]:
        """Judge the blocks that follow, as long as they are due."""
        begin = _positions(after)[1] + 1 if after else 0
        found: list[Due] = []
        for _ in range(_AT_ONCE):
            row = connection.execute(
                "SELECT position FROM audit_entry WHERE position >= ? AND length(entry) > 0 ORDER BY position LIMIT 1",
                (begin,),
            ).fetchone()
            block = _target(begin if row is None else row[0])
            day = None if row is None else _newest_day(connection, block)
            if day is None or not rule.retention.is_due(day, rule.day):
                return None, tuple(found)
            due = self.judged(connection, rule, block)
            found += () if due is None else (due,)
            begin = _positions(block)[1] + 1
        return block, tuple(found)

    def judged(self, connection: Connection, rule: Rule, target: str) -> Due | None:
        """Judge one block."""
        if self.needs(connection, *_positions(target)):
            return None
        day = _newest_day(connection, target)
        return None if day is None else rule.due(target, day)

    def destroy(self, connection: Connection, targets: Sequence[str]) -> Destroyed:
        """Destroy what the entries of the first blocks say."""
        return empty_blocks(connection, targets)


def empty_blocks(connection: Connection, targets: Sequence[str]) -> Destroyed:
    """Destroy what the entries of the first of some blocks say."""
    whole = tuple(targets[:_AT_ONCE])
    for target in whole:
        empty_entries(connection, *_positions(target))
    return Destroyed(whole=whole)


def _target(position: int) -> str:
    first = position - position % _BLOCK
    return f"{first:012d}-{first + _BLOCK - 1:012d}"


def _positions(target: str) -> tuple[int, int]:
    first, _, last = target.partition("-")
    return int(first), int(last)


def _newest_day(connection: Connection, target: str) -> dt.date | None:
    """Give the day of a block's newest entry that still says something; None while the block is not full, or empty."""
    first, last = _positions(target)
    if connection.execute("SELECT 1 FROM audit_entry WHERE position = ?", (last,)).fetchone() is None:
        return None
    entries = (entry_at(connection, position) for position in range(first, last + 1))
    moments = [entry.moment for entry in entries if entry is not None]
    return dt.datetime.fromtimestamp(max(moments) / _MILLISECONDS, JAPAN).date() if moments else None
