"""The cabinet's switch: a contact that is closed while the door is shut, and a latch behind it.

Its controller answers one line for one line over a UNIX socket: STATE -> SHUT, OPEN, or OPENED (shut now, but it was
open since it was asked last). A wire that is cut looks like an open door: silence is never "shut".
"""

from __future__ import annotations

from enum import Enum, unique
from pathlib import Path
from typing import Protocol

from konbini.kiosk import controller

__all__ = ["CabinetSwitch", "Door", "SocketSwitch"]


@unique
class Door(Enum):
    """What the switch says; the value is the word on the wire."""

    SHUT = "SHUT"
    OPEN = "OPEN"
    OPENED = "OPENED"


class CabinetSwitch(Protocol):
    """The switch of one kiosk's cabinet."""

    async def door(self) -> Door:
        """Give how the door is; OPEN where the switch does not answer rightly."""


class SocketSwitch:
    """A `CabinetSwitch` behind the UNIX socket at `path`; `patience`: seconds that an answer may take."""

    def __init__(self, path: Path, *, patience: float = 2.0) -> None:
        self._path = path
        self._patience = patience

    async def door(self) -> Door:
        """See `CabinetSwitch`."""
        try:
            return Door(await controller.word(self._path, "STATE", patience=self._patience))
        except (controller.SilentError, ValueError):  # no such door is a ValueError
            return Door.OPEN
