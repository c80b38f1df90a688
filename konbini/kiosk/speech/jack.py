"""The headphone jack (イヤホン端子): whether a plug is in it.

Its controller answers one line for one line over a UNIX socket: STATE -> OUT or IN. What is personal is spoken
only into headphones, so that an unclear answer is never taken for IN; and a jack that does not answer stops nobody's
visit: a key begins the speech then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from konbini.kiosk import controller

__all__ = ["HeadphoneJack", "Jack"]


class Jack(Protocol):
    """The headphone jack of one kiosk."""

    async def plugged(self) -> bool:
        """Whether headphones are surely in it; never raises."""


class HeadphoneJack:
    """A `Jack` behind the UNIX socket at `path`.

    Args:
        path: the controller's socket.
        patience: seconds that an answer may take.
    """

    def __init__(self, path: Path, *, patience: float = 1.0) -> None:
        self._path = path
        self._patience = patience

    async def plugged(self) -> bool:
        """Ask the controller now; see `Jack`."""
        try:
            return await controller.word(self._path, "STATE", patience=self._patience) == "IN"
        except controller.SilentError:
            return False
