"""What gets nothing: a kiosk, a link, a kind of certificate, the whole ward; the other side of the stop.

A mismatch that is only asserted bars a kiosk or a link by itself; two persons hold and release anything of these.
Opening a visit, reserving a number and the completing transaction read it, with what they read anyway.

Table: `barred`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.shape import Line, UpTo

__all__ = ["Barred", "Part", "PartScope", "all_barred", "bar", "check_not_barred", "is_barred", "lift_bar"]

_MOST_SHOWN = 64
_ABOUT = "SELECT scope, name FROM barred WHERE scope IN (3, 4) OR (scope = 1 AND name = ?) OR (scope = 2 AND name = ?)"


@unique
class PartScope(IntEnum):
    """What a bar is on."""

    KIOSK = 1
    LINK = 2
    """By the name of who gives tickets on it: the center, or the ward for its own machines."""
    KIND = 3
    """By the kind's number."""
    WARD = 4
    """The whole ward; without a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the service, as operators name it."""

    scope: PartScope
    name: Line

    def __str__(self) -> str:
        """Give it for an audit entry, which has room for so much."""
        return f"{self.scope.name.lower()} {self.name}".rstrip()[:_MOST_SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """One bar; `since` in Unix milliseconds. `code` is of the mismatch that was asserted; two persons' has none (0)."""

    part: Part
    since: Annotated[int, UpTo(2**53)]
    code: Annotated[int, UpTo(9999)]
    reason: Annotated[str, UpTo(200)]


def check_not_barred(
    connection: Connection, kiosk: str, link: str, kind: CertificateKind | None = None
) -> frozenset[CertificateKind]:
    """Refuse what is barred, within a transaction.

    Returns:
        The kinds that are held.

    Raises:
        Refused: `WARD_MAINTENANCE`: the whole ward is held; `KIOSK_STOPPED`; `CHANGED_LOOK_AGAIN`: the kind is held.
    """
    found = {(PartScope(scope), name) for scope, name in connection.execute(_ABOUT, (kiosk, link))}
    held = frozenset(CertificateKind(int(name)) for scope, name in found if scope is PartScope.KIND)
    if any(scope is PartScope.WARD for scope, _name in found):
        raise Refused(Code.WARD_MAINTENANCE, "two persons hold the whole ward")
    if any(scope in (PartScope.KIOSK, PartScope.LINK) for scope, _name in found):
        raise Refused(Code.KIOSK_STOPPED, "the kiosk is barred, or its link")
    if kind in held:
        raise Refused(Code.CHANGED_LOOK_AGAIN, "a kind that is held")
    return held


def bar(connection: Connection, part: Part, moment: int, code: int, reason: str) -> bool:
    """Bar within the caller's transaction; what is barred stays as it is.

    Returns:
        Whether it was not barred before.
    """
    added = connection.execute(
        "INSERT INTO barred (scope, name, since, code, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (int(part.scope), part.name, moment, code, reason),
    )
    return added.rowcount == 1


def lift_bar(connection: Connection, part: Part) -> int:
    """Release within the caller's transaction, and give the code of what had barred it.

    Raises:
        Refused: `CHANGE_INVALID`: it is not barred.
    """
    row = connection.execute(
        "DELETE FROM barred WHERE scope = ? AND name = ? RETURNING code", (int(part.scope), part.name)
    ).fetchone()
    if row is None:
        raise Refused(Code.CHANGE_INVALID, "not held, and not stopped")
    return int(row[0])


def is_barred(connection: Connection, part: Part) -> bool:
    """Say whether a part is barred, within a transaction."""
    found = connection.execute("SELECT 1 FROM barred WHERE scope = ? AND name = ?", (int(part.scope), part.name))
    return found.fetchone() is not None


def all_barred(connection: Connection) -> tuple[Barred, ...]:
    """Give every bar, the newest first."""
    rows = connection.execute("SELECT scope, name, since, code, reason FROM barred ORDER BY since DESC, scope, name")
    return tuple(
        Barred(part=Part(scope=PartScope(row[0]), name=row[1]), since=row[2], code=row[3], reason=row[4])
        for row in rows.fetchall()
    )
