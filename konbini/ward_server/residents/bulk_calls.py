"""Bulk lists over the registry's socket for operators: methods, their arguments, answers, and the caller's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.shape import Line, UpTo, from_value, to_value
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.residents.bulk import BulkAnswer, BulkLists
from konbini.ward_server.residents.calls import SETTLING_SECONDS
from konbini.ward_server.residents.changes import MOST_CHANGE_BYTES, Change
from konbini.ward_server.signed_acts.call import OperatorsCall, send

__all__ = ["OPEN_BULK_METHODS", "BulkLine", "BulkMethod", "approving_bulk", "bulk_handlers", "entering_bulk"]

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


OPEN_BULK_METHODS: Final = frozenset({BulkMethod.SHOW_BULK})
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterBulk:
    """A list to enter, as `Change` bytes."""

    operator: OperatorId
    source: Annotated[str, UpTo(200)]
    rows: tuple[Annotated[bytes, UpTo(MOST_CHANGE_BYTES)], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneBulk:
    """A list to show or to approve."""

    operator: OperatorId
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


def entering_bulk(operator: str, source: str, rows: Sequence[Change]) -> OperatorsCall[BulkAnswer]:
    """Make the call that enters a list."""
    asked = EnterBulk(operator=operator, source=source, rows=tuple(row.to_bytes() for row in rows))
    return OperatorsCall.of(BulkMethod.ENTER_BULK, asked, _bulk_answer, within=_SECONDS)


def approving_bulk(operator: str, change_id: str) -> OperatorsCall[BulkAnswer]:
    """Make the call that approves another's list."""
    asked = OneBulk(operator=operator, change_id=change_id)
    return OperatorsCall.of(BulkMethod.APPROVE_BULK, asked, _bulk_answer, within=SETTLING_SECONDS)


def _bulk_answer(answer: Value) -> BulkAnswer:
    return from_value(BulkAnswer, answer)


def _changes(answer: Value) -> tuple[Change, ...]:
    return tuple(map(Change.open, from_value(_Rows, [answer]).rows))


class BulkLine:
    """An operator's line for bulk lists; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def enter(self, source: str, rows: Sequence[Change]) -> BulkAnswer:
        """Enter a list."""
        return await send(self._client, entering_bulk(self._operator, source, rows))

    async def show(self, change_id: str) -> tuple[Change, ...]:
        """Read a list that waits, whole; it is recorded."""
        asked = OneBulk(operator=self._operator, change_id=change_id)
        return await send(
            self._client, OperatorsCall.of(BulkMethod.SHOW_BULK, asked, _changes, within=_SECONDS, is_open=True)
        )

    async def approve(self, change_id: str) -> BulkAnswer:
        """Approve another's list; comes back when no follower can issue from older facts."""
        return await send(self._client, approving_bulk(self._operator, change_id))
