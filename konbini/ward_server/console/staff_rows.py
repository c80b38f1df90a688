"""Persons, rights, passkeys, terminals and changes of staff, as rows; plain functions of a transaction.

What must not stand in a file in the clear (names of staff, halves of codes) is hidden under the console's lookup key,
bound to its row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.console.code_rows import CodeRows
from konbini.ward_server.console.rights import Right, Role
from konbini.ward_server.console.staff import (
    HALF_BYTES,
    KeptStaffChange,
    Passkey,
    Person,
    StaffChange,
    StaffKind,
    StaffState,
    Terminal,
)
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["StaffRows"]

_PERSON: Final = "SELECT person, handle, hidden, begun, left_at FROM person"
_RIGHT: Final = "SELECT right_id, person, role, begins, ends, entered_by, agreed_by, withdrawn FROM held_right"
_PASSKEY: Final = "SELECT credential, person, public_key, sign_count FROM passkey WHERE ended = 0"
_TERMINAL: Final = "SELECT terminal, place, enrolled_by, enrolled_at, ended FROM terminal"
_CHANGE: Final = (
    "SELECT change_id, kind, person, hidden, state, entered_by, entered_at, concluded_by, concluded_at"
    " FROM staff_change"
)


class StaffRows:
    """Reads and writes rows of staff within the caller's transaction; `codes`: those of one-time codes."""

    def __init__(self, hashes: KeyedHash) -> None:
        self._hashes = hashes
        self.codes = CodeRows(hashes)

    def put_person(self, connection: Connection, person: Person) -> None:
        """Keep a new person.

        Raises:
            Refused: `CHANGE_INVALID`: the id is, or was, somebody's.
        """
        if self.person(connection, person.person) is not None:
            raise Refused(Code.CHANGE_INVALID, "the id is somebody's, or was")
        hidden = self._hashes.hide("person", person.person.encode(), person.name.encode())
        connection.execute(
            "INSERT INTO person (person, handle, hidden, begun, left_at) VALUES (?, ?, ?, ?, 0)",
            (person.person, person.handle, hidden, person.begun),
        )

    def person(self, connection: Connection, person: str) -> Person | None:
        """Find a person."""
        return self._one(connection.execute(f"{_PERSON} WHERE person = ?", (person,)).fetchone())

    def people(self, connection: Connection) -> tuple[Person, ...]:
        """Give everybody, those who left too, by their ids."""
        return tuple(map(self._person, connection.execute(f"{_PERSON} ORDER BY person").fetchall()))

    def end_person(self, connection: Connection, person: str, today: int, now: int) -> None:
        """Shut a person out: rights, passkeys and codes end."""
        connection.execute("UPDATE person SET left_at = ? WHERE person = ? AND left_at = 0", (now, person))
        connection.execute("UPDATE held_right SET withdrawn = ? WHERE person = ? AND withdrawn = 0", (today, person))
        self.end_passkeys(connection, person, now)
        self.codes.end(connection, person, now)

    @staticmethod
    def put_rights(connection: Connection, rights: Iterable[Right]) -> None:
        """Keep rights."""
        connection.executemany(
            "INSERT INTO held_right (right_id, person, role, begins, ends, entered_by, agreed_by, withdrawn)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            [
                (one.right_id, one.person, int(one.role), one.begins, one.ends, one.entered_by, one.agreed_by)
                for one in rights
            ],
        )

    @staticmethod
    def rights(connection: Connection, person: str | None = None) -> tuple[Right, ...]:
        """Give the rights of a person, or of everybody."""
        if person is None:
            rows = connection.execute(f"{_RIGHT} ORDER BY person, role, begins, right_id")
        else:
            rows = connection.execute(f"{_RIGHT} WHERE person = ? ORDER BY role, begins, right_id", (person,))
        return tuple(map(_right, rows.fetchall()))

    @staticmethod
    def withdraw_right(connection: Connection, right_id: str, today: int) -> Right:
        """End a right today, and give it as it was.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none, or it ended.
        """
        row = connection.execute(f"{_RIGHT} WHERE right_id = ? AND withdrawn = 0", (right_id,)).fetchone()
        if row is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no such right")
        connection.execute("UPDATE held_right SET withdrawn = ? WHERE right_id = ?", (today, right_id))
        return _right(row)

    @staticmethod
    def put_passkey(connection: Connection, passkey: Passkey, now: int) -> None:
        """Keep a passkey.

        Raises:
            Refused: `PASSKEY_REFUSED`: this very one is somebody's, or was.
        """
        known = connection.execute("SELECT 1 FROM passkey WHERE credential = ?", (passkey.credential,)).fetchone()
        if known:
            raise Refused(Code.PASSKEY_REFUSED, "a passkey that is known")
        connection.execute(
            "INSERT INTO passkey (credential, person, public_key, sign_count, added, ended) VALUES (?, ?, ?, ?, ?, 0)",
            (passkey.credential, passkey.person, passkey.public_key, passkey.sign_count, now),
        )

    @staticmethod
    def passkey(connection: Connection, credential: bytes) -> Passkey | None:
        """Find a passkey that is of use."""
        row = connection.execute(f"{_PASSKEY} AND credential = ?", (credential,)).fetchone()
        return None if row is None else _passkey(row)

    @staticmethod
    def passkeys(connection: Connection, person: str) -> tuple[Passkey, ...]:
        """Give a person's passkeys that are of use."""
        found = connection.execute(f"{_PASSKEY} AND person = ? ORDER BY added, credential", (person,))
        return tuple(map(_passkey, found.fetchall()))

    @staticmethod
    def public_key_of(connection: Connection, credential: bytes, person: str) -> bytes:
        """Give the public key of a person's passkey, ended or not; empty where they never had it."""
        row = connection.execute(
            "SELECT public_key FROM passkey WHERE credential = ? AND person = ?", (credential, person)
        ).fetchone()
        return b"" if row is None else bytes(row[0])

    @staticmethod
    def ever_enrolled(connection: Connection) -> bool:
        """Say whether anybody ever enrolled a passkey."""
        return connection.execute("SELECT 1 FROM passkey LIMIT 1").fetchone() is not None

    @staticmethod
    def counted(connection: Connection, credential: bytes, sign_count: int) -> None:
        """Keep how often a passkey says that it signed."""
        connection.execute("UPDATE passkey SET sign_count = ? WHERE credential = ?", (sign_count, credential))

    @staticmethod
    def end_passkeys(connection: Connection, person: str, now: int) -> None:
        """End a person's passkeys."""
        connection.execute("UPDATE passkey SET ended = ? WHERE person = ? AND ended = 0", (now, person))

    @staticmethod
    def put_terminal(connection: Connection, terminal: Terminal, cookie: str) -> None:
        """Keep a terminal, by the hash of its cookie."""
        connection.execute(
            "INSERT INTO terminal (terminal, cookie_hash, place, enrolled_by, enrolled_at, ended)"
            " VALUES (?, ?, ?, ?, ?, 0)",
            (terminal.terminal, _cookie_hash(cookie), terminal.place, terminal.enrolled_by, terminal.enrolled_at),
        )

    @staticmethod
    def terminal_of(connection: Connection, cookie: str) -> Terminal | None:
        """Find the terminal that has a cookie, and that one may sign in from."""
        row = connection.execute(f"{_TERMINAL} WHERE cookie_hash = ? AND ended = 0", (_cookie_hash(cookie),)).fetchone()
        return None if row is None else _terminal(row)

    @staticmethod
    def terminals(connection: Connection) -> tuple[Terminal, ...]:
        """Give every terminal."""
        return tuple(map(_terminal, connection.execute(f"{_TERMINAL} ORDER BY enrolled_at, terminal").fetchall()))

    @staticmethod
    def end_terminal(connection: Connection, terminal: str, now: int) -> None:
        """Shut a terminal out.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        answer = connection.execute("UPDATE terminal SET ended = ? WHERE terminal = ? AND ended = 0", (now, terminal))
        if not answer.rowcount:
            raise Refused(Code.CHANGE_UNKNOWN, "no such terminal")

    def put_change(self, connection: Connection, kept: KeptStaffChange) -> None:
        """Keep a change that was entered."""
        content = kept.first_half + to_bytes(kept.change)
        hidden = self._hashes.hide("staff_change", kept.change_id.encode(), content)
        connection.execute(
            "INSERT INTO staff_change (change_id, kind, person, hidden, state, entered_by, entered_at, concluded_by,"
            " concluded_at) VALUES (?, ?, ?, ?, 1, ?, ?, '', 0)",
            (kept.change_id, int(kept.change.kind), kept.change.person, hidden, kept.entered_by, kept.entered_at),
        )

    def change(self, connection: Connection, change_id: str) -> KeptStaffChange:
        """Find a change that waits.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none, or it was concluded.
        """
        row = connection.execute(f"{_CHANGE} WHERE change_id = ? AND state = 1", (change_id,)).fetchone()
        if row is None:
            raise Refused(Code.CHANGE_UNKNOWN, "no such change of staff, or it was concluded")
        return self._change(row)

    def waiting(self, connection: Connection) -> tuple[KeptStaffChange, ...]:
        """Give the changes that wait, oldest first."""
        rows = connection.execute(f"{_CHANGE} WHERE state = 1 ORDER BY entered_at, change_id").fetchall()
        return tuple(map(self._change, rows))

    @staticmethod
    def conclude(connection: Connection, change_id: str, state: StaffState, by: str, now: int) -> None:
        """Say what became of a change that waited."""
        connection.execute(
            "UPDATE staff_change SET state = ?, concluded_by = ?, concluded_at = ? WHERE change_id = ?",
            (int(state), by, now, change_id),
        )

    def _one(self, row: Any) -> Person | None:  # noqa: ANN401 - a row
        return None if row is None else self._person(row)

    def _person(self, row: Any) -> Person:  # noqa: ANN401 - a row
        person, handle, hidden, begun, left_at = row
        # The name of somebody who left long ago is destroyed; the id is not given again.
        name = self._hashes.reveal("person", person.encode(), bytes(hidden)).decode() if len(hidden) else ""
        return Person(person=person, name=name, handle=bytes(handle), begun=begun, left_at=left_at)

    def _change(self, row: Any) -> KeptStaffChange:  # noqa: ANN401 - a row
        change_id, kind, person, hidden, state, entered_by, entered_at, concluded_by, concluded_at = row
        content = self._hashes.reveal("staff_change", change_id.encode(), bytes(hidden))
        change = from_bytes(StaffChange, content[HALF_BYTES:])
        if (change.kind, change.person) != (StaffKind(kind), person):
            raise Refused(Code.SEAL_BROKEN, "a change of staff that its row does not say")
        return KeptStaffChange(
            change_id=change_id,
            change=change,
            first_half=content[:HALF_BYTES],
            state=StaffState(state),
            entered_by=entered_by,
            entered_at=entered_at,
            concluded_by=concluded_by,
            concluded_at=concluded_at,
        )


def _right(row: Any) -> Right:  # noqa: ANN401 - a row
    right_id, person, role, begins, ends, entered_by, agreed_by, withdrawn = row
    return Right(
        right_id=right_id,
        person=person,
        role=Role(role),
        begins=begins,
        ends=ends,
        entered_by=entered_by,
        agreed_by=agreed_by,
        withdrawn=withdrawn,
    )


def _passkey(row: Any) -> Passkey:  # noqa: ANN401 - a row
    credential, person, public_key, sign_count = row
    return Passkey(credential=bytes(credential), person=person, public_key=bytes(public_key), sign_count=sign_count)


def _terminal(row: Any) -> Terminal:  # noqa: ANN401 - a row
    terminal, place, enrolled_by, enrolled_at, ended = row
    return Terminal(terminal=terminal, place=place, enrolled_by=enrolled_by, enrolled_at=enrolled_at, ended=ended)


def _cookie_hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
