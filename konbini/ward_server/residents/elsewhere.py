"""What the other servers of one registry did, looked for in the rows they share.

Each server of a registry answers its own followers and operators. A change that was approved at another one wakes the
followers that wait here, and a follower's word that another one took ends the waiting of operators here.

Limits: a look each quarter of a second; an answer waits for it that much longer than at a server alone. A server that
cannot read its rows for longer than a reader tries ends, and is started again.
"""

from __future__ import annotations

from typing import Final

from konbini.process.clock import Clock
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.store import RegistryReading, RegistryStore

__all__ = ["Elsewhere"]

_LOOK_SECONDS: Final = 0.25


class Elsewhere:
    """Tells one server's `Acknowledging` what stands in the rows."""

    def __init__(self, store: RegistryStore, acknowledging: Acknowledging, clock: Clock) -> None:
        self._store = store
        self._acknowledging = acknowledging
        self._clock = clock

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Look once."""
        newest, applied = await self._store.read(self._standing)
        for follower, number in applied.items():
            self._acknowledging.applied(follower, number)
        self._acknowledging.news(newest)

    def _standing(self, reading: RegistryReading) -> tuple[int, dict[str, int]]:
        told = {follower: reading.told(follower) for follower in self._acknowledging.followers}
        return reading.position().number, {name: word.number for name, word in told.items() if word is not None}
