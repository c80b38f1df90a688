"""The shop's bell: a lamp, a buzzer and a line of text beside the till, for whoever works in the shop.

Its controller answers one line for one line over a UNIX socket: `RING word,word` lights the lamp, sounds the buzzer
once and writes a line for each word; `QUIET` puts all of it out; both are answered with `OK`. A word says what is to be
done and names nobody.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import Enum, unique
from pathlib import Path
from typing import Protocol

from konbini.kiosk import controller
from konbini.process.log import logger

__all__ = ["BellCall", "BellSilent", "NoBell", "ShopBell", "SocketBell"]


_log = logger("konbini.kiosk.shop.bell")


@unique
class BellCall(Enum):
    """Why the shop is called; the value is the word on the wire."""

    CABINET = "CABINET"
    """The cabinet was opened and nobody was signed in (筐体が開けられました)."""
    PAPER = "PAPER"
    """A certificate lies in the paper exit: staff bring it to the police (所轄の警察署)."""
    CARD = "CARD"
    COINS = "COINS"


class BellSilent(Exception):  # noqa: N818 - a state of the device
    """The bell did not answer rightly: whether anybody was told is unknown."""


class ShopBell(Protocol):
    """The bell of one shop."""

    async def ring(self, calls: AbstractSet[BellCall]) -> None:
        """Ring for these, or put everything out where there are none.

        Raises:
            BellSilent: it did not answer rightly.
        """


class SocketBell:
    """A `ShopBell` behind the UNIX socket at `path`; `patience`: seconds that an answer may take."""

    def __init__(self, path: Path, *, patience: float = 2.0) -> None:
        self._path = path
        self._patience = patience

    async def ring(self, calls: AbstractSet[BellCall]) -> None:
        """See `ShopBell`."""
        words = ",".join(sorted(call.value for call in calls))
        try:
            answer = await controller.word(self._path, f"RING {words}" if words else "QUIET", patience=self._patience)
        except controller.SilentError as error:
            raise BellSilent(str(error)) from error
        if answer != "OK":
            raise BellSilent("no answer that is known")


class NoBell:
    """A kiosk without a bell, as its configuration says: each call is in the log alone, as a warning."""

    async def ring(self, calls: AbstractSet[BellCall]) -> None:
        """See `ShopBell`."""
        for call in sorted(calls, key=lambda one: one.value):
            _log.warning("no bell to ring", kind=call)
