"""The methods of an operators' socket that end what is kept beyond its time, and the operators' end of them.

Every process of the ward has them on its own socket. A method's arguments are the fields of its class, in order;
numbers go on from those of decisions, which stand on the same socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_bytes, from_value, to_bytes, to_value
from konbini.ward_server.keeping.disposal_rows import Disposed, RetentionShown
from konbini.ward_server.keeping.retention import RetentionDesk
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.settings.retention import Kept
from konbini.ward_server.signed_acts.call import OperatorsCall, nothing, send, typed

__all__ = [
    "OPEN_RETENTION_METHODS",
    "RetentionLine",
    "RetentionMethod",
    "approving_disposal",
    "disposing",
    "retention_handlers",
    "withdrawing_disposal",
]

_SECONDS: Final = 5.0
_DESTROYING_SECONDS: Final = 900.0
_MOST_SHOWN_BYTES: Final = 1 << 20
_MOST_ENTRIES: Final = 8


@unique
class RetentionMethod(IntEnum):
    """On an operators' socket."""

    RETENTION = 61
    """-> bytes of `RetentionShown`; recorded."""
    DISPOSE = 62
    """-> id of the entered list of what is due."""
    APPROVE_DISPOSAL = 63
    """-> bytes of `Disposed`, when no follower holds any of it."""
    WITHDRAW_DISPOSAL = 64
    """-> null."""
    DISPOSALS = 65
    """-> [signed entry of the list of disposals, ...]."""


OPEN_RETENTION_METHODS: Final = frozenset({RetentionMethod.RETENTION, RetentionMethod.DISPOSALS})
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dispose:
    operator: OperatorId
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    operator: OperatorId
    disposal_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _After:
    number: Annotated[int, UpTo(2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    entries: tuple[bytes, ...]


def retention_handlers(desk: RetentionDesk) -> Mapping[int, Handler]:
    """Give the methods."""

    async def shown(arguments: Sequence[Value]) -> Value:
        return to_bytes(await desk.show(from_value(_By, arguments).operator))

    async def dispose(arguments: Sequence[Value]) -> Value:
        asked = from_value(_Dispose, arguments)
        return await desk.enter(asked.operator, asked.kept)

    async def approve(arguments: Sequence[Value]) -> Value:
        asked = from_value(_About, arguments)
        return to_bytes(await desk.approve(asked.operator, asked.disposal_id))

    async def withdraw(arguments: Sequence[Value]) -> Value:
        asked = from_value(_About, arguments)
        await desk.withdraw(asked.operator, asked.disposal_id)
        return None

    async def disposals(arguments: Sequence[Value]) -> Value:
        return list(await desk.signed_list(from_value(_After, arguments).number, _MOST_ENTRIES))

    return {
        RetentionMethod.RETENTION: shown,
        RetentionMethod.DISPOSE: dispose,
        RetentionMethod.APPROVE_DISPOSAL: approve,
        RetentionMethod.WITHDRAW_DISPOSAL: withdraw,
        RetentionMethod.DISPOSALS: disposals,
    }


def disposing(operator: str, kept: Kept) -> OperatorsCall[str]:
    """Make the call that enters that everything that is due of a kind is to be destroyed; it gives the list's id."""
    asked = _Dispose(operator=operator, kept=kept)
    return OperatorsCall.of(RetentionMethod.DISPOSE, asked, typed(str), within=_SECONDS)


def approving_disposal(operator: str, disposal_id: str) -> OperatorsCall[Disposed]:
    """Make the call that approves another's list."""
    asked = _About(operator=operator, disposal_id=disposal_id)
    return OperatorsCall.of(
        RetentionMethod.APPROVE_DISPOSAL,
        asked,
        lambda answer: from_bytes(Disposed, _bytes(answer)),
        within=_DESTROYING_SECONDS,
    )


def withdrawing_disposal(operator: str, disposal_id: str) -> OperatorsCall[None]:
    """Make the call that takes a list back, or turns it down."""
    asked = _About(operator=operator, disposal_id=disposal_id)
    return OperatorsCall.of(RetentionMethod.WITHDRAW_DISPOSAL, asked, nothing, within=_SECONDS)


class RetentionLine:
    """An operator's line to a process; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def retention(self) -> RetentionShown:
        """Read what is due and which lists wait; it is recorded."""
        answer = await self._call(RetentionMethod.RETENTION, _By(operator=self._operator))
        return from_bytes(RetentionShown, _bytes(answer), _MOST_SHOWN_BYTES)

    async def dispose(self, kept: Kept) -> str:
        """Enter that everything that is due of a kind is to be destroyed, and give the list's id."""
        return await send(self._client, disposing(self._operator, kept))

    async def approve(self, disposal_id: str) -> Disposed:
        """Approve another's list; comes back when everything of it is destroyed here and with the followers."""
        return await send(self._client, approving_disposal(self._operator, disposal_id))

    async def withdraw(self, disposal_id: str) -> None:
        """Take a list back, or turn it down."""
        await send(self._client, withdrawing_disposal(self._operator, disposal_id))

    async def disposals_after(self, number: int) -> tuple[bytes, ...]:
        """Read entries of the signed list of disposals; none where there are no more."""
        return from_value(_Signed, [await self._call(RetentionMethod.DISPOSALS, _After(number=number))]).entries

    async def _call(self, method: RetentionMethod, asked: object) -> Value:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        return await self._client.call(int(method), *arguments, within=_SECONDS)


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Refused(Code.MALFORMED, "an answer of retention")
    return value
