"""The rows of retention at the registry: what is due, what two persons decided to dispose of, and how far that is.

Functions of a connection, within their caller's transaction; `konbini.ward_server.residents.retention` calls them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.residents.registry import require_two
from konbini.ward_server.settings.retention import Kept

__all__ = [
    "Decided",
    "Disposed",
    "DueOfKind",
    "ListState",
    "Outcome",
    "RetentionShown",
    "WaitingDisposal",
    "all_due",
    "all_waiting",
    "approved",
    "conclude",
    "enter_list",
    "finish",
]

_SHOWN: Final = 100
_Count = Annotated[int, UpTo(2**53)]


@unique
class ListState(IntEnum):
    """Where a list stands."""

    ENTERED = 1
    APPROVED = 2
    WITHDRAWN = 3
    DONE = 4


@unique
class Outcome(IntEnum):
    """What became of one on a list."""

    NOT_YET = 0
    DESTROYED = 1
    LEFT = 2
    """Not due any more, or barred, when it was judged again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueOfKind:
    """What is due of one kind: how many, and the first ids of them."""

    kept: Kept
    count: _Count
    targets: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDisposal:
    """What waits for a second person, or is being carried out. `digest`: of the list of ids."""

    disposal_id: Line
    kept: Kept
    count: _Count
    entered_by: Line
    approved: bool
    digest: Annotated[bytes, UpTo(32)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionShown:
    """What an operator sees: counts and ids, no name."""

    due: tuple[DueOfKind, ...]
    waiting: tuple[WaitingDisposal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed:
    """How much of an approved list was destroyed, and how much was left because it was not due any more, or barred."""

    destroyed: _Count
    left: _Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A list that two persons decided on."""

    disposal_id: str
    kept: Kept
    operators: tuple[str, str]


def all_due(connection: Connection) -> tuple[DueOfKind, ...]:
    """Give what is due, by kind."""
    counts = connection.execute("SELECT kept, count(*) FROM due GROUP BY kept ORDER BY kept").fetchall()
    return tuple(
        DueOfKind(
            kept=Kept(kept),
            count=count,
            targets=tuple(
                target
                for (target,) in connection.execute(
                    "SELECT target FROM due WHERE kept = ? ORDER BY since, target LIMIT ?", (kept, _SHOWN)
                ).fetchall()
            ),
        )
        for kept, count in counts
    )


def all_waiting(connection: Connection) -> tuple[WaitingDisposal, ...]:
    """Give the lists that are not done."""
    rows = connection.execute(
        "SELECT disposal_id, kept, entered_by, state, digest, (SELECT count(*) FROM disposal_target"
        " WHERE disposal_target.disposal_id = disposal.disposal_id) FROM disposal WHERE state IN (?, ?)"
        " ORDER BY entered_at LIMIT ?",
        (ListState.ENTERED, ListState.APPROVED, _SHOWN),
    ).fetchall()
    return tuple(
        WaitingDisposal(
            disposal_id=row[0],
            kept=Kept(row[1]),
            entered_by=row[2],
            approved=row[3] == ListState.APPROVED,
            digest=bytes(row[4]),
            count=row[5],
        )
        for row in rows
    )


def enter_list(connection: Connection, disposal_id: str, kept: Kept, operator: str, now: int) -> None:
    """Write a list of everything that is due of a kind.

    Raises:
        Refused: `NOT_DUE`.
    """
    rows = connection.execute("SELECT target FROM due WHERE kept = ? ORDER BY target", (int(kept),)).fetchall()
    targets = [target for (target,) in rows]
    if not targets:
        raise Refused(Code.NOT_DUE)
    digest = hashlib.sha256(encode([int(kept), *targets])).digest()
    connection.execute(
        "INSERT INTO disposal (disposal_id, kept, digest, state, entered_by, entered_at, concluded_by, concluded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, '', 0)",
        (disposal_id, int(kept), digest, ListState.ENTERED, operator, now),
    )
    connection.executemany(
        "INSERT INTO disposal_target (disposal_id, target, outcome) VALUES (?, ?, ?)",
        [(disposal_id, target, Outcome.NOT_YET) for target in targets],
    )
    append(
        connection,
        AuditEntry(
            moment=now,
            event=AuditEvent.DISPOSAL_ENTERED,
            operators=(operator,),
            about=disposal_id,
            digest=digest,
        ),
    )


def conclude(connection: Connection, disposal_id: str, operator: str, now: int, *, state: ListState) -> None:
    """Approve or withdraw a list that was entered.

    Raises:
        Refused: `DISPOSAL_UNKNOWN`, `SAME_PERSON`.
    """
    row = connection.execute(
        "SELECT entered_by, digest FROM disposal WHERE disposal_id = ? AND state = ?", (disposal_id, ListState.ENTERED)
    ).fetchone()
    if row is None:
        raise Refused(Code.DISPOSAL_UNKNOWN)
    entered_by, digest = row
    if state is ListState.APPROVED:
        require_two(entered_by, operator)
    connection.execute(
        "UPDATE disposal SET state = ?, concluded_by = ?, concluded_at = ? WHERE disposal_id = ?",
        (state, operator, now, disposal_id),
    )
    event = AuditEvent.DISPOSAL_APPROVED if state is ListState.APPROVED else AuditEvent.DISPOSAL_WITHDRAWN
    append(
        connection,
        AuditEntry(moment=now, event=event, operators=(entered_by, operator), about=disposal_id, digest=bytes(digest)),
    )


def approved(connection: Connection, disposal_id: str) -> Decided:
    """Give who decided on a list.

    Raises:
        Refused: `DISPOSAL_UNKNOWN`: it is not approved, or done.
    """
    row = connection.execute(
        "SELECT kept, entered_by, concluded_by FROM disposal WHERE disposal_id = ? AND state = ?",
        (disposal_id, ListState.APPROVED),
    ).fetchone()
    if row is None:
        raise Refused(Code.DISPOSAL_UNKNOWN)
    return Decided(disposal_id=disposal_id, kept=Kept(row[0]), operators=(row[1], row[2]))


def finish(connection: Connection, disposal_id: str, now: int) -> tuple[Disposed, int]:
    """Put on record that the list is done; give what came of it, and the feed's newest entry."""
    rows = connection.execute(
        "SELECT outcome, count(*) FROM disposal_target WHERE disposal_id = ? GROUP BY outcome", (disposal_id,)
    ).fetchall()
    counts = Counter(dict(rows))
    done = connection.execute(
        "UPDATE disposal SET state = ? WHERE disposal_id = ? AND state = ?",
        (ListState.DONE, disposal_id, ListState.APPROVED),
    )
    if done.rowcount == 1:
        about = f"{disposal_id}: {counts[Outcome.DESTROYED]} destroyed, {counts[Outcome.LEFT]} left"
        append(connection, AuditEntry(moment=now, event=AuditEvent.DISPOSAL_DONE, about=about))
    (number,) = connection.execute("SELECT COALESCE(max(last), 0) FROM feed_block").fetchone()
    return Disposed(destroyed=counts[Outcome.DESTROYED], left=counts[Outcome.LEFT]), int(number)
