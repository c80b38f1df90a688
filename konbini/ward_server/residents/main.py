"""The registry's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.residents CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from konbini.process.calls import CallServer, together
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.hangup import told_by_hangup
from konbini.process.log import logger
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.decisions.calls import decision_handlers
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.desk import DecisionEvents, Decisions
from konbini.ward_server.keeping.calls import retention_handlers
from konbini.ward_server.keeping.retention import RetentionDesk
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.archive import Archive
from konbini.ward_server.residents.bulk import BulkLists
from konbini.ward_server.residents.bulk_calls import bulk_handlers
from konbini.ward_server.residents.comparing import Comparing
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
from konbini.ward_server.settings.reading import read_settings_of
from konbini.ward_server.settings.retention import Retention
from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key
from konbini.ward_server.storage.sealing import Sealer

__all__ = ["RegistryRooms", "RegistryWorks", "main", "open_registry", "read_pen", "read_vault", "serve"]

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
    elsewhere: Elsewhere | None


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def open_registry(
    config: RegistryConfig,
    clock: Clock,
    entropy: Entropy,
    *,
    watch: CommitWatch | None = None,
    member: Member | None = None,
) -> AsyncIterator[RegistryRooms]:
    """Open the store with its keys; a new one begins under an incarnation that is this second.

    Args:
        config: where it is.
        clock: for the moment of a beginning.
        entropy: for what is sealed.
        watch: told of each commit (tests only).
        member: who serves with it; a command that only brings something in is none.

    Raises:
        ValueError, OSError: a key cannot be used, or the store is another municipality's.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    pen, vault = read_pen(config, entropy), read_vault(config, entropy)
    store = RowsRegistryStore.open(config.store, vault, watch=watch, member=member)
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
    acknowledging = Acknowledging(config.follower_names, clock, alone=alone)
    desk = registry_desk(
        rooms.store.rows,
        vault=rooms.vault,
        pen=rooms.pen,
        retention=_retention(config),
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
        effects={DecisionKind.RESTORED: RegistryRestored()},
        hashes=read_keyed_hash(config.keys.lookup),
        clock=clock,
        entropy=rooms.pen.entropy,
    )
    position = await publisher.begin()
    async with AsyncExitStack() as ending:
        for socket, handlers in (
            (config.followers, together(follower_handlers(publisher), comparing_handlers(comparing))),
            (
                config.operators,
                together(
                    operator_handlers(registry),
                    archive_handlers(archive, statistics),
                    bulk_handlers(bulk),
                    decision_handlers(decisions),
                    retention_handlers(desk),
                ),
            ),
        ):
            server = await CallServer.listen(socket.path, handlers, peers=socket.users)
            ending.push_async_callback(server.close)
        _log.info("serving", ward=config.municipality, number=position.number)
        yield RegistryWorks(retention=desk, elsewhere=None if alone else Elsewhere(rooms.store, acknowledging, clock))


def _retention(config: RegistryConfig) -> tuple[Retention, ...]:
    if config.settings is None:
        return ()
    return read_settings_of(config.settings, config.municipality).retention


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
async def _open_and_serve(
    config: RegistryConfig, clock: Clock, entropy: Entropy, tasks: StandingTasks
) -> AsyncIterator[None]:
    async with (
        open_registry(config, clock, entropy, member=_member(config)) as rooms,
        serve(config, rooms, clock) as works,
        AsyncExitStack() as ending,
    ):
        rotation = key_rotation(rooms.store.rows, rooms.vault, config, clock)
        ending.push_async_callback(tasks.close)
        for name, work in (
            ("rows", rooms.store.until_unfit()),
            ("key rotation", rotation.run()),
            ("retention", works.retention.run()),
        ):
            tasks.start(work, name)
        if works.elsewhere is not None:
            tasks.start(works.elsewhere.run(), "elsewhere")
        ending.enter_context(told_by_hangup(rotation.told))
        yield


def _member(config: RegistryConfig) -> Member:
    """Say what every server of this registry is started with alike."""
    settings = () if config.settings is None else (config.settings,)
    shared = (config.keys.record, config.keys.identity, config.keys.lookup, config.keys.given, *settings)
    parts = (config.municipality.encode(), *(name.encode() for name in config.follower_names))
    return Member.of(config.server, (*parts, *(path.read_bytes() for path in shared)))


_SERVICE = Service(
    name="konbini-registry",
    duty="The resident registry (住民記録システム)",
    config="konbini/ward_server/residents/config.py",
    read=read_config,
    serve=_open_and_serve,
    cannot_start=CANNOT_OPEN,
)
