"""The other end of the registry's socket for operators.

Every answer's outer type is checked here. Followers have theirs in `konbini.ward_server.following.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.shape import from_bytes, from_value, to_value
from konbini.ward_server.residents.archive import Accesses, History, Past
from konbini.ward_server.residents.bulk_calls import BulkLine
from konbini.ward_server.residents.calls import (
    SETTLING_SECONDS,
    AccessesOf,
    Approve,
    Enter,
    HistoryOf,
    LookUp,
    OperatorMethod,
    PastRecord,
    Pending,
    Show,
    StatisticsFor,
    Withdraw,
)
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.figures import Figures
from konbini.ward_server.residents.registry import MOST_PENDING, Found, Waiting
from konbini.ward_server.signed_acts.call import OperatorsCall, nothing, send, typed

__all__ = ["OperatorLine", "approving_change", "entering_change", "withdrawing_change"]

_SECONDS = 5.0
_COUNTING_SECONDS = 900.0
_MOST_FOUND_BYTES = 1 << 20
_bytes = typed(bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AllWaiting:
    changes: tuple[Waiting, ...]


def entering_change(operator: str, change: bytes) -> OperatorsCall[str]:
    """Make the call that enters a change, as `Change` bytes; it gives its id."""
    asked = Enter(operator=operator, change=change)
    return OperatorsCall.of(OperatorMethod.ENTER, asked, typed(str), within=_SECONDS)


def approving_change(operator: str, change_id: str) -> OperatorsCall[int]:
    """Make the call that approves another's change; it gives the number of the newest entry of the feed."""
    asked = Approve(operator=operator, change_id=change_id)
    return OperatorsCall.of(OperatorMethod.APPROVE, asked, typed(int), within=SETTLING_SECONDS)


def withdrawing_change(operator: str, change_id: str) -> OperatorsCall[None]:
    """Make the call that takes a change back, or turns it down."""
    asked = Withdraw(operator=operator, change_id=change_id)
    return OperatorsCall.of(OperatorMethod.WITHDRAW, asked, nothing, within=_SECONDS)


class OperatorLine:
    """An operator's line to the registry; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator
        self.bulk = BulkLine(client, operator)

    async def enter(self, change: Change) -> str:
        """Enter a change and give its id."""
        return await send(self._client, entering_change(self._operator, change.to_bytes()))

    async def approve(self, change_id: str) -> int:
        """Approve another's change; comes back when no follower can issue from older facts."""
        return await send(self._client, approving_change(self._operator, change_id))

    async def withdraw(self, change_id: str) -> None:
        """Take a change back, or turn it down."""
        await send(self._client, withdrawing_change(self._operator, change_id))

    async def pending(self) -> tuple[Waiting, ...]:
        """List all changes that wait for a second person, the oldest first; asked for in pages."""
        found: list[Waiting] = []
        behind = (0, "")
        while True:
            asked = Pending(operator=self._operator, entered_at=behind[0], change_id=behind[1])
            page = from_value(_AllWaiting, [await self._call(OperatorMethod.PENDING, asked)]).changes
            found += page
            if len(page) < MOST_PENDING:
                return tuple(found)
            behind = (page[-1].entered_at, page[-1].change_id)

    async def show(self, change_id: str) -> Change:
        """Read a change that waits, whole; it is recorded."""
        asked = Show(operator=self._operator, change_id=change_id)
        return Change.open(_bytes(await self._call(OperatorMethod.SHOW, asked)))

    async def look_up(self, resident: str, reason: str) -> Found:
        """Look a resident up; it is recorded."""
        asked = LookUp(operator=self._operator, resident=resident, reason=reason)
        return from_bytes(Found, _bytes(await self._call(OperatorMethod.LOOK_UP, asked)), _MOST_FOUND_BYTES)

    async def history(self, resident: str, reason: str) -> History:
        """Read what happened to a resident; it is recorded."""
        asked = HistoryOf(operator=self._operator, resident=resident, reason=reason)
        return from_bytes(History, _bytes(await self._call(OperatorMethod.HISTORY, asked)), _MOST_FOUND_BYTES)

    async def past_record(self, resident: str, version: int, reason: str) -> Past:
        """Read a record as it read at a version; it is recorded."""
        asked = PastRecord(operator=self._operator, resident=resident, version=version, reason=reason)
        return from_bytes(Past, _bytes(await self._call(OperatorMethod.PAST_RECORD, asked)), _MOST_FOUND_BYTES)

    async def accesses(self, resident: str, reason: str) -> Accesses:
        """Read who looked a resident up; it is recorded, and among them."""
        asked = AccessesOf(operator=self._operator, resident=resident, reason=reason)
        answer = await self._call(OperatorMethod.ACCESSES, asked, within=_COUNTING_SECONDS)
        return from_bytes(Accesses, _bytes(answer), _MOST_FOUND_BYTES)

    async def figures(self, month: int) -> Figures:
        """Have the register counted; it is recorded."""
        asked = StatisticsFor(operator=self._operator, month=month)
        answer = await self._call(OperatorMethod.STATISTICS, asked, within=_COUNTING_SECONDS)
        return from_bytes(Figures, _bytes(answer), _MOST_FOUND_BYTES)

    async def _call(self, method: OperatorMethod, asked: object, within: float = _SECONDS) -> Value:
        return await self._client.call(int(method), *_arguments(asked), within=within)


def _arguments(asked: object) -> Sequence[Value]:
    arguments = to_value(asked)
    assert isinstance(arguments, list)  # noqa: S101 - a message's array
    return arguments
