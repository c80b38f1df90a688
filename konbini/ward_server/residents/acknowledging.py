"""When a change may be acknowledged: every follower applied it, or may no longer rely on older facts.

The registry counts each follower's lease on its own monotonic clock, from the moment it *answered* a heartbeat; the
follower counts the same lease from the earlier moment at which it asked. So the registry's count never runs out first.

After a start nothing is known of what was granted before, so every follower counts as just granted. Where several
servers share the registry's rows, nothing is known of what another one granted: every follower counts as just granted
when a change is in force. A heartbeat that was asked for later reads rows that have the change, whichever server
answers it, also one that was taken for gone: so none rests on older facts for longer.

Limits: all monotonic clocks are taken to run at one rate; processes of one machine read one clock. Beside another
server, a change waits for a whole lease where a follower is away.
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
        alone: whether no other server shares the rows.
    """

    def __init__(self, followers: Iterable[str], clock: Clock, *, alone: bool = True) -> None:
        self._clock = clock
        self._alone = alone
        self._leases = dict.fromkeys(followers, self._longest())
        self._applied = dict.fromkeys(self._leases, 0)
        self._newest = 0
        self._turned = asyncio.Event()

    @property
    def followers(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self._leases)

    def behind(self) -> dict[str, int]:
        """Give how many entries of the feed each follower has not said to have applied."""
        return {name: max(self._newest - applied, 0) for name, applied in self._applied.items()}

    def granted(self, follower: str) -> None:
        """Count a lease from now; called before the heartbeat's number is read, so that no newer change overtakes it.

        Raises:
            Refused: `MISROUTED`: nobody of that name follows.
        """
        self.known(follower)
        self._leases[follower] = self._longest()

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
        """Wait until every follower applied entry `number`, which is in force, or its lease of now has run out.

        A lease granted later rests on a heartbeat that knows the entry: it does not have to be waited for.
        """
        leases = dict(self._leases) if self._alone else dict.fromkeys(self._leases, self._longest())
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

    def _longest(self) -> float:
        return self._clock.monotonic() + LEASE_SECONDS

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
