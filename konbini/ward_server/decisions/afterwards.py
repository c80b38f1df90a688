"""What a decision asks of a running process beside its rows: each server of the store does it, once, after the commit.

The server at which the second person agreed does it before the agreement is answered; another one within a second. A
process that starts does none of it again: it reads its settings and its keys as they are now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from konbini.process.clock import Clock
from konbini.process.config import ConfigRefused
from konbini.process.log import logger
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Refused
from konbini.ward_server.decisions.decision import DecisionKind, DecisionState

__all__ = ["Afterwards"]

_TURN_SECONDS: Final = 1.0
_FAULTS: Final = (ConfigRefused, NotStored, Refused, OSError)

_log = logger("konbini.ward_server.decisions")


class Afterwards:
    """Watches for decisions of some kinds that were agreed to.

    Args:
        rows: where decisions are kept.
        acts: what is done after one of a kind; none of them may rest on another process.
        clock: for the turns.
    """

    def __init__(self, rows: Rows, acts: Mapping[DecisionKind, Callable[[], Awaitable[None]]], clock: Clock) -> None:
        self._rows = rows
        self._acts = dict(acts)
        self._clock = clock
        self._done: frozenset[tuple[int, str]] = frozenset()
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        """Take as done what was decided before this start.

        Settings are looked at once more: another server's may have been agreed to since this one read them.

        Raises:
            ConfigRefused: they cannot be read.
        """
        self._done = await self._rows.read(self._agreed)
        look = self._acts.get(DecisionKind.SETTINGS_CHANGED)
        if look is not None:
            await look()

    async def follow(self) -> None:
        """Do what was agreed to since; what fails now is tried again at the next turn, and holds up no other kind."""
        async with self._turn:
            try:
                agreed = await self._rows.read(self._agreed)
            except _FAULTS as error:
                _not_followed(error)
                return
            self._done &= agreed
            for kind in sorted({kind for kind, _decision_id in agreed - self._done}):
                try:
                    await self._acts[DecisionKind(kind)]()
                except _FAULTS as error:
                    _not_followed(error)
                else:
                    self._done |= {one for one in agreed if one[0] == kind}

    async def run(self) -> None:
        """Look each second."""
        while True:
            await self._clock.sleep(_TURN_SECONDS)
            await self.follow()

    def _agreed(self, connection: Connection) -> frozenset[tuple[int, str]]:
        if not self._acts:
            return frozenset()
        marks = ", ".join("?" * len(self._acts))
        rows = connection.execute(
            f"SELECT kind, decision_id FROM decision WHERE state = ? AND kind IN ({marks})",  # noqa: S608 - marks alone
            (int(DecisionState.AGREED), *(int(kind) for kind in self._acts)),
        ).fetchall()
        return frozenset((int(kind), str(decision_id)) for kind, decision_id in rows)


def _not_followed(error: Exception) -> None:
    _log.error("decision not followed", error=type(error).__name__, exc_info=error)
