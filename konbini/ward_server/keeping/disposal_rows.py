"""The rows of retention at a process: what is due, what two persons decided to dispose of, and how far that is.

Functions of a connection, within their caller's transaction; `konbini.ward_server.keeping.retention` calls them.

Tables: `due`, `disposal`, `disposal_target`, `disposal_list`, in `keeping/disposal.sql`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.keeping.disposal_list import NOTHING_BEFORE
from konbini.ward_server.keeping.holding import Due
from konbini.ward_server.residents.registry import require_two
from konbini.ward_server.settings.retention import Kept

__all__ = [
    "Decided",
    "Disposed",
    "DueOfKind",
    "ListState",
    "Outcome",
    "RetentionEvents",
    "RetentionShown",
    "WaitingDisposal",
    "all_approved",
    "all_due",
    "all_waiting",
    "approved",
    "conclude",
    "end_of_list",
    "enter_list",
    "finish",
    "next_targets",
    "note_due",
    "put_outcomes",
    "put_signed",
    "signed_after",
]

_SHOWN: Final = 100
_Count = Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionEvents:
    """Under which events a process records retention."""

    judged: AuditEvent
    shown: AuditEvent
    entered: AuditEvent
    withdrawn: AuditEvent
    approved: AuditEvent
    disposed: AuditEvent
    done: AuditEvent


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


def note_due(connection: Connection, kept: Kept, found: Sequence[Due]) -> None:
    """Write down what is due of a kind, in the place of what was found before."""
    connection.execute("DELETE FROM due WHERE kept = ?", (int(kept),))
    connection.executemany(
        "INSERT INTO due (kept, target, since) VALUES (?, ?, ?)", [(int(kept), one.target, one.since) for one in found]
    )


def enter_list(connection: Connection, disposal_id: str, kept: Kept, entry: AuditEntry) -> None:
    """Write a list of everything that is due of a kind.

    Raises:
        Refused: `NOT_DUE`.
    """
    rows = connection.execute("SELECT target FROM due WHERE kept = ? ORDER BY target", (int(kept),)).fetchall()
    targets = [target for (target,) in rows]
    if not targets:
        raise Refused(Code.NOT_DUE)
    digest = hashlib.sha256(encode([int(kept), *targets])).digest()
    (operator,) = entry.operators
    connection.execute(
        "INSERT INTO disposal (disposal_id, kept, digest, state, entered_by, entered_at, concluded_by, concluded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, '', 0)",
        (disposal_id, int(kept), digest, ListState.ENTERED, operator, entry.moment),
    )
    connection.executemany(
        "INSERT INTO disposal_target (disposal_id, target, outcome) VALUES (?, ?, ?)",
        [(disposal_id, target, Outcome.NOT_YET) for target in targets],
    )
    append(connection, replace(entry, about=disposal_id, digest=digest))


def conclude(connection: Connection, disposal_id: str, state: ListState, entry: AuditEntry) -> None:
    """Approve or withdraw a list that was entered; `entry` names who does, and when.

    Raises:
        Refused: `DISPOSAL_UNKNOWN`, `SAME_PERSON`.
    """
    row = connection.execute(
        "SELECT entered_by, digest FROM disposal WHERE disposal_id = ? AND state = ?", (disposal_id, ListState.ENTERED)
    ).fetchone()
    if row is None:
        raise Refused(Code.DISPOSAL_UNKNOWN)
    entered_by, digest = row
    (operator,) = entry.operators
    if state is ListState.APPROVED:
        require_two(entered_by, operator)
    connection.execute(
        "UPDATE disposal SET state = ?, concluded_by = ?, concluded_at = ? WHERE disposal_id = ?",
        (state, operator, entry.moment, disposal_id),
    )
    append(connection, replace(entry, operators=(entered_by, operator), about=disposal_id, digest=bytes(digest)))


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


def all_approved(connection: Connection) -> tuple[str, ...]:
    """Give the lists that are approved and not done, oldest first."""
    rows = connection.execute(
        "SELECT disposal_id FROM disposal WHERE state = ? ORDER BY concluded_at", (ListState.APPROVED,)
    )
    return tuple(disposal_id for (disposal_id,) in rows.fetchall())


def next_targets(connection: Connection, disposal_id: str, most: int) -> tuple[str, ...]:
    """Give those on a list of which nothing is decided yet."""
    rows = connection.execute(
        "SELECT target FROM disposal_target WHERE disposal_id = ? AND outcome = ? ORDER BY target LIMIT ?",
        (disposal_id, Outcome.NOT_YET, most),
    )
    return tuple(target for (target,) in rows.fetchall())


def put_outcomes(connection: Connection, decided: Decided, outcomes: Mapping[str, Outcome]) -> None:
    """Say what became of those on a list; what is destroyed is not due any more."""
    connection.executemany(
        "UPDATE disposal_target SET outcome = ? WHERE disposal_id = ? AND target = ?",
        [(outcome, decided.disposal_id, target) for target, outcome in outcomes.items()],
    )
    connection.executemany(
        "DELETE FROM due WHERE kept = ? AND target = ?",
        [(int(decided.kept), target) for target, outcome in outcomes.items() if outcome is Outcome.DESTROYED],
    )


def finish(connection: Connection, disposal_id: str, entry: AuditEntry) -> Disposed:
    """Put on record that the list is done, once; give what came of it."""
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
        append(connection, replace(entry, about=about))
    return Disposed(destroyed=counts[Outcome.DESTROYED], left=counts[Outcome.LEFT])


def end_of_list(connection: Connection) -> tuple[int, bytes]:
    """Give number and hash of the newest entry of the signed list."""
    row = connection.execute("SELECT number, hash FROM disposal_list ORDER BY number DESC LIMIT 1").fetchone()
    return (0, NOTHING_BEFORE) if row is None else (row[0], bytes(row[1]))


def put_signed(connection: Connection, number: int, signed: bytes, digest: bytes) -> None:
    """Add an entry to the signed list."""
    connection.execute("INSERT INTO disposal_list (number, signed, hash) VALUES (?, ?, ?)", (number, signed, digest))


def signed_after(connection: Connection, number: int, most: int) -> tuple[bytes, ...]:
    """Give entries of the signed list beyond a number."""
    rows = connection.execute(
        "SELECT signed FROM disposal_list WHERE number > ? ORDER BY number LIMIT ?", (number, most)
    )
    return tuple(bytes(signed) for (signed,) in rows.fetchall())
