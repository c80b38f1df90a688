"""When each person signed in last, and what failed since, as rows; plain functions of a transaction.

What fails is known to be somebody's by the passkey that was named, which whoever tried need not hold: it is counted so
that the person is told, and proves nothing.

Table: `sign_in`.
"""

from __future__ import annotations

from typing import Final

from konbini.process.statements import Connection
from konbini.ward_server.console.sessions import SignInBefore

__all__ = ["put_failed", "put_sign_in"]

_BEFORE: Final = (
    "SELECT at, coalesce(here.place, ''), failed, failed_at, coalesce(there.place, '') FROM sign_in"
    " LEFT JOIN terminal AS here ON here.terminal = sign_in.terminal"
    " LEFT JOIN terminal AS there ON there.terminal = sign_in.failed_terminal WHERE person = ?"
)
_SIGNED_IN: Final = (
    "INSERT INTO sign_in (person, at, terminal, failed, failed_at, failed_terminal) VALUES (?, ?, ?, 0, 0, '')"
    " ON CONFLICT (person) DO UPDATE SET at = excluded.at, terminal = excluded.terminal, failed = 0, failed_at = 0,"
    " failed_terminal = ''"
)
_FAILED: Final = (
    "INSERT INTO sign_in (person, at, terminal, failed, failed_at, failed_terminal) VALUES (?, 0, '', 1, ?, ?)"
    " ON CONFLICT (person) DO UPDATE SET failed = sign_in.failed + 1, failed_at = excluded.failed_at,"
    " failed_terminal = excluded.failed_terminal"
)


def put_sign_in(connection: Connection, person: str, terminal: str, now: int) -> SignInBefore:
    """Keep that a person signed in, and give what came before; what failed is counted from here on anew."""
    row = connection.execute(_BEFORE, (person,)).fetchone()
    connection.execute(_SIGNED_IN, (person, now, terminal))
    if row is None:
        return SignInBefore()
    at, place, failed, failed_at, failed_place = row
    return SignInBefore(at=at, place=place, failed=failed, failed_at=failed_at, failed_place=failed_place)


def put_failed(connection: Connection, person: str, terminal: str, now: int) -> None:
    """Count a try that failed."""
    connection.execute(_FAILED, (person, now, terminal))
