"""Cases (事案): what a person must look at. Two persons close one, with a finding; nothing else does.

Of one order there is one open case of a kind, however many messages say the same; what a kiosk says more while it is
barred is added to the case that barred it, so that a kiosk that says a thousand things fills one line. What it says of
an order that this ward issued is a case of that order's all the same.

Tables: `ward_case`, `case_message`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo
from konbini.ward_server.audit.log import About, AuditEntry, append

__all__ = ["Case", "CaseParty", "all_cases", "case_named", "close_case", "open_case", "said_before"]

_CASES = (
    "SELECT ward_case.number, since, ward_case.kind, about, ward_case.kiosk, operator, ward_case.visit,"
    " ward_case.ordinal, code, log_index, times, coalesce(closed, 0), finding, coalesce(issuance.number, '')"
    " FROM ward_case LEFT JOIN issuance ON issuance.visit = ward_case.visit AND issuance.ordinal = ward_case.ordinal"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseParty:
    """Whose kiosk a case is about; `operator` is empty where nobody asserted anything and the ward found it itself."""

    kiosk: str
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands; moments in Unix milliseconds, `closed` is 0 while it is open.

    `visit` is v, or the visit's id where the visit was not opened. `issued` is the number of the order in question.
    """

    number: Annotated[int, UpTo(2**53)]
    since: Annotated[int, UpTo(2**53)]
    kind: Line
    about: About
    kiosk: Line
    operator: Line
    visit: Annotated[bytes, UpTo(32)]
    ordinal: Annotated[int, UpTo(99)]
    code: Annotated[int, UpTo(9999)]
    log_index: Annotated[int, UpTo(2**53)]
    times: Annotated[int, UpTo(2**53)]
    closed: Annotated[int, UpTo(2**53)]
    finding: Annotated[str, UpTo(200)]
    issued: Line


def open_case(connection: Connection, entry: AuditEntry, party: CaseParty) -> int:
    """Open a case for the message that an entry is about, or add it to one; the same message again changes nothing.

    Returns:
        The entry's place in the audit log.
    """
    before = said_before(connection, entry)
    if before is not None:
        return before
    index = append(connection, entry)
    number = _joined(connection, entry, party)
    if number is None:
        number = _opened(connection, entry, party, index)
    else:
        connection.execute("UPDATE ward_case SET times = times + 1 WHERE number = ?", (number,))
    connection.execute(
        "INSERT INTO case_message (kind, visit, ordinal, digest, case_number, log_index) VALUES (?, ?, ?, ?, ?, ?)",
        (*_message(entry), number, index),
    )
    return index


def said_before(connection: Connection, entry: AuditEntry) -> int | None:
    """Give the place in the audit log of the same message, if it came before: it says nothing new."""
    known = connection.execute(
        "SELECT log_index FROM case_message WHERE kind = ? AND visit = ? AND ordinal = ? AND digest = ?",
        _message(entry),
    ).fetchone()
    return None if known is None else int(known[0])


def opens_or_is_none(connection: Connection, entry: AuditEntry, position: int) -> bool:
    """Say whether an entry at a place of the log opened a case, or is about none; others joined one that stood."""
    row = connection.execute(
        "SELECT ward_case.log_index FROM case_message JOIN ward_case ON ward_case.number = case_number"
        " WHERE case_message.kind = ? AND case_message.visit = ? AND case_message.ordinal = ? AND digest = ?",
        _message(entry),
    ).fetchone()
    return row is None or row[0] == position


def _message(entry: AuditEntry) -> tuple[str, bytes, int, bytes]:
    return entry.event.name, entry.visit, entry.ordinal, entry.digest


def _joined(connection: Connection, entry: AuditEntry, party: CaseParty) -> int | None:
    """Find the open case that a message belongs to."""
    row = connection.execute(
        "SELECT number FROM ward_case"
        " WHERE kind = ? AND visit = ? AND ordinal = ? AND about = ? AND kiosk = ? AND closed IS NULL",
        (entry.event.name, entry.visit, entry.ordinal, _about(entry), party.kiosk),
    ).fetchone()
    if row is None and party.operator and not _issued(connection, entry):
        row = connection.execute(
            "SELECT max(number) FROM ward_case WHERE kiosk = ? AND operator <> '' AND closed IS NULL"
            " AND EXISTS (SELECT 1 FROM barred WHERE scope = 1 AND name = ?)",
            (party.kiosk, party.kiosk),
        ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _opened(connection: Connection, entry: AuditEntry, party: CaseParty, index: int) -> int:
    (number,) = connection.execute(
        "INSERT INTO ward_case (since, kind, about, kiosk, operator, visit, ordinal, code, log_index, times, finding)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '') RETURNING number",
        (
            *(entry.moment, entry.event.name, _about(entry), party.kiosk, party.operator),
            *(entry.visit, entry.ordinal, entry.code, index),
        ),
    ).fetchone()
    return int(number)


def _about(entry: AuditEntry) -> str:
    """Give what a case is about where it is about no visit."""
    return "" if entry.visit else entry.about


def _issued(connection: Connection, entry: AuditEntry) -> bool:
    found = connection.execute(
        "SELECT 1 FROM issuance WHERE visit = ? AND ordinal = ?", (entry.visit, entry.ordinal)
    ).fetchone()
    return found is not None


def case_named(connection: Connection, number: int) -> Case:
    """Give a case that is open.

    Raises:
        Refused: `CHANGE_UNKNOWN`: there is none, or it is closed.
    """
    row = connection.execute(f"{_CASES} WHERE ward_case.number = ? AND closed IS NULL", (number,)).fetchone()
    if row is None:
        raise Refused(Code.CHANGE_UNKNOWN, "no such case is open")
    return _case(row)


def all_cases(connection: Connection, before: int, most: int, *, closed: bool) -> tuple[Case, ...]:
    """Give cases that are open, or that are closed, the newest first; those with a number below `before`."""
    standing = "closed IS NOT NULL" if closed else "closed IS NULL"
    rows = connection.execute(
        f"{_CASES} WHERE {standing} AND ward_case.number < ? ORDER BY ward_case.number DESC LIMIT ?", (before, most)
    ).fetchall()
    return tuple(_case(row) for row in rows)


def close_case(connection: Connection, number: int, moment: int, finding: str) -> None:
    """Close within the caller's transaction, which has looked whether it may be."""
    connection.execute("UPDATE ward_case SET closed = ?, finding = ? WHERE number = ?", (moment, finding, number))


def _case(row: tuple[int, int, str, str, str, str, bytes, int, int, int, int, int, str, str]) -> Case:
    return Case(
        number=row[0],
        since=row[1],
        kind=row[2],
        about=row[3],
        kiosk=row[4],
        operator=row[5],
        visit=bytes(row[6]),
        ordinal=row[7],
        code=row[8],
        log_index=row[9],
        times=row[10],
        closed=row[11],
        finding=row[12],
        issued=row[13],
    )
