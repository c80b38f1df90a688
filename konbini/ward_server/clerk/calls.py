"""The clerk's socket: the methods, the clerk's side of them, and the caller's.

CERTIFY  [evidence bytes]        -> `Certified` bytes
SEAL     [order key, PDF bytes]  -> `Sealed` bytes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, unique

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed

__all__ = ["MOST_CALL_BYTES", "ClerkClient", "ClerkMethod", "handlers"]

MOST_CALL_BYTES = 1 << 20
_SECONDS = 10.0


@unique
class ClerkMethod(IntEnum):
    """The two calls."""

    CERTIFY = 1
    SEAL = 2


def handlers(clerk: Clerk) -> Mapping[int, Handler]:
    """Give the clerk's answers."""

    async def certify(arguments: Sequence[Value]) -> Value:
        (evidence,) = _arguments(arguments, 1)
        return to_bytes(await clerk.certify(from_bytes(Evidence, evidence, MOST_CALL_BYTES)))

    async def seal(arguments: Sequence[Value]) -> Value:
        order, pdf = _arguments(arguments, 2)
        return to_bytes(await clerk.seal(order, pdf))

    return {ClerkMethod.CERTIFY: certify, ClerkMethod.SEAL: seal}


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


def _arguments(arguments: Sequence[Value], count: int) -> list[bytes]:
    found = [argument for argument in arguments if isinstance(argument, bytes)]
    if len(found) != count or len(arguments) != count:
        raise Refused(Code.MALFORMED, "arguments of a call")
    return found
