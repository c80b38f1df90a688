"""The primary of a database: where sessions are opened, and the newest history that this process has met there.

When a standby was promoted, its history (timeline) goes on under a higher number. A primary that comes back with an
older one than this process has written to is not the database any more, however much it believes so: it is refused.

Limits: this is one process's memory. That no old primary answers a process that never met the new one is the business
of whoever runs the database: a fenced or synchronous standby (docs/adr/0011-two-engines.md).
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.session import Session
from konbini.process.rows import NotOpened

__all__ = ["Primary"]

_PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
"""Between attempts to reach a database that was lost, seconds; together about as long as a caller should wait."""


class Primary:
    """Opens sessions, from any thread."""

    def __init__(self, address: PostgresAddress, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.address = address
        self._pause = pause
        self._newest = 0
        self._entry = threading.Lock()

    @property
    def lock(self) -> int:
        """The number of the advisory lock under which this schema is written."""
        digest = hashlib.sha256(f"konbini rows {self.address.schema}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def session(self) -> Session:
        """Open a session.

        Raises:
            NotOpened: see `Session.connect`; or the history is older than one that was met before.
        """
        session = Session.connect(self.address)
        try:
            self._check(session.timeline())
        except BaseException:
            session.close()
            raise
        return session

    def session_again(self) -> Session:
        """Open a session in place of one that was lost, and be patient about it.

        Raises:
            NotOpened: no attempt succeeded.
        """
        for pause in _PAUSES:
            try:
                return self.session()
            except NotOpened:
                self._pause(pause)
        return self.session()

    def _check(self, timeline: int) -> None:
        with self._entry:
            if timeline < self._newest:
                raise NotOpened(f"a primary of an older history: {timeline}, and {self._newest} was written to")
            self._newest = timeline
