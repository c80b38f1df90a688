"""One follower of the registry's feed: pulls, applies in one transaction, says how far it is, keeps its lease.

Before anything else it asks the registry what it told last, and goes on only if its store still holds that (`Life`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.tasks import until_one_fails
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.life import Life
from konbini.ward_server.following.standing import Standing
from konbini.ward_server.residents.feed import BREAKING, FeedPosition, Heartbeat
from konbini.ward_server.residents.feed_blocks import FeedFollower
from konbini.ward_server.residents.witness import Told

__all__ = ["Application", "Follower", "Registry"]

_BATCH = 2048
_WAIT_SECONDS = 5
_HEARTBEAT_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_NONCE_BYTES = 16

_log = logger("konbini.ward_server.following")


class Registry(Protocol):
    """The registry, as a follower calls it; each may raise `Refused` or `ConnectionError`."""

    async def feed_after(self, number: int, most: int, wait_seconds: int) -> Sequence[bytes]:
        """Give the blocks beyond `number`, waiting a while for the first."""

    async def heartbeat(self, nonce: bytes) -> bytes:
        """Give a signed heartbeat."""

    async def applied(self, told: Told) -> None:
        """Hear how far a follower is."""

    async def told(self) -> tuple[Told | None, int]:
        """Say what this follower told last, and which ranges of numbers any follower used."""


class Application(Protocol):
    """Where a follower keeps what it applied."""

    async def position(self) -> FeedPosition:
        """Give the position."""

    async def apply(self, blocks: Sequence[bytes]) -> FeedPosition:
        """Apply blocks in order, once, in one transaction.

        Raises:
            Refused: one of `BREAKING`; nothing of them was applied.
        """


class Follower:
    """Follows until it is cancelled.

    A broken feed ends the lease, and is kept (`Standing`): nothing more is applied until two persons had the copy
    re-taken, and no lease is granted until it agrees with the registry.

    Args:
        name: under which the registry knows this follower.
        municipality: whose feed.
        key: the registry's record key.
        registry: the registry.
        application: where it is applied.
        standing: what it does not go on from by itself.
        life: of its store.
        agrees: reconciles; says whether nothing differs.
        lease: what is granted.
        clock: counts it.
        entropy: for nonces.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        *,
        name: str,
        municipality: str,
        key: VerifyingKey,
        registry: Registry,
        application: Application,
        standing: Standing,
        life: Life,
        agrees: Callable[[], Awaitable[bool]],
        lease: Lease,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._name = name
        self._municipality = municipality
        self._key = key
        self._registry = registry
        self._application = application
        self._standing = standing
        self._life = life
        self._agrees = agrees
        self._lease = lease
        self._clock = clock
        self._entropy = entropy
        self._attested = False
        self._was_broken = False
        self._kept = 0

    async def run(self) -> None:
        """Follow the feed and keep the lease, each in a task of its own; raises what either did not foresee."""
        await until_one_fails(self._repeat(self.pull), self._repeat(self.renew, pause=_HEARTBEAT_SECONDS))

    async def pull(self) -> None:
        """Pull what is new, apply it, say so; nothing while the feed is broken or the store is not the one it was."""
        broken = await self._standing.broken()
        if broken is not None:
            self._lease.broken(broken.code)
        elif self._was_broken:  # another server of these rows may have seen it mended
            self._lease.mended((await self._application.position()).number)
        self._was_broken = broken is not None
        if not await self._attest() or (broken is not None and not broken.retaking):
            await self._clock.sleep(_RETRY_SECONDS)
        elif broken is not None:
            await self._retake()
        else:
            position = await self._apply(_WAIT_SECONDS)
            await self._applied(position.number)
            await self._registry.applied(await self._life.word())

    async def catch_up(self) -> None:
        """Apply what is new now, without waiting for more."""
        await self._apply(0)

    async def incarnation(self) -> int:
        """Ask the registry for its incarnation, whatever was followed before."""
        return (await self._hear(FeedPosition())).incarnation

    async def renew(self) -> None:
        """Ask for a heartbeat; the lease counts from before the question."""
        if not await self._attest() or await self._standing.broken() is not None:
            return
        # The position from before the question: what is applied meanwhile may be newer than the answer.
        before = await self._application.position()
        asked_at, heard_at = self._clock.monotonic(), self._clock.now()
        heartbeat = await self._hear(before)
        self._lease.granted(asked_at=asked_at, seconds=heartbeat.lease_seconds, number=heartbeat.number, heard=heard_at)
        await self._applied((await self._application.position()).number)

    async def _applied(self, number: int) -> None:
        """Tell the lease, and keep as of when the copy is where that is later than it was."""
        self._lease.applied(number)
        if self._lease.heard > self._kept:
            self._kept = self._lease.heard
            await self._standing.heard(self._kept)

    async def _attest(self) -> bool:
        """Make sure, once, that this store holds what was told of it."""
        if self._attested and not await self._life.unsaid():
            return True
        told, used = await self._registry.told()
        self._attested = await self._life.attest(told, used, self._clock.now())
        return self._attested

    async def _apply(self, wait_seconds: int) -> FeedPosition:
        position = await self._application.position()
        if not position.incarnation:
            await self._standing.bind(await self.incarnation())
        blocks = await self._registry.feed_after(position.number, _BATCH, wait_seconds)
        return await self._application.apply(blocks) if blocks else position

    async def _retake(self) -> None:
        """Apply from the first entry on; once everything is applied, follow again if nothing differs."""
        before = await self._application.position()
        position = await self._apply(0)
        if position.number != before.number:
            return
        if await self._agrees():
            await self._standing.mended(self._clock.now())
            self._lease.mended(position.number)
        else:
            await self._standing.not_mended()

    async def _hear(self, position: FeedPosition) -> Heartbeat:
        nonce = self._entropy.token(_NONCE_BYTES)
        signed = await self._registry.heartbeat(nonce)
        judge = FeedFollower(self._municipality, self._key, position, seen=lambda _number: None)
        return judge.hear(signed, nonce)

    async def _repeat(self, step: _Step, pause: float = 0.0) -> None:
        while True:
            try:
                await step()
            except Refused as refused:
                await self._take(refused)
                await self._clock.sleep(_RETRY_SECONDS)
            except (ConnectionError, TimeoutError) as error:
                _log.warning("registry_unreachable", peer=self._name, error=type(error).__name__)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                await self._clock.sleep(pause)

    async def _take(self, refused: Refused) -> None:
        _log.error("registry_refused", peer=self._name, code=refused.code, detail=refused.detail)
        if refused.code is Code.WARD_RESTORED:
            self._attested = False  # look anew; where several servers tell of one store, a word may have been overtaken
        if refused.code in BREAKING:
            self._lease.broken(refused.code)
            await self._standing.broke(refused.code, self._clock.now())


class _Step(Protocol):
    async def __call__(self) -> None: ...
