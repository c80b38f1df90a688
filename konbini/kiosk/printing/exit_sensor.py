"""The light barrier at the paper exit, the kiosk's own part: whether a page lies there.

Its controller answers one line for one line over a UNIX socket: STATE -> CLEAR or OCCUPIED. A page that lies there is
somebody's certificate, so that an unclear answer is never taken for "clear".
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from konbini.kiosk import controller
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused

__all__ = ["ExitSensor", "PaperExit"]

_WORDS = {"CLEAR": False, "OCCUPIED": True}


class PaperExit(Protocol):
    """The paper exit of one kiosk."""

    async def occupied(self) -> bool:
        """Whether a page lies there now.

        Raises:
            Refused: `PRINTER_UNAVAILABLE` if the sensor does not answer rightly; whether paper lies there is unknown.
        """

    async def taken(self) -> None:
        """Return when nothing lies there any more; at once when nothing did.

        Raises:
            Refused: as `occupied`.
        """


class ExitSensor:
    """A `PaperExit` behind the UNIX socket at `path`.

    Args:
        path: the controller's socket.
        clock: paces the questions of `taken`.
        poll: seconds between two of them.
        patience: seconds that an answer may take.
    """

    def __init__(self, path: Path, clock: Clock, *, poll: float = 0.2, patience: float = 2.0) -> None:
        self._path = path
        self._clock = clock
        self._poll = poll
        self._patience = patience

    async def occupied(self) -> bool:
        """Ask the sensor now; see `PaperExit`."""
        try:
            answer = await controller.word(self._path, "STATE", patience=self._patience)
        except controller.SilentError as error:
            raise Refused(Code.PRINTER_UNAVAILABLE, f"paper exit: {error}") from error
        if answer not in _WORDS:
            raise Refused(Code.PRINTER_UNAVAILABLE, "paper exit: no answer that is known")
        return _WORDS[answer]

    async def taken(self) -> None:
        """Wait until the exit is clear; see `PaperExit`."""
        while await self.occupied():
            await self._clock.sleep(self._poll)
