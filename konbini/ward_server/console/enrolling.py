"""Enrolling: a code that works once makes a terminal, or a person's passkey.

Invariants: a code is used by what is made with it, in one transaction; a wrong one is counted and recorded before it is
answered; a code that made a passkey ends every passkey and session that the person had.
"""

from __future__ import annotations

import hashlib
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
from konbini.ward_server.console.passkeys import Challenges, Passkeys, challenge_of
from konbini.ward_server.console.staff import CodePurpose, Passkey, Person, Terminal, typed_code
from konbini.ward_server.console.staff_rows import StaffRows

__all__ = ["Enrolling"]

_COOKIE_BYTES: Final = 32
_ID_BYTES: Final = 4
_FOR_PEOPLE: Final = (CodePurpose.PERSON, CodePurpose.FIRST_PERSON)


class Enrolling:
    """The use cases of one-time codes.

    Args:
        rows: where terminals and passkeys are kept.
        staff: reads and writes them.
        entrance: ends the sessions of whoever is enrolled anew.
        passkeys: judges what was made.
        clock: moments.
        entropy: cookies and challenges.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self, rows: Rows, staff: StaffRows, *, entrance: Entrance, passkeys: Passkeys, clock: Clock, entropy: Entropy
    ) -> None:
        self._rows = rows
        self._staff = staff
        self._entrance = entrance
        self._passkeys = passkeys
        self._clock = clock
        self._entropy = entropy
        self._challenges = Challenges(entropy)

    async def terminal(self, code: str) -> str:
        """Enrol a terminal with a one-time code, and give its cookie.

        Raises:
            Refused: `CODE_REFUSED`; it is recorded.
        """
        typed, now = typed_code(code), self._clock.now()
        cookie = self._entropy.token(_COOKIE_BYTES).hex()
        name = f"t-{self._entropy.token(_ID_BYTES).hex()}"

        def change(connection: Connection) -> bool:
            found = self._staff.codes.find(connection, typed, [CodePurpose.TERMINAL], None, now)
            if found is None:
                append(connection, AuditEntry(moment=now, event=AuditEvent.ENROLMENT_REFUSED, about="terminal"))
                return False
            self._staff.codes.use(connection, found.code_id, now)
            made = Terminal(terminal=name, place=found.about, enrolled_by=found.given_by, enrolled_at=now, ended=0)
            self._staff.put_terminal(connection, made, cookie)
            entry = AuditEntry(moment=now, event=AuditEvent.TERMINAL_ENROLLED, operators=(found.given_by,), about=name)
            append(connection, entry)
            return True

        if not await self._rows.write(change, step="enrol terminal"):
            raise Refused(Code.CODE_REFUSED)
        return cookie

    async def to_passkey(self, terminal: Terminal, person: str, code: str) -> str:
        """Give the options for making a passkey to whoever typed a person's code.

        Raises:
            Refused: `CODE_REFUSED`; it is recorded.
        """
        found, whose = await self._coded(terminal, person, typed_code(code))
        challenge = self._challenges.give(_bound(terminal, found), self._clock.monotonic())
        return self._passkeys.to_enrol(whose, challenge)

    async def passkey(self, terminal: Terminal, person: str, code: str, answer: str) -> None:
        """Keep the passkey that was made; whatever the person had before ends.

        Raises:
            Refused: `CODE_REFUSED`, `PASSKEY_REFUSED`.
        """
        found, whose = await self._coded(terminal, person, typed_code(code))
        bound = _bound(terminal, found)
        challenge = self._challenges.take(challenge_of(answer), bound, self._clock.monotonic())
        made, now = self._passkeys.enrolled(answer, challenge), self._clock.now()
        passkey = Passkey(
            credential=made.credential, person=whose.person, public_key=made.public_key, sign_count=made.sign_count
        )

        def change(connection: Connection) -> None:
            self._staff.codes.use(connection, found.code_id, now)
            self._staff.end_passkeys(connection, whose.person, now)
            self._staff.put_passkey(connection, passkey, now)
            entry = AuditEntry(
                moment=now,
                event=AuditEvent.PASSKEY_ENROLLED,
                operators=(whose.person,),
                about=terminal.terminal,
                digest=hashlib.sha256(made.public_key).digest(),
            )
            append(connection, entry)

        await self._rows.write(change, step="enrol passkey")
        await self._entrance.shut_out(whose.person, "enrolled anew")

    async def _coded(self, terminal: Terminal, person: str, typed: bytes) -> tuple[OnceCode, Person]:
        """Find whose code was typed; a wrong one is counted and recorded."""
        now = self._clock.now()

        def change(connection: Connection) -> tuple[OnceCode, Person] | None:
            found = self._staff.codes.find(connection, typed, _FOR_PEOPLE, person, now)
            whose = self._staff.person(connection, person)
            if found is not None and whose is not None and not whose.left_at:
                return found, whose
            append(connection, AuditEntry(moment=now, event=AuditEvent.ENROLMENT_REFUSED, about=terminal.terminal))
            return None

        coded = await self._rows.write(change, step="try code")
        if coded is None:
            raise Refused(Code.CODE_REFUSED)
        return coded


def _bound(terminal: Terminal, code: OnceCode) -> str:
    return f"{terminal.terminal} {code.code_id}"
