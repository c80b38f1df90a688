"""One's own sessions: where else one is signed in, since when, and the end of any of them, confirmed with a passkey.

Invariants: nobody sees or ends a session of another person here; what is ended is recorded before it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.console.drawing import Drawing
from konbini.ward_server.console.entrance import Entrance
from konbini.ward_server.console.sessions import Session, Sessions
from konbini.ward_server.console.visit import Page, Request, to

__all__ = ["OwnSessionPages", "OwnSessions", "SessionLine"]

_PURPOSE: Final = "end session"
_OTHERS: Final = "others"
"""In the place of a session's name: all but the one that asks."""
_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session as its person sees it; moments in Unix milliseconds."""

    name: str
    terminal: str
    place: str
    since: int
    last: int
    locked: bool
    here: bool


class OwnSessions:
    """The use cases.

    Args:
        entrance: judges passkeys, and records.
        sessions: all of them.
        clock: tells times.
    """

    def __init__(self, entrance: Entrance, sessions: Sessions, clock: Clock) -> None:
        self._entrance = entrance
        self._sessions = sessions
        self._clock = clock

    def lines(self, session: Session) -> tuple[SessionLine, ...]:
        """Give the person's sessions, the one that asks first."""
        now = self._clock.monotonic()
        return tuple(self._line(one, session, now) for one in (session, *self._sessions.beside(session, now)))

    async def end(self, request: Request, name: str, answer: str) -> None:
        """End another session of the same person, or all others.

        Raises:
            Refused: `PASSKEY_REFUSED`; it is recorded. `SESSION_OVER`: there is no such other session of theirs.
        """
        session = request.whose
        assertion = await self._entrance.confirmed(_PURPOSE, session, request.at, answer)
        beside = self._sessions.beside(session, self._clock.monotonic())
        ended = [one for one in beside if name in (one.name, _OTHERS)]
        if not ended:
            raise Refused(Code.SESSION_OVER, "no such session")
        for one in ended:
            self._sessions.end(one)
            entry = AuditEntry(
                moment=self._clock.now(),
                event=AuditEvent.OWN_SESSION_ENDED,
                operators=(session.person,),
                about=f"{one.terminal} from {session.terminal}",
            )
            await self._entrance.record_counted(entry, assertion)

    def _line(self, one: Session, session: Session, now: float) -> SessionLine:
        wall = self._clock.now()
        since, last = (wall - round((now - moment) * _MILLISECONDS) for moment in (one.began, one.last))
        return SessionLine(
            name=one.name,
            terminal=one.terminal,
            place=one.place,
            since=since,
            last=last,
            locked=one.locked is not None,
            here=one is session,
        )


class OwnSessionPages:
    """Serves them."""

    def __init__(self, own: OwnSessions, entrance: Entrance, drawing: Drawing) -> None:
        self._own = own
        self._entrance = entrance
        self._drawing = drawing

    def pages(self) -> Mapping[str, Page]:
        """Give the pages by the names of the table."""
        return {"sessions": self.sessions, "end_session": self.end_session, "notice_read": self.notice_read}

    async def sessions(self, request: Request) -> web.StreamResponse:
        """Show one's own sessions, and ask for a passkey where another can be ended."""
        lines = self._own.lines(request.whose)
        options = await self._entrance.to_confirm(_PURPOSE, request.whose, request.at) if len(lines) > 1 else ""
        return self._drawing.page(
            request, "sessions", lines=lines, before=request.whose.before, options=options, others=_OTHERS
        )

    async def end_session(self, request: Request) -> web.StreamResponse:
        """End one, or all others."""
        await self._own.end(request, request.form.get("session", ""), request.form.get("answer", ""))
        return to("/sessions")

    async def notice_read(self, request: Request) -> web.StreamResponse:
        """Take the person's word that they read what they were told at the sign-in."""
        request.whose.read = True
        return to("/")
