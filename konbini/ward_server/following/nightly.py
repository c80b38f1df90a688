"""The reconcile of every night: at a set minute of the day in Japan, made up for when the process was away then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.ward_server.following.reconciling import Reconciling
from konbini.ward_server.following.standing import Standing

__all__ = ["Nightly", "due_after"]

_LOOK_SECONDS = 60.0
_MILLISECONDS = 1000
_MINUTES = 60

_log = logger("konbini.ward_server.following")


class Nightly:
    """Reconciles once a day.

    Args:
        reconciling: what compares.
        standing: a broken feed is not reconciled by itself; whoever wants to know asks.
        catch_up: has the follower apply what is new.
        at: minute of the day in Japan.
        clock: whose day.
    """

    def __init__(
        self,
        reconciling: Reconciling,
        standing: Standing,
        catch_up: Callable[[], Awaitable[object]],
        *,
        at: int,
        clock: Clock,
    ) -> None:
        self._reconciling = reconciling
        self._standing = standing
        self._catch_up = catch_up
        self._at = at
        self._clock = clock

    async def run(self) -> None:
        """Look once a minute whether it is due; a registry that is away is asked again at the next look."""
        begun = self._clock.now()
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            outcome = await self._reconciling.last()
            last = begun if outcome is None else outcome.moment
            if self._clock.now() < due_after(last, self._at) or await self._standing.broken() is not None:
                continue
            try:
                found = await self._reconciling.run(self._catch_up)
                _log.info("reconciled", number=found.number, count=found.differences)
            except (Refused, ConnectionError, TimeoutError) as error:
                _log.warning("not reconciled", error=type(error).__name__)


def due_after(moment: int, at: int) -> int:
    """Give the first time (Unix milliseconds) behind a moment at which the day in Japan is `at` minutes old."""
    local = dt.datetime.fromtimestamp(moment / _MILLISECONDS, JAPAN)
    due = local.replace(hour=at // _MINUTES, minute=at % _MINUTES, second=0, microsecond=0)
    if due <= local:
        due += dt.timedelta(days=1)
    return round(due.timestamp() * _MILLISECONDS)
