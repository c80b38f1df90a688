"""Bulk lists over the registry's socket for operators: methods, their arguments, answers, and the caller's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_value, to_value
from konbini.ward_server.residents.bulk import BulkAnswer, BulkLists
from konbini.ward_server.residents.calls import SETTLING_SECONDS
from konbini.ward_server.residents.changes import MOST_CHANGE_BYTES, Change

__all__ = ["BulkLine", "BulkMethod", "bulk_handlers"]

_SECONDS = 30.0


@unique
class BulkMethod(IntEnum):
    """On the operators' socket, beside `OperatorMethod`."""

    ENTER_BULK = 71
    """-> `BulkAnswer`."""
    SHOW_BULK = 72
    """-> [`Change` bytes, ...]; recorded as an access."""
    APPROVE_BULK = 73
    """-> `BulkAnswer`, when no follower can issue from older facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterBulk:
    """A list to enter, as `Change` bytes."""

    operator: Line
    source: Annotated[str, UpTo(200)]
    rows: tuple[Annotated[bytes, UpTo(MOST_CHANGE_BYTES)], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneBulk:
    """A list to show or to approve."""

    operator: Line
    change_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    rows: tuple[bytes, ...]


def bulk_handlers(bulk: BulkLists) -> Mapping[int, Handler]:
    """Give the methods of bulk lists."""

    async def enter(arguments: Sequence[Value]) -> Value:
        asked = from_value(EnterBulk, arguments)
        return to_value(await bulk.enter(asked.operator, asked.source, tuple(map(Change.open, asked.rows))))

    async def show(arguments: Sequence[Value]) -> Value:
        asked = from_value(OneBulk, arguments)
        return [row.to_bytes() for row in await bulk.show(asked.operator, asked.change_id)]

    async def approve(arguments: Sequence[Value]) -> Value:
        asked = from_value(OneBulk, arguments)
        return to_value(await bulk.approve(asked.operator, asked.change_id))

    return {BulkMethod.ENTER_BULK: enter, BulkMethod.SHOW_BULK: show, BulkMethod.APPROVE_BULK: approve}


class BulkLine:
    """An operator's line for bulk lists; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def enter(self, source: str, rows: Sequence[Change]) -> BulkAnswer:
        """Enter a list."""
        asked = EnterBulk(operator=self._operator, source=source, rows=tuple(row.to_bytes() for row in rows))
        return from_value(BulkAnswer, await self._call(BulkMethod.ENTER_BULK, asked))

    async def show(self, change_id: str) -> tuple[Change, ...]:
        """Read a list that waits, whole; it is recorded."""
        answer = await self._call(BulkMethod.SHOW_BULK, OneBulk(operator=self._operator, change_id=change_id))
        return tuple(map(Change.open, from_value(_Rows, [answer]).rows))

    async def approve(self, change_id: str) -> BulkAnswer:
        """Approve another's list; comes back when no follower can issue from older facts."""
        asked = OneBulk(operator=self._operator, change_id=change_id)
        return from_value(BulkAnswer, await self._call(BulkMethod.APPROVE_BULK, asked, within=SETTLING_SECONDS))

    async def _call(self, method: BulkMethod, asked: object, within: float = _SECONDS) -> Value:
        arguments = to_value(asked)
        if not isinstance(arguments, list):
            raise Refused(Code.MALFORMED, "a call's arguments")
        return await self._client.call(int(method), *arguments, within=within)
