"""The clerk's socket: the methods, the clerk's side of them, and the caller's.

CERTIFY  [evidence bytes]        -> `Certified` bytes
SEAL     [order key, PDF bytes]  -> `Sealed` bytes
RANGES   []                      -> ranges of issuance numbers that it certified under, or closed; one bit each
STATE    []                      -> `ClerkCondition` bytes, for issuing's view
LOG_REQUEST, LOG_TAKE            -> konbini/ward_server/audit/log_calls.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Protocol

from konbini.process.calls import CallClient, Handler
from konbini.process.clock import Clock
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import UpTo, from_bytes, to_bytes
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed
from konbini.ward_server.clerk.index import Index
from konbini.ward_server.following.upkeep import Upkeep

__all__ = [
    "MOST_CALL_BYTES",
    "ClerkClient",
    "ClerkCondition",
    "ClerkMethod",
    "ClerkState",
    "StampsCondition",
    "handlers",
]

MOST_CALL_BYTES = 1 << 20
_SECONDS = 10.0
_SILENT_FAILURES = 2
"""One answer may be lost on its way; the clerk asks again within seconds."""


@unique
class ClerkMethod(IntEnum):
    """The calls."""

    CERTIFY = 1
    SEAL = 2
    RANGES = 3
    STATE = 4
    LOG_REQUEST = 5
    LOG_TAKE = 6


class KnowsRanges(Protocol):
    """Who knows the ranges of issuance numbers that were used."""

    async def ranges(self) -> int:
        """Give them, one bit each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampsCondition:
    """What came of asking the time-stamp service: when it answered and failed last, in Unix milliseconds, 0 before.

    `failures` are those since the last answer.
    """

    answered: Annotated[int, UpTo(2**53)]
    failed: Annotated[int, UpTo(2**53)]
    failures: Annotated[int, UpTo(2**53)]

    @property
    def silent(self) -> bool:
        """Whether no paper could be time-stamped now."""
        return self.failures >= _SILENT_FAILURES


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkCondition:
    """Whether the clerk can serve; codes are 0 where nothing is wrong, moments Unix milliseconds.

    `stamps` is null where the ward's papers are not time-stamped.
    """

    stopped: Annotated[int, UpTo(9999)]
    broken: Annotated[int, UpTo(9999)]
    current: bool
    number: Annotated[int, UpTo(2**53)]
    outage_ends: Annotated[int, UpTo(2**53)]
    reconciled: Annotated[int, UpTo(2**53)]
    differences: Annotated[int, UpTo(2**53)]
    stamps: StampsCondition | None


class ClerkState:
    """Gives the clerk's condition of now."""

    def __init__(
        self, upkeep: Upkeep, index: Index, clock: Clock, *, stamps: Callable[[], StampsCondition | None]
    ) -> None:
        self._upkeep = upkeep
        self._index = index
        self._clock = clock
        self._stamps = stamps

    async def condition(self) -> ClerkCondition:
        """Give it."""
        upkeep = self._upkeep
        broken, outage = await upkeep.standing.broken(), await upkeep.outages.now()
        outcome = await upkeep.reconciling.last()
        return ClerkCondition(
            stopped=await upkeep.stop.code() or 0,
            broken=0 if broken is None else broken.code,
            current=upkeep.lease.holds(self._clock.monotonic()),
            number=(await self._index.position()).number,
            outage_ends=0 if outage is None else outage.ends,
            reconciled=0 if outcome is None else outcome.moment,
            differences=0 if outcome is None else outcome.differences,
            stamps=self._stamps(),
        )


def handlers(clerk: Clerk, store: KnowsRanges, state: ClerkState) -> Mapping[int, Handler]:
    """Give the clerk's answers."""

    async def certify(arguments: Sequence[Value]) -> Value:
        (evidence,) = _arguments(arguments, 1)
        return to_bytes(await clerk.certify(from_bytes(Evidence, evidence, MOST_CALL_BYTES)))

    async def seal(arguments: Sequence[Value]) -> Value:
        order, pdf = _arguments(arguments, 2)
        return to_bytes(await clerk.seal(order, pdf))

    async def ranges(_arguments: Sequence[Value]) -> Value:
        return await store.ranges()

    async def condition(_arguments: Sequence[Value]) -> Value:
        return to_bytes(await state.condition())

    return {
        ClerkMethod.CERTIFY: certify,
        ClerkMethod.SEAL: seal,
        ClerkMethod.RANGES: ranges,
        ClerkMethod.STATE: condition,
    }


class ClerkClient:
    """The clerk, as `issuing` calls it."""

    def __init__(self, client: CallClient) -> None:
        self._client = client

    async def certify(self, evidence: Evidence) -> Certified:
        """Step 3. Raises `Refused`, `ConnectionError` or `TimeoutError`."""
        answer = await self._client.call(ClerkMethod.CERTIFY, to_bytes(evidence), within=_SECONDS)
        return from_bytes(Certified, _arguments([answer], 1)[0])

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Step 5. Raises `Refused`, `ConnectionError` or `TimeoutError`."""
        answer = await self._client.call(ClerkMethod.SEAL, order, pdf, within=_SECONDS)
        return from_bytes(Sealed, _arguments([answer], 1)[0])

    async def ranges(self) -> int:
        """Ask which ranges of numbers it knows. Raises `Refused`, `ConnectionError` or `TimeoutError`."""
        answer = await self._client.call(ClerkMethod.RANGES)
        if not isinstance(answer, int):
            raise Refused(Code.MALFORMED, "RANGES")
        return answer

    async def condition(self) -> ClerkCondition:
        """Ask how it stands. Raises `Refused`, `ConnectionError` or `TimeoutError`."""
        answer = await self._client.call(ClerkMethod.STATE)
        return from_bytes(ClerkCondition, _arguments([answer], 1)[0])


def _arguments(arguments: Sequence[Value], count: int) -> list[bytes]:
    found = [argument for argument in arguments if isinstance(argument, bytes)]
    if len(found) != count or len(arguments) != count:
        raise Refused(Code.MALFORMED, "arguments of a call")
    return found
