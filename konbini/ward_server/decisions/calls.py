"""The methods of an operators' socket where decisions are taken, the answers, and the operators' end of it.

A method's arguments are the fields of its class, in order. Numbers go on from the registry's own operators' methods,
which stand on the same socket there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_value, to_value
from konbini.ward_server.decisions.decision import MOST_REASON, Decision, KeptDecision
from konbini.ward_server.decisions.desk import Decisions

__all__ = ["OPERATORS_CALL_BYTES", "DecisionLine", "DecisionMethod", "Steps", "decision_handlers"]

OPERATORS_CALL_BYTES = 1 << 20
_MOST_WAITING = 32
_SECONDS = 30.0
_RECONCILING_SECONDS = 3600.0


@unique
class DecisionMethod(IntEnum):
    """On an operators' socket."""

    ENTER = 41
    """-> id of the entered decision."""
    AGREE = 42
    """-> null, when it was carried out."""
    DECLINE = 43
    """-> null."""
    WAITING = 44
    """-> [`KeptDecision`, ...], the oldest 32."""
    STOP = 45
    """-> null: one person suffices to stop; two release."""
    RECONCILE = 46
    """-> how many differences were found."""
    DIFFERENCES = 47
    """-> [[kind, resident, what, since], ...]; recorded as an access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Enter:
    operator: Line
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    operator: Line
    decision_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    operator: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Because:
    operator: Line
    reason: Annotated[str, UpTo(MOST_REASON)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _AllWaiting:
    decisions: tuple[KeptDecision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What one operator may do at a process without a second: stop it, have its copy compared, read what differs."""

    stop: Callable[[str, str], Awaitable[None]]
    reconcile: Callable[[str], Awaitable[int]]
    differences: Callable[[str], Awaitable[Sequence[tuple[str, str, str, int]]]]


def decision_handlers(decisions: Decisions, steps: Steps | None = None) -> Mapping[int, Handler]:
    """Give the methods of an operators' socket; those of `steps` where the process has a copy."""

    async def enter(arguments: Sequence[Value]) -> Value:
        asked = from_value(_Enter, arguments)
        return await decisions.enter(asked.operator, asked.decision)

    async def agree(arguments: Sequence[Value]) -> Value:
        asked = from_value(_About, arguments)
        await decisions.agree(asked.operator, asked.decision_id)
        return None

    async def decline(arguments: Sequence[Value]) -> Value:
        asked = from_value(_About, arguments)
        await decisions.decline(asked.operator, asked.decision_id)
        return None

    async def waiting(arguments: Sequence[Value]) -> Value:
        found = await decisions.waiting(from_value(_By, arguments).operator)
        return [to_value(one) for one in found[:_MOST_WAITING]]

    handlers: dict[int, Handler] = {
        DecisionMethod.ENTER: enter,
        DecisionMethod.AGREE: agree,
        DecisionMethod.DECLINE: decline,
        DecisionMethod.WAITING: waiting,
    }
    return handlers if steps is None else {**handlers, **_step_handlers(steps)}


def _step_handlers(steps: Steps) -> Mapping[int, Handler]:
    async def stop(arguments: Sequence[Value]) -> Value:
        asked = from_value(_Because, arguments)
        await steps.stop(asked.operator, asked.reason)
        return None

    async def reconcile(arguments: Sequence[Value]) -> Value:
        return await steps.reconcile(from_value(_By, arguments).operator)

    async def differences(arguments: Sequence[Value]) -> Value:
        return [list(one) for one in await steps.differences(from_value(_By, arguments).operator)]

    return {
        DecisionMethod.STOP: stop,
        DecisionMethod.RECONCILE: reconcile,
        DecisionMethod.DIFFERENCES: differences,
    }


class DecisionLine:
    """An operator's line to a process; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def enter(self, decision: Decision) -> str:
        """Enter a decision and give its id."""
        answer = await self._call(DecisionMethod.ENTER, _Enter(operator=self._operator, decision=decision))
        if not isinstance(answer, str):
            raise Refused(Code.MALFORMED, "the answer to ENTER")
        return answer

    async def agree(self, decision_id: str) -> None:
        """Agree to another's decision."""
        await self._call(DecisionMethod.AGREE, _About(operator=self._operator, decision_id=decision_id))

    async def decline(self, decision_id: str) -> None:
        """Take a decision back, or turn it down."""
        await self._call(DecisionMethod.DECLINE, _About(operator=self._operator, decision_id=decision_id))

    async def waiting(self) -> tuple[KeptDecision, ...]:
        """List the decisions that wait for a second person, the oldest 32."""
        answer = await self._call(DecisionMethod.WAITING, _By(operator=self._operator))
        return from_value(_AllWaiting, [answer]).decisions

    async def stop(self, reason: str) -> None:
        """Stop the process's issuing, at once."""
        await self._call(DecisionMethod.STOP, _Because(operator=self._operator, reason=reason))

    async def reconcile(self) -> int:
        """Have the process's copy compared with the registry, and give how many differences there are."""
        asked = _By(operator=self._operator)
        answer = await self._call(DecisionMethod.RECONCILE, asked, within=_RECONCILING_SECONDS)
        if not isinstance(answer, int):
            raise Refused(Code.MALFORMED, "the answer to RECONCILE")
        return answer

    async def differences(self) -> tuple[tuple[str, str, str, int], ...]:
        """Read what differed; it is recorded."""
        answer = await self._call(DecisionMethod.DIFFERENCES, _By(operator=self._operator))
        found = answer if isinstance(answer, list) else [answer]
        return tuple(_difference(one) for one in found)

    async def _call(self, method: DecisionMethod, asked: object, within: float = _SECONDS) -> Value:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        return await self._client.call(int(method), *arguments, within=within)


def _difference(value: Value) -> tuple[str, str, str, int]:
    match value:
        case [str() as kind, str() as resident, str() as what, int() as since]:
            return kind, resident, what, since
    raise Refused(Code.MALFORMED, "the answer to DIFFERENCES")
