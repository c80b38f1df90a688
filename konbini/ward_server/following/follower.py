"""One follower of the registry's feed: pulls, applies in one transaction, says how far it is, keeps its lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.tasks import until_one_fails
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.residents.feed import FeedPosition
from konbini.ward_server.residents.feed_blocks import FeedFollower

__all__ = ["Application", "Follower", "Registry"]

_BATCH = 2048
_WAIT_SECONDS = 5
_HEARTBEAT_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_NONCE_BYTES = 16
_BREAKING = frozenset((Code.FEED_BROKEN, Code.RECORD_NOT_SIGNED))

_log = logger("konbini.ward_server.following")


class Registry(Protocol):
    """The registry, as a follower calls it; each may raise `Refused` or `ConnectionError`."""

    async def feed_after(self, number: int, most: int, wait_seconds: int) -> Sequence[bytes]:
        """Give the blocks beyond `number`, waiting a while for the first."""

    async def heartbeat(self, nonce: bytes) -> bytes:
        """Give a signed heartbeat."""

    async def applied(self, follower: str, number: int) -> None:
        """Hear how far a follower is."""


class Application(Protocol):
    """Where a follower keeps what it applied."""

    async def position(self) -> FeedPosition:
        """Give the position."""

    async def apply(self, blocks: Sequence[bytes]) -> FeedPosition:
        """Apply blocks in order, once, in one transaction.

        Raises:
            Refused: `FEED_BROKEN`; nothing of them was applied.
        """


class Follower:
    """Follows until it is cancelled.

    A broken feed, or a record in it that the registry did not sign, ends the lease for good: only a full reconcile by
    two persons mends it. `broken` says what was found first.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        name: str,
        municipality: str,
        key: VerifyingKey,
        registry: Registry,
        application: Application,
        lease: Lease,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._name = name
        self._municipality = municipality
        self._key = key
        self._registry = registry
        self._application = application
        self._lease = lease
        self._clock = clock
        self._entropy = entropy
        self.broken: Refused | None = None

    async def run(self) -> None:
        """Follow the feed and keep the lease, each in a task of its own; raises what either did not foresee."""
        await until_one_fails(self._repeat(self.pull), self._repeat(self.renew, pause=_HEARTBEAT_SECONDS))

    async def pull(self) -> None:
        """Pull what is new, apply it, say so."""
        position = await self._application.position()
        blocks = await self._registry.feed_after(position.number, _BATCH, _WAIT_SECONDS)
        if blocks:
            position = await self._application.apply(blocks)
        self._lease.applied(position.number)
        await self._registry.applied(self._name, position.number)

    async def renew(self) -> None:
        """Ask for a heartbeat; the lease counts from before the question."""
        # The position from before the question: what is applied meanwhile may be newer than the answer.
        before = await self._application.position()
        nonce, asked_at = self._entropy.token(_NONCE_BYTES), self._clock.monotonic()
        signed = await self._registry.heartbeat(nonce)
        judge = FeedFollower(self._municipality, self._key, before, seen=lambda _number: None)
        heartbeat = judge.hear(signed, nonce)
        self._lease.granted(asked_at=asked_at, seconds=heartbeat.lease_seconds, number=heartbeat.number)
        self._lease.applied((await self._application.position()).number)

    async def _repeat(self, step: _Step, pause: float = 0.0) -> None:
        while True:
            try:
                await step()
            except Refused as refused:
                self._take(refused)
                await self._clock.sleep(_RETRY_SECONDS)
            except (ConnectionError, TimeoutError) as error:
                _log.warning("registry_unreachable", peer=self._name, error=type(error).__name__)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                await self._clock.sleep(pause)

    def _take(self, refused: Refused) -> None:
        _log.error("registry_refused", peer=self._name, code=refused.code, detail=refused.detail)
        if refused.code in _BREAKING:
            self.broken = self.broken or refused
            self._lease.broken()


class _Step(Protocol):
    async def __call__(self) -> None: ...
