"""The registry's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.residents CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from konbini.process.calls import CallServer, together
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.hangup import told_by_hangup
from konbini.process.log import logger
from konbini.process.log_keeping import CheckpointKeeper
from konbini.process.measures.condition import Condition, Health
from konbini.process.measures.listener import figures_of, shown
from konbini.process.measures.ports import Measures
from konbini.process.measures.shapes import ServiceName
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch, answers
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.audit.log_calls import KeptLog, log_handlers
from konbini.ward_server.audit.log_owner import recording_log_owner
from konbini.ward_server.decisions.afterwards import Afterwards
from konbini.ward_server.decisions.calls import OPEN_DECISION_METHODS, decision_handlers
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.desk import DecisionEvents, Decisions, Effect
from konbini.ward_server.keeping.calls import OPEN_RETENTION_METHODS, retention_handlers
from konbini.ward_server.keeping.key_calls import OPEN_KEYS_METHODS, key_handlers
from konbini.ward_server.keeping.key_lists import KeysRotated
from konbini.ward_server.keeping.retention import RetentionDesk
from konbini.ward_server.keeping.rotation import KeyRotation
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.archive import Archive
from konbini.ward_server.residents.bulk import BulkLists
from konbini.ward_server.residents.bulk_calls import OPEN_BULK_METHODS, bulk_handlers
from konbini.ward_server.residents.calls import OPEN_OPERATOR_METHODS, FollowerMethod
from konbini.ward_server.residents.comparing import Comparing
from konbini.ward_server.residents.condition import RegistryCondition
from konbini.ward_server.residents.config import RegistryConfig, read_config
from konbini.ward_server.residents.elsewhere import Elsewhere
from konbini.ward_server.residents.keys import key_rotation
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.restoring import RegistryRestored
from konbini.ward_server.residents.retention import registry_desk
from konbini.ward_server.residents.rows_store import RowsRegistryStore, Vault
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.service import (
    archive_handlers,
    comparing_handlers,
    follower_handlers,
    operator_handlers,
)
from konbini.ward_server.residents.statistics import Statistics
from konbini.ward_server.settings.kept.calls import OPEN_SETTINGS_METHODS, settings_handlers
from konbini.ward_server.settings.kept.changing import SettingsChanged
from konbini.ward_server.settings.kept.in_force import SettingsInForce
from konbini.ward_server.settings.retention import Retention
from konbini.ward_server.signed_acts.call import place_of
from konbini.ward_server.signed_acts.calls import OPEN_ROLL_METHODS
from konbini.ward_server.signed_acts.enrolling import OperatorEnrolled, RollDesk
from konbini.ward_server.signed_acts.events import REGISTRY as SIGNED
from konbini.ward_server.signed_acts.guard import Guard
from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key
from konbini.ward_server.storage.sealing import Sealer

__all__ = [
    "RegistryRooms",
    "RegistryWorks",
    "main",
    "open_and_serve",
    "open_registry",
    "read_pen",
    "read_vault",
    "serve",
]

_DECISION_EVENTS = DecisionEvents(
    entered=AuditEvent.REGISTRY_DECISION_ENTERED,
    agreed=AuditEvent.REGISTRY_DECISION_AGREED,
    declined=AuditEvent.REGISTRY_DECISION_DECLINED,
)

_log = logger("konbini.ward_server.residents")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRooms:
    """The registry's store and what signs for it, open: for its service, or for taking a town over."""

    store: RowsRegistryStore
    vault: Vault
    pen: RecordPen


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryWorks:
    """What the process does in its own turn, beside answering; `elsewhere` where other servers share its rows."""

    retention: RetentionDesk
    rotation: KeyRotation
    afterwards: Afterwards
    checkpoints: CheckpointKeeper
    elsewhere: Elsewhere | None
    condition: Condition


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def open_registry(  # noqa: PLR0913 - what every service is handed, and what this one can be given beside
    config: RegistryConfig,
    clock: Clock,
    entropy: Entropy,
    *,
    watch: CommitWatch | None = None,
    member: Member | None = None,
    measures: Measures | None = None,
) -> AsyncIterator[RegistryRooms]:
    """Open the store with its keys; a new one begins under an incarnation that is this second.

    Args:
        config: where it is.
        clock: for the moment of a beginning.
        entropy: for what is sealed.
        watch: told of each commit (tests only).
        member: who serves with it; a command that only brings something in is none.
        measures: told of each commit.

    Raises:
        ValueError, OSError: a key cannot be used, or the store is another municipality's.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    pen, vault = read_pen(config, entropy), read_vault(config, entropy)
    store = RowsRegistryStore.open(config.store, vault, watch=watch, member=member, entropy=entropy, measures=measures)
    try:
        await hold_to_lookup_key(store.rows, vault.keyed_hash)
        now = clock.now()
        await store.begin(to_seconds(now), AuditEntry(moment=now, event=AuditEvent.REGISTRY_CREATED))
        yield RegistryRooms(store=store, vault=vault, pen=pen)
    finally:
        await store.close()


@asynccontextmanager
async def serve(config: RegistryConfig, rooms: RegistryRooms, clock: Clock) -> AsyncIterator[RegistryWorks]:
    """Answer on both sockets while the context lasts; gives what the process does beside in its own turn.

    Raises:
        ConfigRefused, OSError: the municipality's settings cannot be used.
    """
    alone = len(config.server.all) == 1
    settings = await _settings(config, rooms, clock)
    rotation = key_rotation(rooms.store.rows, rooms.vault, config, clock)
    afterwards = Afterwards(rooms.store.rows, _acts_after(settings, rotation), clock)
    await afterwards.begin()
    acknowledging = Acknowledging(config.follower_names, clock, alone=alone)
    desk = registry_desk(
        rooms.store.rows,
        vault=rooms.vault,
        pen=rooms.pen,
        retention=_retention_of(settings),
        acknowledging=acknowledging,
        clock=clock,
    )
    registry = Registry(rooms.store, rooms.pen, acknowledging, clock)
    archive, statistics = Archive(rooms.store, clock), Statistics(rooms.store, clock)
    bulk = BulkLists(rooms.store, rooms.pen, acknowledging, clock)
    publisher = Publisher(
        store=rooms.store,
        pen=rooms.pen,
        identity=read_signing_key(config.keys.identity),
        acknowledging=acknowledging,
        clock=clock,
    )
    comparing = Comparing(rooms.store, rooms.pen)
    decisions = Decisions(
        rooms.store.rows,
        events=_DECISION_EVENTS,
        effects=_effects(config, settings, rotation, clock),
        hashes=read_keyed_hash(config.keys.lookup),
        clock=clock,
        entropy=rooms.pen.entropy,
        afterwards=afterwards,
    )
    keeper = CheckpointKeeper(
        config.log, rooms.store.rows, recording_log_owner(AuditEvent.REGISTRY_LOG_CONTRADICTED), clock
    )
    log = log_handlers(KeptLog(keeper), request=FollowerMethod.LOG_REQUEST, take=FollowerMethod.LOG_TAKE)
    guard = Guard(
        rooms.store.rows,
        place=place_of(config.municipality, "registry"),
        origin=config.operators.origin,
        events=SIGNED,
        clock=clock,
        entropy=rooms.pen.entropy,
    )
    operators = together(
        operator_handlers(registry),
        archive_handlers(archive, statistics),
        bulk_handlers(bulk),
        decision_handlers(decisions),
        retention_handlers(desk),
        settings_handlers(rooms.store.rows),
        key_handlers(rooms.store.rows, rotation),
        RollDesk(rooms.store.rows, SIGNED.ended, clock).handlers(),
    )
    position = await publisher.begin()
    async with AsyncExitStack() as ending:
        for socket, handlers in (
            (config.followers, together(follower_handlers(publisher), comparing_handlers(comparing), log)),
            (
                config.operators,
                guard.over(
                    operators,
                    OPEN_OPERATOR_METHODS,
                    OPEN_BULK_METHODS,
                    OPEN_DECISION_METHODS,
                    OPEN_RETENTION_METHODS,
                    OPEN_ROLL_METHODS,
                    OPEN_SETTINGS_METHODS,
                    OPEN_KEYS_METHODS,
                ),
            ),
        ):
            server = await CallServer.listen(socket.path, handlers, peers=socket.users)
            ending.push_async_callback(server.close)
        _log.info("serving", ward=config.municipality, number=position.number)
        yield RegistryWorks(
            retention=desk,
            rotation=rotation,
            afterwards=afterwards,
            checkpoints=keeper,
            elsewhere=None if alone else Elsewhere(rooms.store, acknowledging, clock),
            condition=RegistryCondition(rooms.store.rows, acknowledging),
        )


async def _settings(config: RegistryConfig, rooms: RegistryRooms, clock: Clock) -> SettingsInForce | None:
    """Give the settings in force; None where the registry was given none."""
    if config.settings is None:
        return None
    taken = AuditEvent.REGISTRY_SETTINGS_TAKEN
    return await SettingsInForce.begin(rooms.store.rows, config.settings, config.municipality, taken, clock)


def _retention_of(settings: SettingsInForce | None) -> Callable[[], tuple[Retention, ...]]:
    return tuple if settings is None else lambda: settings().retention


def _effects(
    config: RegistryConfig, settings: SettingsInForce | None, rotation: KeyRotation, clock: Clock
) -> dict[DecisionKind, Effect]:
    """Give what two persons may decide about the registry; settings where it has any."""
    effects: dict[DecisionKind, Effect] = {
        DecisionKind.RESTORED: RegistryRestored(),
        DecisionKind.OPERATOR_ENROLLED: OperatorEnrolled(
            SIGNED.enrolled, clock, is_signed=config.operators.origin is not None
        ),
        DecisionKind.KEYS_ROTATED: KeysRotated(rotation, AuditEvent.KEY_LISTS_TO_BE_READ),
    }
    if settings is not None:
        changed = SettingsChanged(config.municipality, AuditEvent.REGISTRY_SETTINGS_CHANGED)
        effects[DecisionKind.SETTINGS_CHANGED] = changed
    return effects


def _acts_after(
    settings: SettingsInForce | None, rotation: KeyRotation
) -> dict[DecisionKind, Callable[[], Awaitable[None]]]:
    acts: dict[DecisionKind, Callable[[], Awaitable[None]]] = {DecisionKind.KEYS_ROTATED: rotation.read_again}
    return acts if settings is None else {**acts, DecisionKind.SETTINGS_CHANGED: settings.look}


def read_pen(config: RegistryConfig, entropy: Entropy) -> RecordPen:
    """Read what signs for the registry.

    Raises:
        ValueError, OSError: the key cannot be used.
    """
    return RecordPen(read_signing_key(config.keys.record), config.municipality, entropy)


def read_vault(config: RegistryConfig, entropy: Entropy) -> Vault:
    """Read what opens the registry's store.

    Raises:
        ValueError, OSError: a key cannot be used.
    """
    municipality, keys = config.municipality, config.keys
    return Vault(
        municipality=municipality,
        personal=Sealer(read_key_encryption_keys(keys.personal), municipality, entropy),
        numbers=Sealer(read_key_encryption_keys(keys.numbers), municipality, entropy),
        keyed_hash=read_keyed_hash(keys.lookup),
        given=read_keyed_hash(keys.given),
    )


@asynccontextmanager
async def open_and_serve(
    config: RegistryConfig, clock: Clock, entropy: Entropy, tasks: StandingTasks
) -> AsyncIterator[None]:
    """Be the whole process while the context lasts; raises what `open_registry` and `serve` raise."""
    figures = figures_of(config.measures, ServiceName.REGISTRY, follower=config.follower_names)
    async with (
        open_registry(config, clock, entropy, member=_member(config), measures=figures) as rooms,
        serve(config, rooms, clock) as works,
        AsyncExitStack() as ending,
    ):
        health = Health(lambda: tasks.all_run, partial(answers, rooms.store.rows))
        await ending.enter_async_context(shown(config.measures, figures, health, works.condition, clock))
        ending.push_async_callback(tasks.close)
        for name, work in (
            ("rows", rooms.store.until_unfit()),
            ("key rotation", works.rotation.run()),
            ("decisions", works.afterwards.run()),
            ("retention", works.retention.run()),
            ("checkpoints", works.checkpoints.run()),
        ):
            tasks.start(work, name)
        if works.elsewhere is not None:
            tasks.start(works.elsewhere.run(), "elsewhere")
        ending.enter_context(told_by_hangup(works.rotation.told))
        yield


def _member(config: RegistryConfig) -> Member:
    """Say what every server of this registry is started with alike."""
    keys = config.keys
    shared = (keys.record, keys.identity, keys.lookup, keys.given, config.log.key)
    names = (name.encode() for name in config.follower_names)
    parts = (config.municipality.encode(), config.operators.shared(), *names)
    return Member.of(config.server, (*parts, *(path.read_bytes() for path in shared)))


_SERVICE = Service(
    name="konbini-registry",
    duty="The resident registry (住民記録システム)",
    config="konbini/ward_server/residents/config.py",
    read=read_config,
    serve=open_and_serve,
    cannot_start=CANNOT_OPEN,
)
