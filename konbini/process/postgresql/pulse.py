"""The pulse of a member: a thread that lets the others see it, and sees when one of them is gone.

It has a session of its own and takes the schema's lock only to say that somebody is gone: a long transaction of this
server or another's does not keep it from being seen. Who is gone is judged by this process's own monotonic clock, from
the moment when a member's mark stopped moving, so that a clock that is set takes nobody for dead.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from konbini.process.membership import GONE_SECONDS, Marks, beat, expel, others
from konbini.process.postgresql.connection import GuardedSession
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.session import StatementFault, TransactionLost
from konbini.process.rows import NotOpened

__all__ = ["Pulse"]

_BEAT_SECONDS: Final = 1.0


class Pulse:
    """Beats from `start` to `stop`."""

    def __init__(self, primary: Primary, epoch: int, *, gone_seconds: float = GONE_SECONDS) -> None:
        self._primary = primary
        self._epoch = epoch
        self._marks = Marks(gone_seconds)
        self._over = threading.Event()
        self._fenced = threading.Event()
        self._thread = threading.Thread(target=self._live, name="rows-pulse", daemon=True)

    @property
    def fenced(self) -> bool:
        """Whether the others took this member for gone."""
        return self._fenced.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._over.is_set()

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Blocks; safe to repeat."""
        self._over.set()
        self._thread.join()

    def _live(self) -> None:
        session: GuardedSession | None = None
        while not self._over.wait(_BEAT_SECONDS) and not self.fenced:
            try:
                session = session or GuardedSession(self._primary)
                self._turn(session)
            except (TransactionLost, StatementFault, NotOpened):
                if session is not None:
                    session.close()
                session = None
        if session is not None:
            session.close()

    def _turn(self, session: GuardedSession) -> None:
        session.begin_unlocked()
        with session.lent() as connection:
            if not beat(connection, self._epoch, session.now()):
                self._fenced.set()
            marks = others(connection, self._epoch)
        session.commit()
        for epoch, seen in self._marks.still(marks, time.monotonic()):
            session.begin()
            with session.lent() as connection:
                expel(connection, epoch, seen)
            session.commit()
