"""Codes that work once, as rows; plain functions of a transaction. They stand hidden under the console's lookup key."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.staff import MOST_TRIES, CodePurpose
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["CodeRows", "OnceCode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceCode:
    """A code that works once, as it is kept: whose, for what, until when (Unix milliseconds)."""

    code_id: str
    purpose: CodePurpose
    about: str
    given_by: str


class CodeRows:
    """Reads and writes one-time codes within the caller's transaction."""

    def __init__(self, hashes: KeyedHash) -> None:
        self._hashes = hashes

    def put(self, connection: Connection, code: OnceCode, secret: bytes, expires: int) -> None:
        """Keep a code."""
        hidden = self._hashes.hide("once_code", code.code_id.encode(), secret)
        connection.execute(
            "INSERT INTO once_code (code_id, hidden, purpose, about, given_by, expires, tries, used)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
            (code.code_id, hidden, int(code.purpose), code.about, code.given_by, expires),
        )

    def find(
        self, connection: Connection, typed: bytes, purposes: Iterable[CodePurpose], about: str | None, now: int
    ) -> OnceCode | None:
        """Find the code that waits and was typed; a person's that was not is counted, and ends after a few.

        Args:
            connection: within a transaction that writes.
            typed: what was typed.
            purposes: what it may be for.
            about: whose it must be; None where the code alone says it.
            now: Unix milliseconds.
        """
        wanted = {int(purpose) for purpose in purposes}
        rows = connection.execute(
            "SELECT code_id, hidden, purpose, about, given_by FROM once_code"
            " WHERE used = 0 AND tries < ? AND expires > ? ORDER BY expires DESC, code_id",
            (MOST_TRIES, now),
        ).fetchall()
        found = None
        for code_id, hidden, purpose, whose, given_by in rows:
            if purpose not in wanted or about not in (None, whose):
                continue
            secret = self._hashes.reveal("once_code", code_id.encode(), bytes(hidden))
            if hmac.compare_digest(secret, typed):
                found = OnceCode(code_id=code_id, purpose=CodePurpose(purpose), about=whose, given_by=given_by)
            elif about is not None:
                connection.execute("UPDATE once_code SET tries = tries + 1 WHERE code_id = ?", (code_id,))
        return found

    @staticmethod
    def use(connection: Connection, code_id: str, now: int) -> None:
        """Use a code up.

        Raises:
            Refused: `CODE_REFUSED`: it is used, or over.
        """
        answer = connection.execute(
            "UPDATE once_code SET used = ? WHERE code_id = ? AND used = 0 AND expires > ? AND tries < ?",
            (now, code_id, now, MOST_TRIES),
        )
        if not answer.rowcount:
            raise Refused(Code.CODE_REFUSED, "used, or over")

    @staticmethod
    def end(connection: Connection, about: str, now: int) -> None:
        """End the codes of a person that wait."""
        connection.execute("UPDATE once_code SET used = ? WHERE about = ? AND purpose <> 2 AND used = 0", (now, about))
