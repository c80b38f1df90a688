"""The versions of a process's settings, in its rows; plain functions within a transaction.

Table: `settings_version`, in `settings/kept/settings_version.sql`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Digest, Line, UpTo

__all__ = ["Version", "digest_of", "is_kept", "keep", "newest", "short", "text_of", "versions"]

_COLUMNS: Final = "number, digest, decision_id, entered_by, agreed_by, since"
_LAST: Final = 2**53
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version, without its text.

    Attributes:
        number: from 1, the file's.
        digest: SHA-256 of the text.
        decision_id: by which it came; empty for a file's.
        entered_by, agreed_by: the two persons; empty for the first, which is the file.
        since: when it came to be in force, Unix milliseconds.
    """

    number: Annotated[int, UpTo(2**53)]
    digest: Digest
    decision_id: Line
    entered_by: Line
    agreed_by: Line
    since: Annotated[int, UpTo(2**53)]


def digest_of(text: str) -> bytes:
    """Give what a text is known by."""
    return hashlib.sha256(text.encode()).digest()


def short(digest: bytes) -> str:
    """Write as much of a digest as people compare."""
    return digest.hex()[:_DIGITS]


def newest(connection: Connection) -> Version | None:
    """Give the version in force; None where none was kept yet."""
    found = versions(connection, 1)
    return found[0] if found else None


def versions(connection: Connection, most: int, *, up_to: int = _LAST) -> tuple[Version, ...]:
    """Give the newest versions up to a number, the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM settings_version WHERE number <= ? ORDER BY number DESC LIMIT ?",  # noqa: S608 - a constant of this module
        (up_to, most),
    ).fetchall()
    return tuple(
        Version(
            number=row[0], digest=bytes(row[1]), decision_id=row[2], entered_by=row[3], agreed_by=row[4], since=row[5]
        )
        for row in rows
    )


def is_kept(connection: Connection, text: str) -> bool:
    """Say whether a text is one of those that were in force."""
    found = connection.execute("SELECT 1 FROM settings_version WHERE digest = ? LIMIT 1", (digest_of(text),)).fetchone()
    return found is not None


def text_of(connection: Connection, number: int) -> str:
    """Give a version's text.

    Raises:
        Refused: `CHANGE_UNKNOWN`: there is none.
    """
    row = connection.execute("SELECT content FROM settings_version WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise Refused(Code.CHANGE_UNKNOWN, f"no version {number} of the settings")
    return str(row[0])


def keep(
    connection: Connection, text: str, moment: int, *, decision_id: str = "", operators: tuple[str, str] = ("", "")
) -> Version:
    """Keep a text as the version in force from a moment on."""
    last = newest(connection)
    version = Version(
        number=1 if last is None else last.number + 1,
        digest=digest_of(text),
        decision_id=decision_id,
        entered_by=operators[0],
        agreed_by=operators[1],
        since=moment,
    )
    connection.execute(
        "INSERT INTO settings_version (number, digest, content, decision_id, entered_by, agreed_by, since)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (version.number, version.digest, text, decision_id, *operators, moment),
    )
    return version
