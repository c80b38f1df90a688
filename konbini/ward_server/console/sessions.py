"""Who is signed in: sessions with a lock after idle minutes. In memory alone: a restart signs everybody out.

Moments are seconds of a monotonic clock. Invariants: a session is found by the hash of its token, so that memory and
rows hold no token; one that is locked answers nothing but its own unlocking; one terminal has one session at a time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.staff import Terminal

__all__ = ["Ending", "Session", "Sessions", "SignInBefore"]

_TOKEN_BYTES: Final = 32
_NAME_BYTES: Final = 8
_LONGEST: Final = 12 * 3600.0
"""Seconds after which a session is over, however busy it was."""
_MOST: Final = 512
"""Sessions at a time: beyond any ward's people."""


@unique
class Ending(StrEnum):
    """Why a session is over by itself, as the log says it."""

    LOCKED = "locked for long"
    LASTED = "lasted twelve hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInBefore:
    """A person's last sign-in before this one, and the tries since that failed; moments in Unix milliseconds.

    Where and when is empty and 0 where there was none. Places are what their terminals are called.
    """

    at: int = 0
    place: str = ""
    failed: int = 0
    failed_at: int = 0
    failed_place: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """One person at one terminal; no two are equal, whatever stands in them.

    `name` is what its person calls it by when they end it, and opens nothing. `form_token` stands in each form, so that
    no other site's page can act. `last` is when the person did something, `began` when they signed in, `locked` since
    when nothing is shown: None while it is open. `before` is told until the person has said that they read it.
    """

    person: str
    terminal: str
    place: str
    name: str
    form_token: str
    began: float
    last: float
    locked: float | None = None
    before: SignInBefore = field(default_factory=SignInBefore)
    read: bool = False


class Sessions:
    """All sessions of the console.

    Args:
        entropy: where tokens come from.
        lock_after: seconds without an act after which a session locks.
        end_after: seconds locked after which it is over.
    """

    def __init__(self, entropy: Entropy, *, lock_after: float, end_after: float) -> None:
        self._entropy = entropy
        self._lock_after = lock_after
        self._end_after = end_after
        self._sessions: dict[bytes, Session] = {}

    def begin(self, person: str, terminal: Terminal, now: float) -> tuple[str, Session]:
        """Begin a session, in the place of any that the terminal had, and give its token.

        Raises:
            Refused: `BUSY`: there are as many as can be.
        """
        self.end_of(terminal=terminal.terminal)
        if len(self._sessions) >= _MOST:
            raise Refused(Code.BUSY, "too many sessions")
        token, form_token = (self._entropy.token(_TOKEN_BYTES).hex() for _ in range(2))
        session = Session(
            person=person,
            terminal=terminal.terminal,
            place=terminal.place,
            name=self._entropy.token(_NAME_BYTES).hex(),
            form_token=form_token,
            began=now,
            last=now,
        )
        self._sessions[_hash(token)] = session
        return token, session

    def of(self, token: str, terminal: str, now: float) -> Session:
        """Find a session, locked or not; it is locked first where it was idle.

        Raises:
            Refused: `SESSION_OVER`: there is none at this terminal.
        """
        session = self._sessions.get(_hash(token))
        if session is None or session.terminal != terminal or self._ending(session, now) is not None:
            raise Refused(Code.SESSION_OVER)
        self._lock_idle(session, now)
        return session

    def use(self, session: Session, now: float) -> None:
        """Take an act of the person: the lock is put off.

        Raises:
            Refused: `SESSION_LOCKED`.
        """
        if session.locked is not None:
            raise Refused(Code.SESSION_LOCKED)
        session.last = now

    def lock(self, session: Session, now: float) -> None:
        """Lock a session now."""
        if session.locked is None:
            session.locked = now

    def unlock(self, session: Session, now: float) -> str:
        """Unlock it, under a new token, which is given: the old one is of no use any more.

        Raises:
            Refused: `SESSION_OVER`.
        """
        self.check_there(session)
        self._drop([session])
        token, session.form_token = (self._entropy.token(_TOKEN_BYTES).hex() for _ in range(2))
        session.locked, session.last = None, now
        self._sessions[_hash(token)] = session
        return token

    def check_there(self, session: Session) -> None:
        """Refuse a session that was ended since it was found.

        Raises:
            Refused: `SESSION_OVER`.
        """
        if session not in self._sessions.values():
            raise Refused(Code.SESSION_OVER)

    def end(self, session: Session) -> list[Session]:
        """End one session, and give it where it was there."""
        return self._drop([session])

    def end_of(self, *, person: str | None = None, terminal: str | None = None) -> list[Session]:
        """End the sessions of a person, or of a terminal, and give them."""
        return self._drop([one for one in self._sessions.values() if person == one.person or terminal == one.terminal])

    def look_over(self, now: float) -> tuple[list[Session], list[tuple[Session, Ending]]]:
        """Lock what is idle and end what was locked, or lasted, for too long.

        Returns:
            Those that were locked now, and those that are over now with the reason.
        """
        locked = [one for one in self._sessions.values() if self._lock_idle(one, now)]
        found = [(one, self._ending(one, now)) for one in self._sessions.values()]
        over = [(one, ending) for one, ending in found if ending is not None]
        self._drop([one for one, _ending in over])
        return locked, over

    def beside(self, session: Session, now: float) -> list[Session]:
        """Give the other sessions of the same person, locked ones too, in the order in which they began."""
        found = [one for one in self._sessions.values() if one.person == session.person and one is not session]
        return sorted((one for one in found if self._ending(one, now) is None), key=lambda one: one.began)

    def all(self) -> list[Session]:
        """Give every session."""
        return list(self._sessions.values())

    def _ending(self, session: Session, now: float) -> Ending | None:
        """Say why a session is over, by whichever came first: it was locked for too long, or lasted for too long."""
        ends, ending = session.began + _LONGEST, Ending.LASTED
        if session.locked is not None and session.locked + self._end_after < ends:
            ends, ending = session.locked + self._end_after, Ending.LOCKED
        return ending if now >= ends else None

    def _lock_idle(self, session: Session, now: float) -> bool:
        """Lock a session that was idle; True where that was now. It is locked since it should have been."""
        if session.locked is not None or now - session.last < self._lock_after:
            return False
        session.locked = session.last + self._lock_after
        return True

    def _drop(self, sessions: list[Session]) -> list[Session]:
        """End these, and give those that were there."""
        dropped = [one for one in self._sessions.values() if one in sessions]
        self._sessions = {key: one for key, one in self._sessions.items() if one not in dropped}
        return dropped


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
