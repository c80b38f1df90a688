"""A log of this ward whose process calls `issuing`, instead of being called: the console's.

    COSIGN  [a witness's request (bytes)]  -> bytes of `Cosigned`, or null where the center did not answer in time

`issuing` can neither sign nor co-sign what it carries; whoever asked checks what comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from konbini.process.calls import CallClient, Handler
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.witnessing import MOST_WITNESSING_BYTES, Cosigned
from konbini.ward_server.issuing.log_exchange import ANSWER_SECONDS, LogExchange
from konbini.ward_server.issuing.operator_calls import IssuingMethod

__all__ = ["CosignLine", "cosign_handlers"]

_SECONDS: Final = ANSWER_SECONDS + 2.0
_MOST_ANSWER_BYTES: Final = 2 * MOST_WITNESSING_BYTES


def cosign_handlers(logs: LogExchange) -> Mapping[int, Handler]:
    """Give the method of the operators' socket."""

    async def cosign(arguments: Sequence[Value]) -> Value:
        match arguments:
            case [bytes() as request]:
                answer = await logs.ask(request)
                return None if answer is None else to_bytes(answer)
        raise Refused(Code.MALFORMED, "COSIGN")

    return {IssuingMethod.COSIGN: cosign}


class CosignLine:
    """The caller's side."""

    def __init__(self, client: CallClient) -> None:
        self._client = client

    async def cosign(self, request: bytes) -> Cosigned | None:
        """Have a checkpoint co-signed; None where nobody answered.

        Raises:
            Refused, ConnectionError, TimeoutError: as `CallClient.call`.
        """
        answer = await self._client.call(IssuingMethod.COSIGN, request, within=_SECONDS)
        if answer is None:
            return None
        if isinstance(answer, bytes):
            return from_bytes(Cosigned, answer, _MOST_ANSWER_BYTES)
        raise Refused(Code.MALFORMED, "the answer to COSIGN")
