"""The upkeep of a copy (交付用データの維持): all that `issuing` and the clerk do alike with their copy of the register.

Built once by each process's wiring room: it follows, reconciles every night and on demand, takes what two persons
decide, and ends what is kept beyond its time. What differs from one process to the other is `Own`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from konbini.process.calls import Handler, together
from konbini.process.clock import Clock
from konbini.process.config import ConfigRefused, Table
from konbini.process.entropy import Entropy
from konbini.process.log_keeping import LogOwner
from konbini.process.rows import Rows
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.ward_server.decisions.afterwards import Afterwards
from konbini.ward_server.decisions.calls import OPEN_DECISION_METHODS, Steps, decision_handlers
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.desk import Decisions, Effect
from konbini.ward_server.decisions.stop import Stop, stop_code
from konbini.ward_server.following.events import ProcessEvents
from konbini.ward_server.following.follower import Application, Follower, Registry
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.following.life import Life, Numbers
from konbini.ward_server.following.mending import Release, Restored, Retake
from konbini.ward_server.following.nightly import Nightly
from konbini.ward_server.following.outage import MOST_HOURS, Outages, outage_effects
from konbini.ward_server.following.published import PublishedPaths, PublishedWitness, read_published
from konbini.ward_server.following.reconciling import HeldRegistry, Reconciling, SignedRows
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.standing import Standing
from konbini.ward_server.keeping.calls import OPEN_RETENTION_METHODS, retention_handlers
from konbini.ward_server.keeping.holding import Holding
from konbini.ward_server.keeping.retention import DisposalPen, RetentionDesk
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.residents.witness import NO_RANGES, Told
from konbini.ward_server.settings.retention import Retention
from konbini.ward_server.signed_acts.call import place_of
from konbini.ward_server.signed_acts.calls import OPEN_ROLL_METHODS
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.signed_acts.enrolling import OperatorEnrolled, RollDesk
from konbini.ward_server.signed_acts.guard import Guard
from konbini.ward_server.storage.keyed_hash import KeyedHash
from konbini.ward_server.trust import TrustConfig

__all__ = ["Own", "Upkeep", "UpkeepConfig", "read_upkeep", "witness_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepConfig:
    """What a process is told of its copy.

    Attributes:
        name: under which the registry knows this follower.
        reconcile_at: minute of the day in Japan.
        most_outage_hours: the longest outage that may be declared.
        standby: it follows, and serves in outage mode alone (縮退運用環境用サーバー).
        published: where what the ward published last is kept on this machine, a witness beside the registry.
    """

    name: str
    reconcile_at: int
    most_outage_hours: int
    standby: bool
    published: PublishedPaths | None


def read_upkeep(table: Table) -> UpkeepConfig:
    """Read `[copy]`: `name`, `reconcile_at` (time of the day in Japan, "HH:MM"), `most_outage_hours`, `standby`.

    `published` and `issuers` stand there too where the process has that witness.

    Raises:
        ConfigRefused: naming the place.
    """
    hours = table.integer("most_outage_hours", least=1)
    if hours > MOST_HOURS:
        raise ConfigRefused(f"most_outage_hours: {MOST_HOURS} at most")
    return UpkeepConfig(
        name=table.text("name"),
        reconcile_at=table.minute("reconcile_at"),
        most_outage_hours=hours,
        standby=table.boolean("standby"),
        published=read_published(table),
    )


def witness_of(config: UpkeepConfig, trust: TrustConfig, ward: str, process: str) -> PublishedWitness | None:
    """Give the witness that the ward published of a process, where this machine has one."""
    if config.published is None:
        return None
    return PublishedWitness(config.published, VerifyingKey(trust.directory_authority), ward, process)


async def nobody() -> int:
    """Say that nobody else knows of ranges of numbers."""
    return NO_RANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is a process's own about its copy.

    Attributes:
        config: what it is told.
        events: under which it records.
        municipality: whose register.
        key: the registry's record key.
        hashes: its keyed hashes.
        feed: its rows of the feed.
        application: where records go.
        signed_rows: reads the rows of a record and a seal registration as they are held.
        numbers: what it does about ranges of issuance numbers.
        operators: whether operators' acts are taken signed alone.
        process: its name in what operators sign: "issuing" or "clerk".
        holdings: what it keeps for a time.
        retention: gives the municipality's terms as they are in force.
        disposals_key: signs its list of disposals.
        published: the witness that the ward published, where there is one.
        used_ranges: asks others of this ward which ranges they know to be used.
        effects: of what is decided at this process alone.
        afterwards: what a decision asks of the running process.
    """

    config: UpkeepConfig
    events: ProcessEvents
    municipality: str
    key: VerifyingKey
    hashes: KeyedHash
    feed: FeedRows
    application: Application
    signed_rows: SignedRows
    numbers: Numbers
    operators: OperatorsConfig
    process: str
    holdings: Sequence[Holding]
    retention: Callable[[], Sequence[Retention]]
    disposals_key: SigningKey
    published: PublishedWitness | None = None
    used_ranges: Callable[[], Awaitable[int]] = nobody
    effects: Mapping[DecisionKind, Effect] = field(default_factory=dict)
    afterwards: Mapping[DecisionKind, Callable[[], Awaitable[None]]] = field(default_factory=dict)


class RegistryOfCopy(Registry, HeldRegistry, Protocol):
    """The registry, as what keeps a copy calls it."""


