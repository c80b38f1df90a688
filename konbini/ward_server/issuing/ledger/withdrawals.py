"""Certificates that two persons took back (取消): their status lists say so from the next one on, for ever.

Table: `withdrawal`.
"""

from __future__ import annotations

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome

__all__ = ["check_withdrawal", "withdraw", "withdrawn"]


def check_withdrawal(connection: Connection, number: str) -> None:
    """Refuse to take back what nobody can hold: a number that was not printed, or that was taken back before.

    A paper in doubt can be taken back: somebody may hold it.

    Raises:
        Refused: `CHANGE_UNKNOWN`: no such number may have been printed; `CHANGE_INVALID`: taken back before.
    """
    if number in withdrawn(connection):
        raise Refused(Code.CHANGE_INVALID, "taken back before")
    printed = connection.execute(
        "SELECT 1 FROM issuance JOIN receipt USING (visit, ordinal) WHERE number = ? AND outcome IN (?, ?)"
        " UNION ALL SELECT 1 FROM ended_number WHERE number = ? AND printed = 1",
        (number, Outcome.PRINTED, Outcome.IN_DOUBT, number),
    ).fetchone()
    if printed is None:
        raise Refused(Code.CHANGE_UNKNOWN, "no paper of this number went out")


def withdraw(connection: Connection, number: str, moment: int, decision_id: str) -> None:
    """Take a number back within the caller's transaction, which has checked it."""
    connection.execute(
        "INSERT INTO withdrawal (number, moment, decision_id) VALUES (?, ?, ?)", (number, moment, decision_id)
    )


def withdrawn(connection: Connection) -> frozenset[str]:
    """Give the numbers that were taken back."""
    return frozenset(number for (number,) in connection.execute("SELECT number FROM withdrawal"))
