"""The cabinet's switch: a contact that is closed while the door is shut, and a latch behind it.

Its controller answers one line for one line over a UNIX socket: STATE -> SHUT, OPEN, or OPENED (shut now, but it was
open since it was asked last). A wire that is cut looks like an open door: silence is never "shut".
"""

from __future__ import annotations

import asyncio
from enum import Enum, unique
from pathlib import Path
from typing import Protocol

from konbini.kiosk import controller

__all__ = ["CabinetSwitch", "Door", "SocketSwitch"]

_MOST_BYTES = 32


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
            async with asyncio.timeout(self._patience):
                answer = await controller.ask(self._path, "STATE", most_bytes=_MOST_BYTES)
            word, end = answer[:-1].decode("ascii"), answer[-1:]
            return Door(word) if end == b"\n" else Door.OPEN
        except (OSError, TimeoutError, ValueError):  # no such word is a ValueError too
            return Door.OPEN