class Upkeep:
    """The copy of one process, kept right."""

    def __init__(self, own: Own, rows: Rows, registry: RegistryOfCopy, clock: Clock, entropy: Entropy) -> None:
        self._own = own
        self._rows = rows
        self._registry = registry
        self._clock = clock
        self._entropy = entropy
        self._life = Life(rows, own.events.life, own.numbers)
        self.lease = Lease()
        self.standing = Standing(rows, own.events.follower)
        self.outages = Outages(rows, clock)
        self.stop = Stop(rows, own.events.stopped)
        self.reconciling = Reconciling(
            municipality=own.municipality,
            key=own.key,
            registry=registry,
            rows=rows,
            feed=own.feed,
            signed_rows=own.signed_rows,
            hashes=own.hashes,
            events=own.events.reconcile,
            clock=clock,
            entropy=entropy,
        )
        self.follower = Follower(
            name=own.config.name,
            municipality=own.municipality,
            key=own.key,
            registry=registry,
            application=own.application,
            standing=self.standing,
            life=self._life,
            agrees=self._agrees,
            lease=self.lease,
            clock=clock,
            entropy=entropy,
        )
        self.afterwards = Afterwards(rows, own.afterwards, clock)
        self._decisions = Decisions(
            rows,
            events=own.events.decisions,
            effects=self._effects(),
            hashes=own.hashes,
            clock=clock,
            entropy=entropy,
            afterwards=self.afterwards,
        )

        self.retention = RetentionDesk(
            rows,
            holdings=own.holdings,
            retention=own.retention,
            pen=DisposalPen(key=own.disposals_key, municipality=own.municipality),
            events=own.events.retention,
            clock=clock,
            entropy=entropy,
            halted=lambda connection: stop_code(connection) is not None,
        )

    def log_owner(self) -> LogOwner:
        """Give what this process does about its log."""
        return self._life.log_owner()

    @property
    def standby(self) -> bool:
        """Whether this is a server that serves in outage mode alone."""
        return self._own.config.standby

    def published_at(self) -> int | None:
        """Say when the newest published checkpoint that this machine keeps was made (Unix milliseconds).

        Raises:
            Refused, OSError: it cannot be read, or is not this ward's.
        """
        witnessed = None if self._own.published is None else self._own.published.last()
        return None if witnessed is None else witnessed.moment

    async def hold_against_published(self) -> None:
        """Stop a store that does not hold what was published of it; at the start, and before an outage is declared.

        Raises:
            Refused, OSError: what was published cannot be read, or is not this ward's.
        """
        witnessed = None if self._own.published is None else self._own.published.last()
        if witnessed is not None:
            await self._life.attest_published(witnessed, self._clock.now())

    def works(self) -> Mapping[str, Coroutine[None, None, None]]:
        """Give the standing tasks, by name."""
        nightly = Nightly(
            self.reconciling,
            self.standing,
            self.follower.catch_up,
            at=self._own.config.reconcile_at,
            clock=self._clock,
        )
        return {
            "follower": self.follower.run(),
            "reconcile": nightly.run(),
            "outage hours": self.outages.run(),
            "retention": self.retention.run(),
            "decisions": self.afterwards.run(),
        }

    def operator_handlers(
        self, own: Mapping[int, Handler] | None = None, own_open: frozenset[int] = frozenset()
    ) -> Mapping[int, Handler]:
        """Give the methods of this process's socket for operators, guarded.

        Args:
            own: its own, beside what every copy has.
            own_open: those of them that only read.
        """
        steps = Steps(stop=self._stop, reconcile=self._reconcile, differences=self._differences)
        signed = self._own.events.signed
        handlers = together(
            decision_handlers(self._decisions, steps),
            retention_handlers(self.retention),
            RollDesk(self._rows, signed.ended, self._clock).handlers(),
            own or {},
        )
        guard = Guard(
            self._rows,
            place=place_of(self._own.municipality, self._own.process),
            origin=self._own.operators.origin,
            events=signed,
            clock=self._clock,
            entropy=self._entropy,
        )
        return guard.over(handlers, OPEN_DECISION_METHODS, OPEN_RETENTION_METHODS, OPEN_ROLL_METHODS, own_open)

    def _effects(self) -> dict[DecisionKind, Effect]:
        own, events = self._own, self._own.events
        retake = Retake(own.feed, events.follower.retaken, self.follower.incarnation)
        return {
            **own.effects,
            DecisionKind.OPERATOR_ENROLLED: OperatorEnrolled(
                events.signed.enrolled, self._clock, is_signed=own.operators.origin is not None
            ),
            DecisionKind.RELEASE: Release(events.released),
            DecisionKind.RETAKE: retake,
            DecisionKind.RESTORED: Restored(retake, own.numbers, events.life.said, self._remembered),
            **outage_effects(
                self.outages,
                own.feed,
                events.outage,
                self.hold_against_published,
                most_hours=own.config.most_outage_hours,
            ),
        }

    async def _remembered(self) -> tuple[Told | None, int]:
        told, used = await self._registry.told()
        return told, used | await self._own.used_ranges()

    async def _agrees(self) -> bool:
        return not (await self.reconciling.run(self.follower.catch_up)).differences

    async def _stop(self, operator: str, reason: str) -> None:
        await self.stop.by_operator(operator, reason, self._clock)

    async def _reconcile(self, operator: str) -> int:
        require_person(operator)
        return (await self.reconciling.run(self.follower.catch_up, operator)).differences

    async def _differences(self, operator: str) -> list[tuple[str, str, str, int]]:
        require_person(operator)
        found = await self.reconciling.differences(operator, self._own.events.shown)
        return [(one.kind.name, one.resident, one.what, one.since) for one in found]
