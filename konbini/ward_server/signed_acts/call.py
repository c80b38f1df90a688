"""A call at an operators' socket, made ready before it is sent, so that it can be signed as it will be carried out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from konbini.process.calls import LONGEST, CallClient
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_value

__all__ = ["OperatorsCall", "arguments_of", "call_digest", "nothing", "place_of", "send", "typed"]

T = TypeVar("T")
K = TypeVar("K")

_DOMAIN: Final = "konbini/1 operators' call"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorsCall(Generic[T]):
    """One call.

    Attributes:
        method: its number on the socket.
        arguments: the array of its arguments, encoded; the first is who acts.
        read: makes sense of the answer; raises `Refused` (`MALFORMED`).
        within: seconds that the answer may take.
        is_open: whether a process takes it from whoever may call at all, unsigned: a stop.
    """

    method: int
    arguments: bytes
    read: Callable[[Value], T]
    within: float
    is_open: bool = False

    @classmethod
    def of(
        cls, method: int, asked: object, read: Callable[[Value], T], *, within: float, is_open: bool = False
    ) -> OperatorsCall[T]:
        """Make a call whose arguments are the fields of a message, in order."""
        return OperatorsCall(
            method=int(method), arguments=encode(to_value(asked)), read=read, within=within, is_open=is_open
        )

    def digest(self, place: str) -> bytes:
        """Give what stands for this call at a process in what is signed."""
        return call_digest(place, self.method, self.arguments)


async def send(client: CallClient, call: OperatorsCall[T]) -> T:
    """Send a call in its operator's name, without a proof; raises what `CallClient.call` raises."""
    return call.read(await client.call(call.method, *arguments_of(call.arguments), within=call.within))


def place_of(ward: str, process: str) -> str:
    """Name a ward's process: "registry", "issuing" or "clerk"."""
    return f"{ward}/{process}"


def call_digest(place: str, method: int, arguments: bytes) -> bytes:
    """Give the SHA-256 of a call at a process (`place_of`), with its arguments as they are encoded."""
    return hashlib.sha256(encode([_DOMAIN, place, method, arguments])).digest()


def arguments_of(data: bytes) -> list[Value]:
    """Read the arguments of a call.

    Raises:
        Refused: `MALFORMED`, `OVERSIZE`.
    """
    found = decode(data, LONGEST)
    if not isinstance(found, list):
        raise Refused(Code.MALFORMED, "a call's arguments are an array")
    return found


def typed(kind: type[K]) -> Callable[[Any], K]:
    """Give what reads an answer of one plain type.

    Raises:
        Refused: `MALFORMED`: what is read is of another.
    """

    def read(answer: Any) -> K:  # noqa: ANN401 - a value of the wire
        if type(answer) is not kind:
            raise Refused(Code.MALFORMED, f"an answer that is no {kind.__name__}")
        return answer

    return read


def nothing(answer: Value) -> None:
    """Read an answer that says nothing but that it was done.

    Raises:
        Refused: `MALFORMED`: it says something.
    """
    if answer is not None:
        raise Refused(Code.MALFORMED, "an answer that is not null")
