"""The roll of operators (操作者名簿) of one process: whose passkeys it believes, and until when.

Invariants: a key is one person's for ever, and is never enrolled again; whoever has two spellings has two keys, or none
under one of them: what counts for "another person" is the person of the roll. A key that ended stays, so that what it
signed can be checked.

Table: `operator_key`, in `signed_acts/signed_act.sql`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.residents.dates import to_day, today
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.signed_acts.judging import check_public_key

__all__ = [
    "Enrolment",
    "OperatorKey",
    "check_enrolment",
    "count",
    "end",
    "enrol",
    "find",
    "fingerprint_of",
    "whole_roll",
]

_MOST_DAYS: Final = 366
_GROUP: Final = 4
_COLUMNS: Final = "credential, person, public_key, until, sign_count, entered_by, agreed_by, enrolled_at, ended_at"
_KEY: Final = f"SELECT {_COLUMNS} FROM operator_key"  # noqa: S608 - a constant of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What is enrolled: a person's passkey, as the console shows it, until a day (yyyymmdd) a year away at most."""

    person: Line
    credential: Annotated[bytes, UpTo(256)]
    public_key: Annotated[bytes, UpTo(512)]
    until: Annotated[int, UpTo(99_991_231)]

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of the public key, as two people compare it."""
        return fingerprint_of(self.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKey:
    """A passkey of the roll; moments in Unix milliseconds, `ended_at` 0 while nobody ended it."""

    credential: bytes
    person: Line
    public_key: bytes
    until: int
    sign_count: int
    entered_by: Line
    agreed_by: Line
    enrolled_at: int
    ended_at: int

    @property
    def fingerprint(self) -> str:
        """Give the SHA-256 of the public key, as two people compare it."""
        return fingerprint_of(self.public_key)

    def holds_at(self, now: int) -> bool:
        """Say whether it is believed at a moment."""
        return self.ended_at == 0 and today(now) <= self.until


def fingerprint_of(public_key: bytes) -> str:
    """Give the SHA-256 of a public key as two people compare it: hexadecimal, in groups of eight."""
    return hashlib.sha256(public_key).digest().hex(" ", _GROUP)


def check_enrolment(connection: Connection, enrolment: Enrolment, now: int) -> None:
    """Refuse what cannot be enrolled, as things stand.

    Raises:
        Refused: `CHANGE_INVALID`: no operator's id, no passkey, a time that is over or longer than a year, or a passkey
            that stands in the roll already, whosever it is.
    """
    require_person(enrolment.person)
    check_public_key(enrolment.public_key)
    try:
        days = to_day(enrolment.until) - to_day(today(now))
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "no day") from error
    if not dt.timedelta() <= days <= dt.timedelta(days=_MOST_DAYS):
        raise Refused(Code.CHANGE_INVALID, f"until today or later, {_MOST_DAYS} days at most")
    known = connection.execute(
        "SELECT 1 FROM operator_key WHERE credential = ? OR public_key = ?",
        (enrolment.credential, enrolment.public_key),
    ).fetchone()
    if known is not None or not enrolment.credential:
        raise Refused(Code.CHANGE_INVALID, "a passkey of the roll, or none")


def enrol(connection: Connection, enrolment: Enrolment, operators: tuple[str, str], now: int) -> None:
    """Put a passkey into the roll."""
    entered_by, agreed_by = operators
    connection.execute(
        f"INSERT INTO operator_key ({_COLUMNS}) VALUES (?, ?, ?, ?, 0, ?, ?, ?, 0)",  # noqa: S608 - as above
        (
            *(enrolment.credential, enrolment.person, enrolment.public_key, enrolment.until),
            *(entered_by, agreed_by, now),
        ),
    )


def end(connection: Connection, person: str, now: int) -> int:
    """End every passkey of a person, and give how many there were."""
    return connection.execute(
        "UPDATE operator_key SET ended_at = ? WHERE person = ? AND ended_at = 0", (now, person)
    ).rowcount


def find(connection: Connection, credential: bytes) -> OperatorKey | None:
    """Give the passkey of an id, ended or not."""
    row = connection.execute(f"{_KEY} WHERE credential = ?", (credential,)).fetchone()
    return None if row is None else _operator_key(row)


def count(connection: Connection, credential: bytes, sign_count: int) -> None:
    """Keep how often a passkey says that it signed."""
    connection.execute("UPDATE operator_key SET sign_count = ? WHERE credential = ?", (sign_count, credential))


def whole_roll(connection: Connection) -> tuple[OperatorKey, ...]:
    """Give every passkey that ever stood in the roll."""
    rows = connection.execute(f"{_KEY} ORDER BY person, enrolled_at, credential").fetchall()
    return tuple(map(_operator_key, rows))


def _operator_key(row: Any) -> OperatorKey:  # noqa: ANN401 - a row
    credential, person, public_key, until, sign_count, entered_by, agreed_by, enrolled_at, ended_at = row
    return OperatorKey(
        credential=bytes(credential),
        person=person,
        public_key=bytes(public_key),
        until=until,
        sign_count=sign_count,
        entered_by=entered_by,
        agreed_by=agreed_by,
        enrolled_at=enrolled_at,
        ended_at=ended_at,
    )
