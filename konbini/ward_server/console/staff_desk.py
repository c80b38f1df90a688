"""The desk for the console's people: two persons decide about a third; one shuts out at once.

Invariants: nobody enters or agrees to what is about themselves; whoever entered does not agree; a code that opens the
console to a person is made of two halves, of which each of the two was shown one. Where nobody is there who could agree
(the first days of a console, or the last administrator but one away), the machine itself stands in the second
person's place: somebody who can become its console's user, and is known by the machine's own log.
"""

from __future__ import annotations

from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.code_rows import OnceCode
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.rights import Right, Role, check_together, roles_on
from konbini.ward_server.console.staff import (
    CODE_HOURS,
    HALF_BYTES,
    MACHINE,
    NOBODY,
    TERMINAL_MINUTES,
    CodePurpose,
    KeptStaffChange,
    Person,
    StaffChange,
    StaffKind,
    StaffState,
    check_new_person,
    check_staff_change,
    readable,
)
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.residents.dates import today
from konbini.ward_server.residents.registry import require_two

__all__ = ["StaffDesk"]

_HANDLE_BYTES: Final = 32
_ID_BYTES: Final = 8
_HOUR: Final = 3600 * 1000
_MINUTE: Final = 60 * 1000
_DECIDES: Final = frozenset({Role.ADMINISTRATION, Role.SUPERVISION})
_FIRST_DAYS: Final = 92
"""How long the first administrator's right lasts: by then others have given rights for a year."""


