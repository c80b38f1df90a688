"""The registry's followers' socket, called; answers are checked for their form here and for their truth by callers."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.calls import FollowerMethod

__all__ = ["RegistryCalls"]

_GRACE_SECONDS = 5.0


class RegistryCalls:
    """The registry, called by one follower. Each call may raise `Refused`, `ConnectionError` or `TimeoutError`."""

    def __init__(self, client: CallClient, follower: str) -> None:
        self._client = client
        self._follower = follower

    async def feed_after(self, number: int, most: int, wait_seconds: int) -> Sequence[bytes]:
        """Give the blocks beyond `number`, waiting a while for the first."""
        answer = await self._client.call(
            FollowerMethod.FEED_AFTER, number, most, wait_seconds, within=wait_seconds + _GRACE_SECONDS
        )
        if not isinstance(answer, list):
            raise Refused(Code.MALFORMED, "FEED_AFTER")
        return [_bytes(block) for block in answer]

    async def heartbeat(self, nonce: bytes) -> bytes:
        """Give a signed heartbeat."""
        return _bytes(await self._client.call(FollowerMethod.HEARTBEAT, self._follower, nonce))

    async def applied(self, follower: str, number: int) -> None:
        """Say how far this follower is."""
        await self._client.call(FollowerMethod.APPLIED, follower, number)

    async def certify_message_key(self, point: bytes) -> bytes:
        """Have a message key certified for a day by the ward's identity key."""
        return _bytes(await self._client.call(FollowerMethod.CERTIFY_MESSAGE_KEY, point))

    async def individual_number(self, resident: str, commitment: bytes) -> bytes:
        """Ask for the individual-number part that a record's commitment names; recorded there."""
        return _bytes(await self._client.call(FollowerMethod.INDIVIDUAL_NUMBER, self._follower, resident, commitment))


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Refused(Code.MALFORMED, "the registry's answer")
    return value
