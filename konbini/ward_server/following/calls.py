"""The registry's followers' socket, called; answers are checked for their form here and for their truth by callers."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_value
from konbini.ward_server.residents.calls import FollowerMethod
from konbini.ward_server.residents.comparing import RowsOf
from konbini.ward_server.residents.witness import Told

__all__ = ["RegistryCalls"]

_GRACE_SECONDS = 5.0
_TREE_SECONDS = 3600.0
_MOST_ROWS_BYTES = 1 << 20


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

    async def applied(self, told: Told) -> None:
        """Say how far this follower is."""
        await self._client.call(FollowerMethod.APPLIED, self._follower, to_value(told))

    async def told(self) -> tuple[Told | None, int]:
        """Ask what this follower told last, and which ranges of numbers any follower used."""
        match await self._client.call(FollowerMethod.TOLD, self._follower):
            case [None, int() as ranges]:
                return None, ranges
            case [bytes() as told, int() as ranges]:
                return from_bytes(Told, told), ranges
        raise Refused(Code.MALFORMED, "TOLD")

    async def state_at(self, resident: str, moment: int, number: int) -> tuple[int, int]:
        """Ask which version was in force at a moment (Unix milliseconds), and for changes behind `number` by then."""
        match await self._client.call(FollowerMethod.STATE_AT, resident, moment, number):
            case [int() as version, int() as changes]:
                return version, changes
        raise Refused(Code.MALFORMED, "STATE_AT")

    async def held_tree(self, nonce: bytes) -> bytes:
        """Have the registry's tree built, and give its signed root."""
        asked = (self._follower, nonce)
        return _bytes(await self._client.call(FollowerMethod.HELD_TREE, *asked, within=_TREE_SECONDS))

    async def held_children(self, place: bytes) -> tuple[bytes, ...]:
        """Give the children of the root or of a branch of that tree."""
        answer = await self._client.call(FollowerMethod.HELD_CHILDREN, self._follower, place)
        if not isinstance(answer, list):
            raise Refused(Code.MALFORMED, "HELD_CHILDREN")
        return tuple(_bytes(child) for child in answer)

    async def held_bucket(self, place: bytes) -> tuple[tuple[str, bytes], ...]:
        """Give the residents of a bucket of that tree with their leaves."""
        answer = await self._client.call(FollowerMethod.HELD_BUCKET, self._follower, place)
        if not isinstance(answer, list):
            raise Refused(Code.MALFORMED, "HELD_BUCKET")
        return tuple(_leaf(one) for one in answer)

    async def held_rows(self, residents: Sequence[str]) -> RowsOf:
        """Give what the registry holds of some residents now."""
        answer = await self._client.call(FollowerMethod.HELD_ROWS, list(residents))
        return from_bytes(RowsOf, _bytes(answer), _MOST_ROWS_BYTES)

    async def certify_message_key(self, point: bytes) -> bytes:
        """Have a message key certified for a day by the ward's identity key."""
        return _bytes(await self._client.call(FollowerMethod.CERTIFY_MESSAGE_KEY, point))

    async def individual_number(self, resident: str, commitment: bytes) -> bytes:
        """Ask for the individual-number part that a record's commitment names; recorded there."""
        return _bytes(await self._client.call(FollowerMethod.INDIVIDUAL_NUMBER, self._follower, resident, commitment))


def _leaf(value: Value) -> tuple[str, bytes]:
    match value:
        case [str() as resident, bytes() as leaf]:
            return resident, leaf
    raise Refused(Code.MALFORMED, "HELD_BUCKET")


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Refused(Code.MALFORMED, "the registry's answer")
    return value