class StaffDesk:
    """The use cases of persons, rights and terminals."""

    def __init__(self, rows: Rows, staff: StaffRows, entrance: Entrance, clock: Clock, entropy: Entropy) -> None:
        self._rows = rows
        self._staff = staff
        self._entrance = entrance
        self._clock = clock
        self._entropy = entropy

    async def name_first(self, person: str, name: str, place: str) -> tuple[str, str]:
        """Name the first administrator, at the machine itself; possible until anybody enrolled a passkey.

        Returns:
            The person's code, and one for the terminal that they will enrol it at.

        Raises:
            Refused: `CHANGE_INVALID`: somebody enrolled a passkey before, or the id cannot be used.
        """
        check_new_person(person)
        now, day = self._clock.now(), self._today()
        secrets = [self._entropy.token(2 * HALF_BYTES) for _ in range(2)]
        right = self._right(person, Role.ADMINISTRATION, day, _days_after(now, _FIRST_DAYS))

        def change(connection: Connection) -> None:
            if self._staff.ever_enrolled(connection):
                raise Refused(Code.CHANGE_INVALID, "somebody enrolled a passkey before: two persons enrol others")
            for earlier in self._staff.people(connection):
                self._staff.end_person(connection, earlier.person, day, now)
            self._staff.put_person(connection, self._person(person, name, now))
            self._staff.put_rights(connection, [right])
            self._put_code(connection, CodePurpose.FIRST_PERSON, person, MACHINE, secrets[0], now + CODE_HOURS * _HOUR)
            self._put_code(connection, CodePurpose.TERMINAL, place, MACHINE, secrets[1], now + CODE_HOURS * _HOUR)
            append(connection, _entry(now, AuditEvent.FIRST_ADMINISTRATOR_NAMED, MACHINE, about=person))

        await self._rows.write(change, step="first administrator")
        return readable(secrets[0]), readable(secrets[1])

    async def enter(self, operator: str, change: StaffChange) -> tuple[str, str]:
        """Enter what is to become of a person; nothing is done yet.

        Returns:
            Its id, and the first half of the person's code; empty where there will be none.

        Raises:
            Refused: `OWN_RIGHTS`, `CHANGE_INVALID`, `PERSON_UNKNOWN`.
        """
        check_staff_change(change, self._today())
        _check_not_own(operator, change.person)
        now, half = self._clock.now(), self._entropy.token(HALF_BYTES)
        kept = KeptStaffChange(
            change_id=self._entropy.token(_ID_BYTES).hex(),
            change=change,
            first_half=half,
            state=StaffState.ENTERED,
            entered_by=operator,
            entered_at=now,
            concluded_by="",
            concluded_at=0,
        )

        def write(connection: Connection) -> None:
            self._check(connection, change)
            self._staff.put_change(connection, kept)
            append(connection, _change_entry(kept, AuditEvent.STAFF_CHANGE_ENTERED, now, operator))

        await self._rows.write(write, step="enter staff change")
        return kept.change_id, "" if change.kind is StaffKind.RIGHTS else readable(half)

    async def agree(self, operator: str, change_id: str) -> str:
        """Agree to another's change of staff, and carry it out.

        Returns:
            The second half of the person's code; empty where there is none.

        Raises:
            Refused: `CHANGE_UNKNOWN`, `SAME_PERSON`, `OWN_RIGHTS`, and what `enter` refuses as things stand now.
        """
        now, half = self._clock.now(), self._entropy.token(HALF_BYTES)

        def write(connection: Connection) -> KeptStaffChange:
            kept = self._staff.change(connection, change_id)
            require_two(kept.entered_by, operator)
            _check_not_own(operator, kept.change.person)
            if operator == MACHINE:
                self._check_nobody_else(connection, kept)
            self._check(connection, kept.change)
            self._carry_out(connection, kept, operator, half, now)
            self._staff.conclude(connection, change_id, StaffState.AGREED, operator, now)
            entry = _change_entry(kept, AuditEvent.STAFF_CHANGE_AGREED, now, kept.entered_by, operator)
            append(connection, entry)
            return kept

        kept = await self._rows.write(write, step="agree to staff change")
        return "" if kept.change.kind is StaffKind.RIGHTS else readable(half)

    async def decline(self, operator: str, change_id: str) -> None:
        """Take a change of staff back, or turn it down.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        now = self._clock.now()

        def write(connection: Connection) -> None:
            kept = self._staff.change(connection, change_id)
            self._staff.conclude(connection, change_id, StaffState.DECLINED, operator, now)
            entry = _change_entry(kept, AuditEvent.STAFF_CHANGE_DECLINED, now, kept.entered_by, operator)
            append(connection, entry)

        await self._rows.write(write, step="decline staff change")

    async def withdraw(self, operator: str, right_id: str) -> None:
        """End a right today; one person suffices to take away.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        now, day = self._clock.now(), self._today()

        def write(connection: Connection) -> None:
            right = self._staff.withdraw_right(connection, right_id, day)
            about = f"{right.person} {right.role.name} {right_id}"
            append(connection, _entry(now, AuditEvent.RIGHT_WITHDRAWN, operator, about=about))

        await self._rows.write(write, step="withdraw right")

    async def leave(self, operator: str, person: str) -> None:
        """Shut a person out who leaves: rights, passkeys and sessions end now; one person suffices.

        Raises:
            Refused: `PERSON_UNKNOWN`.
        """
        now, day = self._clock.now(), self._today()

        def write(connection: Connection) -> None:
            self._there(connection, person)
            self._staff.end_person(connection, person, day, now)
            append(connection, _entry(now, AuditEvent.PERSON_LEFT, operator, about=person))

        await self._rows.write(write, step="leave")
        await self._entrance.shut_out(person, "left")

    async def terminal_code(self, operator: str, place: str) -> str:
        """Make a code with which one terminal is enrolled.

        Raises:
            Refused: `CHANGE_INVALID`: the place is not named.
        """
        if not place.strip():
            raise Refused(Code.CHANGE_INVALID, "a terminal stands somewhere")
        now, secret = self._clock.now(), self._entropy.token(2 * HALF_BYTES)

        def write(connection: Connection) -> None:
            expires = now + TERMINAL_MINUTES * _MINUTE
            self._put_code(connection, CodePurpose.TERMINAL, place, operator, secret, expires)
            append(connection, _entry(now, AuditEvent.TERMINAL_CODE_MADE, operator, about=place))

        await self._rows.write(write, step="terminal code")
        return readable(secret)

    async def end_terminal(self, operator: str, terminal: str) -> None:
        """Shut a terminal out.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        now = self._clock.now()

        def write(connection: Connection) -> None:
            self._staff.end_terminal(connection, terminal, now)
            append(connection, _entry(now, AuditEvent.TERMINAL_ENDED, operator, about=terminal))

        await self._rows.write(write, step="end terminal")
        await self._entrance.close_terminal(terminal)

    async def waiting(self) -> tuple[KeptStaffChange, ...]:
        """Give the changes of staff that wait for a second person."""
        return await self._rows.read(self._staff.waiting)

    def _check(self, connection: Connection, change: StaffChange) -> None:
        """Refuse what cannot become of the person as things stand."""
        day = self._today()
        check_staff_change(change, min(day, change.begins or day))
        if change.kind is StaffKind.ENROL:
            if self._staff.person(connection, change.person) is not None:
                raise Refused(Code.CHANGE_INVALID, "the id is somebody's, or was")
            return
        self._there(connection, change.person)
        held = [right for right in self._staff.rights(connection, change.person) if right.ends >= day]
        standing = {right.role for right in held if not right.withdrawn}
        check_together(standing | set(change.roles))

    def _there(self, connection: Connection, person: str) -> Person:
        found = self._staff.person(connection, person)
        if found is None or found.left_at:
            raise Refused(Code.PERSON_UNKNOWN)
        return found

    def _check_nobody_else(self, connection: Connection, kept: KeptStaffChange) -> None:
        """Refuse the machine in a second person's place while somebody is there who could agree."""
        day = self._today()
        for one in self._staff.people(connection):
            could = roles_on(self._staff.rights(connection, one.person), day) & _DECIDES
            apart = one.person not in (kept.entered_by, kept.change.person)
            if could and apart and not one.left_at and self._staff.passkeys(connection, one.person):
                raise Refused(Code.RIGHT_MISSING, "a person is there who can agree")

    def _carry_out(self, connection: Connection, kept: KeptStaffChange, operator: str, half: bytes, now: int) -> None:
        change = kept.change
        if change.kind is StaffKind.ENROL:
            self._staff.put_person(connection, self._person(change.person, change.name, now))
        rights = [
            self._right(change.person, role, change.begins, change.ends, entered_by=kept.entered_by, agreed_by=operator)
            for role in change.roles
        ]
        self._staff.put_rights(connection, rights)
        if change.kind is not StaffKind.RIGHTS:
            self._staff.codes.end(connection, change.person, now)
            secret, expires = kept.first_half + half, now + CODE_HOURS * _HOUR
            self._put_code(connection, CodePurpose.PERSON, change.person, operator, secret, expires)

    def _put_code(  # noqa: PLR0913, PLR0917 - a code's particulars
        self, connection: Connection, purpose: CodePurpose, about: str, by: str, secret: bytes, expires: int
    ) -> None:
        code = OnceCode(code_id=self._entropy.token(_ID_BYTES).hex(), purpose=purpose, about=about, given_by=by)
        self._staff.codes.put(connection, code, secret, expires)

    def _person(self, person: str, name: str, now: int) -> Person:
        return Person(person=person, name=name, handle=self._entropy.token(_HANDLE_BYTES), begun=now, left_at=0)

    def _right(  # noqa: PLR0913 - a right's particulars
        self, person: str, role: Role, begins: int, ends: int, *, entered_by: str = MACHINE, agreed_by: str = NOBODY
    ) -> Right:
        return Right(
            right_id=self._entropy.token(_ID_BYTES).hex(),
            person=person,
            role=role,
            begins=begins,
            ends=ends,
            entered_by=entered_by,
            agreed_by=agreed_by,
        )

    def _today(self) -> int:
        return today(self._clock.now())


def _days_after(moment: int, days: int) -> int:
    return today(moment + days * 24 * _HOUR)


def _check_not_own(operator: str, person: str) -> None:
    if operator == person:
        raise Refused(Code.OWN_RIGHTS)


def _change_entry(kept: KeptStaffChange, event: AuditEvent, moment: int, *operators: str) -> AuditEntry:
    change = kept.change
    return _entry(moment, event, *operators, about=f"{change.kind.name} {change.person} {kept.change_id}")


def _entry(moment: int, event: AuditEvent, *operators: str, about: str) -> AuditEntry:
    return AuditEntry(moment=moment, event=event, operators=operators, about=about[:64])
