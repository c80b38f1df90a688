"""The entrance: people sign in, lock, unlock and sign out here, and their passkeys are judged.

Invariants: nobody gets further than a passkey without an enrolled terminal; each sign-in, sign-out, lock and refusal is
recorded before it is answered; whoever has no right today, or no office hours, is not signed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.office import Office
from konbini.ward_server.console.passkeys import Challenges, Passkeys, challenge_of, credential_of
from konbini.ward_server.console.rights import Role, roles_on
from konbini.ward_server.console.sessions import Session, Sessions, SignInBefore
from konbini.ward_server.console.sign_in_rows import put_failed, put_sign_in
from konbini.ward_server.console.staff import Passkey, Person, Terminal
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.residents.dates import today
from konbini.ward_server.signed_acts.proof import Assertion

__all__ = ["Entrance", "SignedIn"]

_LOOK_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who asks: a person with the roles that they have now, in a session that is open; `elsewhere`: their others."""

    person: Person
    roles: frozenset[Role]
    session: Session
    elsewhere: tuple[Session, ...]


class Entrance:
    """The use cases before and around a session."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        rows: Rows,
        staff: StaffRows,
        *,
        sessions: Sessions,
        passkeys: Passkeys,
        office: Office,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._rows = rows
        self._staff = staff
        self._sessions = sessions
        self._passkeys = passkeys
        self._office = office
        self._clock = clock
        self._entropy = entropy
        self._challenges = Challenges(entropy)

    async def terminal(self, cookie: str) -> Terminal:
        """Find the terminal that asks.

        Raises:
            Refused: `TERMINAL_UNKNOWN`.
        """
        found = await self._rows.read(lambda connection: self._staff.terminal_of(connection, cookie))
        if found is None:
            raise Refused(Code.TERMINAL_UNKNOWN)
        return found

    def to_sign_in(self, terminal: Terminal) -> str:
        """Give the options for signing in, with any passkey that the terminal's person has.

        Raises:
            Refused: `BUSY`.
        """
        challenge = self._challenges.give(_bound("sign in", terminal), self._clock.monotonic())
        return self._passkeys.to_assert(challenge)

    async def sign_in(self, terminal: Terminal, answer: str) -> str:
        """Let a person in, and give the session's token.

        Raises:
            Refused: `PASSKEY_REFUSED`, `RIGHT_MISSING` (none today), `OFFICE_CLOSED`; each is recorded. `BUSY`.
        """
        whose = ""
        try:
            passkey = await self._passkey(answer)
            whose, bound = passkey.person, _bound("sign in", terminal)
            challenge = self._challenges.take(challenge_of(answer), bound, self._clock.monotonic())
            assertion = self._passkeys.asserted(answer, challenge, passkey)
            await self._check_admitted(whose)
        except Refused as refused:
            entry = self._said(AuditEvent.CONSOLE_SIGN_IN_REFUSED, about=terminal.terminal, code=int(refused.code))
            await self._record_failed(entry, whose, terminal)
            raise
        await self._ended(self._sessions.end_of(terminal=terminal.terminal), "signed in anew")
        token, session = self._sessions.begin(whose, terminal, self._clock.monotonic())
        elsewhere = self._sessions.beside(session, session.began)
        entries = [self._said(AuditEvent.PERSON_SIGNED_IN, whose, about=terminal.terminal)]
        entries += [self._said(AuditEvent.SIGNED_IN_BESIDE, whose, about=one.terminal) for one in elsewhere]
        session.before = await self._record_sign_in(entries, assertion)
        for one in elsewhere:
            one.read = False
        return token

    def session(self, token: str, terminal: Terminal) -> Session:
        """Find a session, locked or not.

        Raises:
            Refused: `SESSION_OVER`.
        """
        return self._sessions.of(token, terminal.terminal, self._clock.monotonic())

    async def signed_in(self, session: Session, *, by_hand: bool = True) -> SignedIn:
        """Say who asks, now; `by_hand`: a person did it, so that the lock is put off.

        Raises:
            Refused: `SESSION_LOCKED`, `SESSION_OVER`: it was ended, or the person has left, has no right any more, or
                may not be here now.
        """
        if by_hand:
            self._sessions.check_there(session)
            self._sessions.use(session, self._clock.monotonic())
        else:
            self.check_unlocked(session)
        try:
            person, roles = await self._check_admitted(session.person)
        except Refused as refused:
            await self._ended(self._sessions.end(session), "not admitted any more")
            raise Refused(Code.SESSION_OVER, "not admitted any more") from refused
        elsewhere = self._sessions.beside(session, self._clock.monotonic())
        return SignedIn(person=person, roles=roles, session=session, elsewhere=tuple(elsewhere))

    def check_unlocked(self, session: Session) -> None:
        """Refuse whoever must not be shown anything any more, by what this process has in memory.

        Raises:
            Refused: `SESSION_LOCKED`, `SESSION_OVER`.
        """
        self._sessions.check_there(session)
        if session.locked is not None:
            raise Refused(Code.SESSION_LOCKED)

    async def lock(self, session: Session) -> None:
        """Lock a session because its person asks."""
        if session.locked is None:
            self._sessions.lock(session, self._clock.monotonic())
            await self._record(self._said(AuditEvent.SESSION_LOCKED, session.person, about=session.terminal))

    async def to_confirm(self, purpose: str, session: Session, terminal: Terminal) -> str:
        """Give the options for a passkey of the session's person, of theirs alone, for one purpose here.

        Raises:
            Refused: `BUSY`.
        """
        challenge = self._challenges.give(_bound(purpose, terminal, session.person), self._clock.monotonic())
        return await self.options_for(session, challenge)

    async def confirmed(self, purpose: str, session: Session, terminal: Terminal, answer: str) -> Assertion:
        """Take the passkey's answer.

        Raises:
            Refused: `PASSKEY_REFUSED`; it is recorded.
        """
        bound = _bound(purpose, terminal, session.person)
        try:
            challenge = self._challenges.take(challenge_of(answer), bound, self._clock.monotonic())
            return await self.passkey_of(session, answer, challenge)
        except Refused as refused:
            entry = self._said(
                AuditEvent.CONSOLE_SIGN_IN_REFUSED, session.person, about=terminal.terminal, code=int(refused.code)
            )
            await self._record_failed(entry, session.person, terminal)
            raise

    async def unlock(self, session: Session, terminal: Terminal, answer: str) -> str:
        """Unlock a session, and give its new token.

        Raises:
            Refused: `PASSKEY_REFUSED`; it is recorded. `SESSION_OVER`.
        """
        assertion = await self.confirmed("unlock", session, terminal, answer)
        token = self._sessions.unlock(session, self._clock.monotonic())
        await self.record_counted(
            self._said(AuditEvent.SESSION_UNLOCKED, session.person, about=session.terminal), assertion
        )
        return token

    async def sign_out(self, session: Session) -> None:
        """End a session because its person asks."""
        self._sessions.end(session)
        await self._record(self._said(AuditEvent.PERSON_SIGNED_OUT, session.person, about=session.terminal))

    async def shut_out(self, person: str, why: str) -> None:
        """End every session of a person, now."""
        await self._ended(self._sessions.end_of(person=person), why)

    async def close_terminal(self, terminal: str) -> None:
        """End the session at a terminal that was shut out."""
        await self._ended(self._sessions.end_of(terminal=terminal), "terminal ended")

    async def passkey_of(self, session: Session, answer: str, challenge: bytes) -> Assertion:
        """Judge an assertion of the session's own person to a challenge that is no sign-in's.

        Raises:
            Refused: `PASSKEY_REFUSED`.
        """
        passkey = await self._passkey(answer)
        if passkey.person != session.person:
            raise Refused(Code.PASSKEY_REFUSED, "another person's")
        return self._passkeys.asserted(answer, challenge, passkey)

    async def holds(self, person: str, assertion: Assertion, challenge: bytes) -> bool:
        """Say whether a kept assertion is one of a passkey that this person has or had, to this challenge."""
        key = await self._rows.read(
            lambda connection: self._staff.public_key_of(connection, assertion.credential, person)
        )
        return bool(key) and self._passkeys.holds(assertion, challenge, key)

    async def fingerprints(self, session: Session) -> tuple[str, ...]:
        """Give the fingerprints of the keys that the session's own person has, for them to note."""
        known = await self._rows.read(lambda connection: self._staff.passkeys(connection, session.person))
        return tuple(one.fingerprint for one in known)

    async def options_for(self, session: Session, challenge: bytes) -> str:
        """Give the options for an assertion of the session's own person to a given challenge."""
        known = await self._rows.read(lambda connection: self._staff.passkeys(connection, session.person))
        return self._passkeys.to_assert(challenge, known)

    async def run(self) -> None:
        """Lock what is idle, and end what is over, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Look over the sessions once."""
        locked, over = self._sessions.look_over(self._clock.monotonic())
        for session in locked:
            await self._record(self._said(AuditEvent.SESSION_LOCKED, session.person, about=session.terminal))
        for session, ending in over:
            await self._ended([session], ending)
        for session in self._sessions.all():
            try:
                await self._check_admitted(session.person)
            except Refused:
                await self._ended(self._sessions.end(session), "not admitted any more")

    async def _ended(self, ended: Iterable[Session], why: str) -> None:
        """Record the sessions that the console ended."""
        for session in ended:
            await self._record(self._said(AuditEvent.SESSION_ENDED, session.person, about=f"{session.terminal} {why}"))

    async def _passkey(self, answer: str) -> Passkey:
        """Find the passkey that an answer is of; the handle, where it has one, must be its person's."""
        credential, handle = credential_of(answer)

        def look(connection: Connection) -> Passkey | None:
            passkey = self._staff.passkey(connection, credential)
            whose = None if passkey is None else self._staff.person(connection, passkey.person)
            return passkey if whose is not None and handle in (b"", whose.handle) else None

        found = await self._rows.read(look)
        if found is None:
            raise Refused(Code.PASSKEY_REFUSED, "no such passkey")
        return found

    async def _check_admitted(self, person: str) -> tuple[Person, frozenset[Role]]:
        """Give a person and the roles of today.

        Raises:
            Refused: `RIGHT_MISSING`, `OFFICE_CLOSED`.
        """
        now = self._clock.now()
        found, rights = await self._rows.read(
            lambda connection: (self._staff.person(connection, person), self._staff.rights(connection, person))
        )
        roles = roles_on(rights, today(now))
        if found is None or found.left_at or not roles:
            raise Refused(Code.RIGHT_MISSING, "no right today")
        if not self._office.admits(roles, now):
            raise Refused(Code.OFFICE_CLOSED)
        return found, roles

    def _said(self, event: AuditEvent, *operators: str, about: str, code: int = 0) -> AuditEntry:
        return AuditEntry(moment=self._clock.now(), event=event, operators=operators, about=about[:64], code=code)

    async def _record(self, entry: AuditEntry) -> None:
        await self._rows.write(lambda connection: append(connection, entry), step="entrance")

    async def _record_failed(self, entry: AuditEntry, whose: str, terminal: Terminal) -> None:
        """Record a try that failed, and count it for the person whose passkey was named."""

        def change(connection: Connection) -> None:
            append(connection, entry)
            if whose:
                put_failed(connection, whose, terminal.terminal, entry.moment)

        await self._rows.write(change, step="entrance")

    async def _record_sign_in(self, entries: Sequence[AuditEntry], assertion: Assertion) -> SignInBefore:
        """Record a sign-in, and give what came before it."""
        signed_in = entries[0]
        (person,) = signed_in.operators

        def change(connection: Connection) -> SignInBefore:
            self._staff.counted(connection, assertion.credential, assertion.sign_count)
            for entry in entries:
                append(connection, entry)
            return put_sign_in(connection, person, signed_in.about, signed_in.moment)

        return await self._rows.write(change, step="entrance")

    async def record_counted(self, entry: AuditEntry, assertion: Assertion) -> None:
        """Record what a passkey opened, and how often it says that it signed."""

        def change(connection: Connection) -> None:
            self._staff.counted(connection, assertion.credential, assertion.sign_count)
            append(connection, entry)

        await self._rows.write(change, step="entrance")


def _bound(purpose: str, terminal: Terminal, *more: str) -> str:
    return " ".join((purpose, terminal.terminal, *more))
