"""Whether what two persons decided is backed by the second one's proof: what was written beside the process is not.

Looked at is what was agreed to or approved since the first proof that is kept, since before it acts were taken by name.
The first person's proof is not looked for: what they entered stands hidden or sealed, and its call with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from konbini.process.statements import Connection
from konbini.ward_server.decisions.calls import agreeing
from konbini.ward_server.decisions.decision import DecisionState
from konbini.ward_server.residents.bulk_calls import approving_bulk
from konbini.ward_server.residents.operator_line import approving_change
from konbini.ward_server.residents.store import ChangeState
from konbini.ward_server.signed_acts.call import OperatorsCall

__all__ = ["unbacked"]


def unbacked(connection: Connection, place: str, *, changes: bool) -> tuple[str, ...]:
    """Name what has no proof of whoever is said to have agreed to it or approved it.

    Args:
        connection: to a process's rows.
        place: which process it is (`call.place_of`).
        changes: whether it keeps changes of the register.
    """
    (first,) = connection.execute("SELECT min(moment) FROM signed_act").fetchone()
    if first is None:
        return ()
    signed = {bytes(call) for (call,) in connection.execute("SELECT call FROM signed_act")}
    found = (*_decisions(connection, first), *(_changes(connection, first) if changes else ()))
    return tuple(name for name, calls in found if not any(method.digest(place) in signed for method in calls))


def _decisions(connection: Connection, first: int) -> Iterator[tuple[str, tuple[OperatorsCall[Any], ...]]]:
    rows = connection.execute(
        "SELECT decision_id, concluded_by FROM decision WHERE state = ? AND concluded_at >= ?"
        " ORDER BY concluded_at, decision_id",
        (int(DecisionState.AGREED), first),
    ).fetchall()
    for decision_id, agreed_by in rows:
        yield f"decision {decision_id} by {agreed_by}", (agreeing(agreed_by, decision_id),)


def _changes(connection: Connection, first: int) -> Iterator[tuple[str, tuple[OperatorsCall[Any], ...]]]:
    rows = connection.execute(
        "SELECT change_id, concluded_by FROM change WHERE state = ? AND concluded_at >= ?"
        " ORDER BY concluded_at, change_id",
        (int(ChangeState.APPROVED), first),
    ).fetchall()
    for change_id, approved_by in rows:
        calls = (approving_change(approved_by, change_id), approving_bulk(approved_by, change_id))
        yield f"change {change_id} by {approved_by}", calls
