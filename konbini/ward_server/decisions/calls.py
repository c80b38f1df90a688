"""The methods of an operators' socket where decisions are taken, the answers, and the operators' end of it.

A method's arguments are the fields of its class, in order. Numbers go on from the registry's own operators' methods,
which stand on the same socket there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_value, to_value
from konbini.ward_server.decisions.decision import MOST_REASON, Decision, KeptDecision
from konbini.ward_server.decisions.desk import MOST_LISTED, Decisions
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.signed_acts.call import OperatorsCall, nothing, send, typed

__all__ = [
    "OPEN_DECISION_METHODS",
    "OPERATORS_CALL_BYTES",
    "DecisionLine",
    "DecisionMethod",
    "Steps",
    "agreeing",
    "decision_handlers",
    "declining",
    "entering",
    "reconciling",
    "stopping",
]

OPERATORS_CALL_BYTES = 1 << 20
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
    """-> [`KeptDecision`, ...], the oldest 32 behind a place."""
    STOP = 45
    """-> null: one person suffices to stop; two release."""
    RECONCILE = 46
    """-> how many differences were found."""
    DIFFERENCES = 47
    """-> [[kind, resident, what, since], ...]; recorded as an access."""


OPEN_DECISION_METHODS: Final = frozenset({DecisionMethod.WAITING, DecisionMethod.STOP, DecisionMethod.DIFFERENCES})
"""What is taken in an operator's name alone, also where acts are signed: what reads, and the stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Enter:
    operator: OperatorId
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    operator: OperatorId
    decision_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _By:
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Behind:
    """Behind which decision: when it was entered, and its id; behind none: 0 and nothing."""

    operator: OperatorId
    entered_at: Annotated[int, UpTo(2**53)]
    decision_id: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class _Because:
    operator: OperatorId
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
        asked = from_value(_Behind, arguments)
        found = await decisions.waiting(asked.operator, behind=(asked.entered_at, asked.decision_id))
        return [to_value(one) for one in found]

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


def entering(operator: str, decision: Decision) -> OperatorsCall[str]:
    """Make the call that enters a decision; it gives its id."""
    asked = _Enter(operator=operator, decision=decision)
    return OperatorsCall.of(DecisionMethod.ENTER, asked, typed(str), within=_SECONDS)


def agreeing(operator: str, decision_id: str) -> OperatorsCall[None]:
    """Make the call that agrees to another's decision."""
    asked = _About(operator=operator, decision_id=decision_id)
    return OperatorsCall.of(DecisionMethod.AGREE, asked, nothing, within=_SECONDS)


def declining(operator: str, decision_id: str) -> OperatorsCall[None]:
    """Make the call that takes a decision back, or turns it down."""
    asked = _About(operator=operator, decision_id=decision_id)
    return OperatorsCall.of(DecisionMethod.DECLINE, asked, nothing, within=_SECONDS)


def stopping(operator: str, reason: str) -> OperatorsCall[None]:
    """Make the call that stops a process's issuing; it is taken unsigned, since a stop must always be possible."""
    asked = _Because(operator=operator, reason=reason)
    return OperatorsCall.of(DecisionMethod.STOP, asked, nothing, within=_SECONDS, is_open=True)


def reconciling(operator: str) -> OperatorsCall[int]:
    """Make the call that has a copy compared with the registry; it gives how many differences there are."""
    return OperatorsCall.of(DecisionMethod.RECONCILE, _By(operator=operator), typed(int), within=_RECONCILING_SECONDS)


class DecisionLine:
    """An operator's line to a process; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def enter(self, decision: Decision) -> str:
        """Enter a decision and give its id."""
        return await send(self._client, entering(self._operator, decision))

    async def agree(self, decision_id: str) -> None:
        """Agree to another's decision."""
        await send(self._client, agreeing(self._operator, decision_id))

    async def decline(self, decision_id: str) -> None:
        """Take a decision back, or turn it down."""
        await send(self._client, declining(self._operator, decision_id))

    async def waiting(self) -> tuple[KeptDecision, ...]:
        """List all decisions that wait for a second person, the oldest first; asked for in pages."""
        found: list[KeptDecision] = []
        behind = (0, "")
        while True:
            asked = _Behind(operator=self._operator, entered_at=behind[0], decision_id=behind[1])
            page = from_value(_AllWaiting, [await self._call(DecisionMethod.WAITING, asked)]).decisions
            found += page
            if len(page) < MOST_LISTED:
                return tuple(found)
            behind = (page[-1].entered_at, page[-1].decision_id)

    async def stop(self, reason: str) -> None:
        """Stop the process's issuing, at once."""
        await send(self._client, stopping(self._operator, reason))

    async def reconcile(self) -> int:
        """Have the process's copy compared with the registry, and give how many differences there are."""
        return await send(self._client, reconciling(self._operator))

    async def differences(self) -> tuple[tuple[str, str, str, int], ...]:
        """Read what differed; it is recorded."""
        answer = await self._call(DecisionMethod.DIFFERENCES, _By(operator=self._operator))
        found = answer if isinstance(answer, list) else [answer]
        return tuple(_difference(one) for one in found)

    async def _call(self, method: DecisionMethod, asked: object) -> Value:
        arguments = to_value(asked)
        assert isinstance(arguments, list)  # noqa: S101 - a message's array
        return await self._client.call(int(method), *arguments, within=_SECONDS)


def _difference(value: Value) -> tuple[str, str, str, int]:
    match value:
        case [str() as kind, str() as resident, str() as what, int() as since]:
            return kind, resident, what, since
    raise Refused(Code.MALFORMED, "the answer to DIFFERENCES")
