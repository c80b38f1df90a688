"""The one session of the service page: a token, a name, a lock after idle minutes. Moments are monotonic seconds."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused

__all__ = ["Session", "Sessions"]

_TOKEN_BYTES = 32


@dataclass(slots=True, kw_only=True)
class Session:
    """Who is signed in; `form_token` stands in each form of theirs, so that no other site's page can act."""

    name: str
    token: str
    form_token: str
    last: float


class Sessions:
    """At most one session at a time: whoever signs in takes the place of whoever was.

    Args:
        entropy: where tokens come from.
        idle: seconds without an act after which it locks.
    """

    def __init__(self, entropy: Entropy, *, idle: float) -> None:
        self._entropy = entropy
        self._idle = idle
        self._session: Session | None = None

    def begin(self, name: str, now: float) -> Session:
        """Begin a session."""
        token, form_token = (self._entropy.token(_TOKEN_BYTES).hex() for _ in range(2))
        self._session = Session(name=name, token=token, form_token=form_token, last=now)
        return self._session

    def end(self) -> None:
        """End it."""
        self._session = None

    def of(self, token: str, now: float) -> Session:
        """Give the session of a token, which is used now.

        Raises:
            Refused: `SESSION_OVER`: there is none, or it locked.
        """
        session = self.live(now)
        if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
            raise Refused(Code.SESSION_OVER)
        session.last = now
        return session

    def live(self, now: float) -> Session | None:
        """Give whoever is signed in, without using the session."""
        session = self._session
        return session if session is not None and now - session.last < self._idle else None

    def lock(self, now: float) -> str | None:
        """End a session that was idle for too long, and give whose it was."""
        session = self._session
        if session is None or self.live(now) is not None:
            return None
        self._session = None
        return session.name
