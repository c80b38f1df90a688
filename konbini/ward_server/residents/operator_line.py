"""The other end of the registry's socket for operators.

Every answer's outer type is checked here. Followers have theirs in `konbini.ward_server.following.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, from_value, to_value
from konbini.ward_server.residents.archive import History, Past
from konbini.ward_server.residents.bulk_calls import BulkLine
from konbini.ward_server.residents.calls import (
    SETTLING_SECONDS,
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
from konbini.ward_server.residents.registry import Found, Waiting

__all__ = ["OperatorLine"]

T = TypeVar("T")

_SECONDS = 5.0
_COUNTING_SECONDS = 900.0
_MOST_FOUND_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _AllWaiting:
    changes: tuple[Waiting, ...]


class OperatorLine:
    """An operator's line to the registry; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator
        self.bulk = BulkLine(client, operator)

    async def enter(self, change: Change) -> str:
        """Enter a change and give its id."""
        asked = Enter(operator=self._operator, change=change.to_bytes())
        return _typed(str, await self._call(OperatorMethod.ENTER, asked))

    async def approve(self, change_id: str) -> int:
        """Approve another's change; comes back when no follower can issue from older facts."""
        asked = Approve(operator=self._operator, change_id=change_id)
        return _typed(int, await self._call(OperatorMethod.APPROVE, asked, within=SETTLING_SECONDS))

    async def withdraw(self, change_id: str) -> None:
        """Take a change back, or turn it down."""
        await self._call(OperatorMethod.WITHDRAW, Withdraw(operator=self._operator, change_id=change_id))

    async def pending(self) -> tuple[Waiting, ...]:
        """List the changes that wait for a second person, the oldest 32."""
        answer = await self._call(OperatorMethod.PENDING, Pending(operator=self._operator))
        return from_value(_AllWaiting, [answer]).changes

    async def show(self, change_id: str) -> Change:
        """Read a change that waits, whole; it is recorded."""
        asked = Show(operator=self._operator, change_id=change_id)
        return Change.open(_typed(bytes, await self._call(OperatorMethod.SHOW, asked)))

    async def look_up(self, resident: str, reason: str) -> Found:
        """Look a resident up; it is recorded."""
        asked = LookUp(operator=self._operator, resident=resident, reason=reason)
        return from_bytes(Found, _typed(bytes, await self._call(OperatorMethod.LOOK_UP, asked)), _MOST_FOUND_BYTES)

    async def history(self, resident: str, reason: str) -> History:
        """Read what happened to a resident; it is recorded."""
        asked = HistoryOf(operator=self._operator, resident=resident, reason=reason)
        return from_bytes(History, _typed(bytes, await self._call(OperatorMethod.HISTORY, asked)), _MOST_FOUND_BYTES)

    async def past_record(self, resident: str, version: int, reason: str) -> Past:
        """Read a record as it read at a version; it is recorded."""
        asked = PastRecord(operator=self._operator, resident=resident, version=version, reason=reason)
        return from_bytes(Past, _typed(bytes, await self._call(OperatorMethod.PAST_RECORD, asked)), _MOST_FOUND_BYTES)

    async def figures(self, month: int) -> Figures:
        """Have the register counted; it is recorded."""
        asked = StatisticsFor(operator=self._operator, month=month)
        answer = await self._call(OperatorMethod.STATISTICS, asked, within=_COUNTING_SECONDS)
        return from_bytes(Figures, _typed(bytes, answer), _MOST_FOUND_BYTES)

    async def _call(self, method: OperatorMethod, asked: object, within: float = _SECONDS) -> Value:
        return await self._client.call(int(method), *_arguments(asked), within=within)


def _arguments(asked: object) -> Sequence[Value]:
    arguments = to_value(asked)
    assert isinstance(arguments, list)  # noqa: S101 - a message's array
    return arguments


def _typed(kind: type[T], answer: Value) -> T:
    if type(answer) is not kind:
        raise Refused(Code.MALFORMED, "the registry's answer")
    return answer
