"""When a change may be acknowledged: every follower applied it, or may no longer rely on older facts.

The registry counts each follower's lease on its own monotonic clock, from the moment it *answered* a heartbeat; the
follower counts the same lease from the earlier moment at which it asked. So the registry's count never runs out first.

After a start nothing is known of what was granted before, so every follower counts as just granted.

Limits: both monotonic clocks are taken to run at one rate; processes of one machine read one clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.feed import LEASE_SECONDS

__all__ = ["Acknowledging"]


class Acknowledging:
    """How far each follower is and how long it may rely on it.

    Args:
        followers: their names; a change waits for each.
        clock: the registry's.
    """

    def __init__(self, followers: Iterable[str], clock: Clock) -> None:
        self._clock = clock
        start = clock.monotonic() + LEASE_SECONDS
        self._leases = dict.fromkeys(followers, start)
        self._applied = dict.fromkeys(self._leases, 0)
        self._newest = 0
        self._turned = asyncio.Event()

    def granted(self, follower: str) -> None:
        """Count a lease from now; called before the heartbeat's number is read, so that no newer change overtakes it.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        self.known(follower)
        self._leases[follower] = self._clock.monotonic() + LEASE_SECONDS

    def applied(self, follower: str, number: int) -> None:
        """Hear how far a follower is; it never goes back.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        self.known(follower)
        self._applied[follower] = max(self._applied[follower], number)
        self._turn()

    def news(self, number: int) -> None:
        """Say that the feed has an entry `number` now."""
        self._newest = max(self._newest, number)
        self._turn()

    async def settled(self, number: int) -> None:
        """Wait until every follower applied entry `number` or its lease, as it stands now, has run out.

        A lease granted later rests on a heartbeat that knows the entry: it does not have to be waited for.
        """
        leases = dict(self._leases)
        while True:
            now = self._clock.monotonic()
            late = [until for name, until in leases.items() if self._applied[name] < number and now < until]
            if not late:
                return
            await self._next_turn(max(late) - now)

    async def news_after(self, number: int, seconds: float) -> None:
        """Wait until the feed goes beyond `number`, for at most `seconds`."""
        until = self._clock.monotonic() + seconds
        while self._newest <= number and (left := until - self._clock.monotonic()) > 0:
            await self._next_turn(left)

    def known(self, follower: str) -> None:
        """Refuse a stranger.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        if follower not in self._leases:
            raise Refused(Code.MISROUTED, "nobody of that name follows this registry")

    def _turn(self) -> None:
        self._turned.set()
        self._turned = asyncio.Event()

    async def _next_turn(self, seconds: float) -> None:
        """Wait for anything to happen, for at most `seconds`."""
        turned = asyncio.ensure_future(self._turned.wait())
        over = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            done, _ = await asyncio.wait((turned, over), return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for waiting in (turned, over):
                waiting.cancel()
            await asyncio.gather(turned, over, return_exceptions=True)
