"""Whether a paper could be issued now, and what is in the way: for operators and for the gauges alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from konbini.protocol.errors import Refused
from konbini.ward_server.clerk.calls import ClerkCondition
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.following.upkeep import Upkeep
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.desk import Question
from konbini.ward_server.issuing.view import Health, OutageSeen

__all__ = ["HealthNow", "LookedAt"]


class LookedAt(Protocol):
    """What is looked at; a `Desk` is such."""

    @property
    def copy(self) -> ResidentCopy:
        """The copy."""

    @property
    def current(self) -> Current:
        """Whether it is current."""

    @property
    def upkeep(self) -> Upkeep:
        """What keeps it right."""

    def now(self) -> Question:
        """Read the clock, and what is in force."""


class HealthNow:
    """Looks.

    Args:
        desk: what is looked at.
        clerk: asks the clerk how it stands.
        link_up: whether the link to the center stands.
    """

    def __init__(
        self, desk: LookedAt, *, clerk: Callable[[], Awaitable[ClerkCondition]], link_up: Callable[[], bool]
    ) -> None:
        self._desk = desk
        self._clerk = clerk
        self._link_up = link_up

    async def now(self) -> Health:
        """Give what holds now."""
        upkeep = self._desk.upkeep
        stop, broken = await upkeep.stop.code(), await upkeep.standing.broken()
        reconciled = await upkeep.reconciling.last()
        return Health(
            stop_code=0 if stop is None else int(stop),
            current=self._desk.current.lease_holds(),
            feed_number=(await self._desk.copy.position()).number,
            heard=upkeep.lease.heard,
            feed_broken=0 if broken is None else int(broken.code),
            retaking=broken is not None and broken.retaking,
            outage=_seen(await upkeep.outages.now()),
            reconciled=0 if reconciled is None else reconciled.moment,
            differences=0 if reconciled is None else reconciled.differences,
            clerk=await self._condition(),
            link_up=self._link_up(),
            open_now=self._is_open(),
        )

    def _is_open(self) -> bool:
        try:
            now = self._desk.now()
            now.settings.check_open(now.japan)
        except Refused:
            return False
        return True

    async def _condition(self) -> ClerkCondition | None:
        """Ask the clerk how it stands; None where it is not there."""
        try:
            return await self._clerk()
        except (Refused, ConnectionError, TimeoutError):
            return None


def _seen(outage: Outage | None) -> OutageSeen | None:
    if outage is None:
        return None
    return OutageSeen(ends=outage.ends, as_of=outage.as_of, seals_as_holds=outage.seals_as_holds)
