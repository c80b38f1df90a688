"""What a service tells the service manager: ready, alive, stopping (sd_notify(3)).

Invariant: telling never blocks and never fails. The socket is non-blocking: a manager that does not read fills it after
about eleven messages, and a service that then waited would hang because nobody watches it. A message that does not fit
is dropped; the next beat follows.

Without a manager (NOTIFY_SOCKET unset: the demo, the tests) nothing is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import Self

from konbini.process.clock import Clock

__all__ = ["ServiceManager"]

_MICROSECONDS = 1_000_000
_BEATS_PER_WATCHDOG = 3


class ServiceManager:
    """The line to systemd.

    Args:
        address: where the manager listens; a path, or an abstract name that begins with `@`. None: nobody listens.
        watchdog_seconds: the manager kills a service that was silent for longer. None: it does not watch.
    """

    __slots__ = ("_address", "_socket", "watchdog_seconds")

    def __init__(self, address: str | None, *, watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read NOTIFY_SOCKET and, where it is meant for this process, WATCHDOG_USEC.

        Raises:
            ValueError: WATCHDOG_USEC or WATCHDOG_PID is no number.
        """
        watched = int(environment.get("WATCHDOG_PID", str(os.getpid()))) == os.getpid()
        microseconds = int(environment.get("WATCHDOG_USEC", "0"))
        seconds = microseconds / _MICROSECONDS if watched and microseconds > 0 else None
        return cls(environment.get("NOTIFY_SOCKET") or None, watchdog_seconds=seconds)

    def ready(self) -> bool:
        """Say that the service answers now; True if the manager was told."""
        return self._tell(b"READY=1")

    def alive(self) -> bool:
        """Say that the service still works; True if the manager was told."""
        return self._tell(b"WATCHDOG=1")

    def stopping(self) -> bool:
        """Say that the service ends; True if the manager was told."""
        return self._tell(b"STOPPING=1")

    async def beat(self, clock: Clock, healthy: Callable[[], bool]) -> None:
        """Say `alive` three times within the manager's patience, as long as `healthy` says so; runs until cancelled.

        A beat that comes from the event loop shows that the loop turns; what else must be true of a service that
        deserves to live, `healthy` knows. Returns at once where nobody watches.
        """
        if self.watchdog_seconds is None:
            return
        while True:
            if healthy():
                self.alive()
            await clock.sleep(self.watchdog_seconds / _BEATS_PER_WATCHDOG)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _tell(self, message: bytes) -> bool:
        if self._address is None:
            return False
        try:
            self._socket.sendto(message, self._address)
        except OSError:  # full, gone, or not allowed: the manager's patience decides, not ours
            return False
        return True
