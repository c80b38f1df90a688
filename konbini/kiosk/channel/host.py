"""The long-lived process, as a visit calls it."""

from __future__ import annotations

from typing import Protocol

from konbini.kiosk.channel.messages import (
    Answered,
    Concluded,
    Devices,
    FailedCheck,
    HostMethod,
    Left,
    Opened,
    OrderStep,
    Question,
    WardsOnOffer,
)
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes, to_bytes

__all__ = ["Caller", "Host", "HostClient"]

_TURN_SECONDS = 60.0
_GRACE_SECONDS = 5.0


class Host(Protocol):
    """The port. Each method may raise `Refused`; a lost channel is a `ConnectionError` and ends the visit."""

    async def turn(self) -> bool:
        """Wait a while for this visit's turn; false: ask again."""

    async def devices(self, after: int, wait_seconds: int) -> Devices:
        """Give the devices, waiting a while for news after a serial."""

    async def wards(self) -> WardsOnOffer:
        """Give the wards that can be chosen."""

    async def prekey(self, ward: str) -> bytes:
        """Give a ward's newest PREKEY; it is for the visit to believe it or not."""

    async def exchange(self, question: Question) -> Answered:
        """Send a message and wait for its answer: `WARD_UNREACHABLE` where none came in time."""

    async def opened(self, opened: Opened) -> None:
        """Journal that the ward opened the visit."""

    async def step(self, step: OrderStep) -> None:
        """Journal a step before it is taken."""

    async def concluded(self, concluded: Concluded) -> None:
        """Journal how an order ended."""

    async def left(self, left: Left) -> None:
        """Journal that something lies there which nobody took; the shop and the ward are told in time."""

    async def failed(self, failed: FailedCheck) -> None:
        """Journal that a document did not pass a check; its ward is told until it has noted it."""

    async def told(self, visit_id: bytes, ordinal: int, wait_seconds: int) -> bool:
        """Wait a while until the ward has the receipt of an order; false: it has not yet."""


class Caller(Protocol):
    """The channel; `konbini.process.calls.CallClient` is it."""

    async def call(self, method: int, *arguments: Value, within: float = 5.0) -> Value:
        """Call one method and return its result; see `CallClient.call` for what it raises."""


class HostClient:
    """The port over the channel."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    async def turn(self) -> bool:
        """See `Host`."""
        return await self._client.call(HostMethod.TURN, within=_TURN_SECONDS) is True

    async def devices(self, after: int, wait_seconds: int) -> Devices:
        """See `Host`."""
        answer = await self._client.call(HostMethod.DEVICES, after, wait_seconds, within=wait_seconds + _GRACE_SECONDS)
        return from_bytes(Devices, _bytes(answer))

    async def wards(self) -> WardsOnOffer:
        """See `Host`."""
        return from_bytes(WardsOnOffer, _bytes(await self._client.call(HostMethod.WARDS)))

    async def prekey(self, ward: str) -> bytes:
        """See `Host`."""
        return _bytes(await self._client.call(HostMethod.PREKEY, ward))

    async def exchange(self, question: Question) -> Answered:
        """See `Host`."""
        within = question.seconds + _GRACE_SECONDS
        return from_bytes(
            Answered, _bytes(await self._client.call(HostMethod.EXCHANGE, to_bytes(question), within=within))
        )

    async def opened(self, opened: Opened) -> None:
        """See `Host`."""
        await self._client.call(HostMethod.OPENED, to_bytes(opened))

    async def step(self, step: OrderStep) -> None:
        """See `Host`."""
        await self._client.call(HostMethod.STEP, to_bytes(step))

    async def concluded(self, concluded: Concluded) -> None:
        """See `Host`."""
        await self._client.call(HostMethod.CONCLUDED, to_bytes(concluded))

    async def left(self, left: Left) -> None:
        """See `Host`."""
        await self._client.call(HostMethod.LEFT, to_bytes(left))

    async def failed(self, failed: FailedCheck) -> None:
        """See `Host`."""
        await self._client.call(HostMethod.FAILED, to_bytes(failed))

    async def told(self, visit_id: bytes, ordinal: int, wait_seconds: int) -> bool:
        """See `Host`."""
        within = wait_seconds + _GRACE_SECONDS
        return await self._client.call(HostMethod.TOLD, visit_id, ordinal, wait_seconds, within=within) is True


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Refused(Code.MALFORMED, "an answer of the long-lived process")
    return value
