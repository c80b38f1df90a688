"""The methods with which an operators' socket takes signed acts, and those of its roll; the operators' end of them.

A method's arguments are the fields of its class, in order. Where acts are taken by name, a process gives no challenge
and takes no signed call: `challenge` then gives None, and the plain call is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Annotated, Final, TypeVar

from konbini.process.calls import LONGEST, CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import Line, UpTo, from_value, to_value
from konbini.ward_server.operator_id import OperatorId
from konbini.ward_server.signed_acts.call import OperatorsCall, typed
from konbini.ward_server.signed_acts.proof import Proof
from konbini.ward_server.signed_acts.roll import OperatorKey

__all__ = [
    "OPEN_ROLL_METHODS",
    "By",
    "EndOperator",
    "RollLine",
    "SignedCall",
    "SignedMethod",
    "ask_challenge",
    "ending_operator",
    "send_signed",
]

T = TypeVar("T")

_SECONDS: Final = 5.0
_NONCE_BYTES: Final = 32


@unique
class SignedMethod(IntEnum):
    """On every operators' socket."""

    END_OPERATOR = 37
    """-> how many passkeys of a person ended: one person suffices to take away."""
    OPERATORS = 38
    """-> [`OperatorKey`, ...]: the roll, those among it that ended included."""
    CHALLENGE = 39
    """-> 32 bytes that a signed act may be made with once, within minutes; null where acts are taken by name."""
    SIGNED = 40
    """-> what the method that it carries gives, when the proof holds."""


OPEN_ROLL_METHODS: Final = frozenset({SignedMethod.OPERATORS})
"""What is taken in an operator's name alone, also where acts are signed: what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who asks."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOperator:
    """Whose passkeys end."""

    operator: OperatorId
    person: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCall:
    """A call, and the proof that a person signed it; `arguments` are encoded, as they were signed."""

    method: Annotated[int, UpTo(2**16)]
    arguments: Annotated[bytes, UpTo(LONGEST)]
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roll:
    keys: tuple[OperatorKey, ...]


def ending_operator(operator: str, person: str) -> OperatorsCall[int]:
    """Make the call that ends every passkey of a person."""
    asked = EndOperator(operator=operator, person=person)
    return OperatorsCall.of(SignedMethod.END_OPERATOR, asked, typed(int), within=_SECONDS)


async def ask_challenge(client: CallClient) -> bytes | None:
    """Ask a process for what one signed act is made with; None where it takes acts by name.

    Raises:
        Refused: `MALFORMED`; `BUSY`; and what `CallClient.call` raises.
    """
    answer = await client.call(SignedMethod.CHALLENGE, within=_SECONDS)
    if answer is None:
        return None
    if not isinstance(answer, bytes) or len(answer) != _NONCE_BYTES:
        raise Refused(Code.MALFORMED, "the answer to CHALLENGE")
    return answer


async def send_signed(client: CallClient, call: OperatorsCall[T], proof: Proof) -> T:
    """Send a call with the proof that its operator signed it; raises what `CallClient.call` raises."""
    signed = to_value(SignedCall(method=call.method, arguments=call.arguments, proof=proof))
    assert isinstance(signed, Sequence)  # noqa: S101 - a message's array
    return call.read(await client.call(SignedMethod.SIGNED, *signed, within=call.within))


class RollLine:
    """An operator's line to a process's roll; raises what `CallClient.call` raises."""

    def __init__(self, client: CallClient, operator: str) -> None:
        self._client = client
        self._operator = operator

    async def operators(self) -> tuple[OperatorKey, ...]:
        """Read the roll."""
        answer: Value = await self._client.call(SignedMethod.OPERATORS, self._operator, within=_SECONDS)
        return from_value(_Roll, [answer]).keys
