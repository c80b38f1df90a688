"""The registry's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.residents CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from konbini.process.calls import CallServer
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.rows import CANNOT_OPEN, CommitWatch
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.decisions.calls import decision_handlers
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.decisions.desk import DecisionEvents, Decisions
from konbini.ward_server.residents.acknowledging import Acknowledging
from konbini.ward_server.residents.comparing import Comparing
from konbini.ward_server.residents.config import KeyPaths, RegistryConfig, read_config
from konbini.ward_server.residents.publisher import Publisher
from konbini.ward_server.residents.registry import Registry
from konbini.ward_server.residents.restoring import RegistryRestored
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.service import comparing_handlers, follower_handlers, operator_handlers
from konbini.ward_server.residents.sqlite_store import SqliteRegistryStore, Vault
from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash
from konbini.ward_server.storage.sealing import Sealer

__all__ = ["RegistryRooms", "main", "open_registry", "serve"]

_DECISION_EVENTS = DecisionEvents(
    entered=AuditEvent.REGISTRY_DECISION_ENTERED,
    agreed=AuditEvent.REGISTRY_DECISION_AGREED,
    declined=AuditEvent.REGISTRY_DECISION_DECLINED,
)

_log = logger("konbini.ward_server.residents")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRooms:
    """The registry's store and what signs for it, open: for its service, or for taking a town over."""

    store: SqliteRegistryStore
    pen: RecordPen


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def open_registry(
    config: RegistryConfig, clock: Clock, entropy: Entropy, *, watch: CommitWatch | None = None
) -> AsyncIterator[RegistryRooms]:
    """Open the store with its keys; a new one begins under an incarnation that is this second.

    Raises:
        ValueError, OSError: a key cannot be used, or the store is another municipality's.
        AlreadyOwned, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    pen = RecordPen(read_signing_key(config.keys.record), config.municipality, entropy)
    store = SqliteRegistryStore.open(config.store, _vault(config.municipality, config.keys, entropy), watch=watch)
    try:
        now = clock.now()
        await store.begin(to_seconds(now), AuditEntry(moment=now, event=AuditEvent.REGISTRY_CREATED))
        yield RegistryRooms(store=store, pen=pen)
    finally:
        await store.close()


@asynccontextmanager
async def serve(config: RegistryConfig, rooms: RegistryRooms, clock: Clock) -> AsyncIterator[None]:
    """Answer on both sockets while the context lasts."""
    acknowledging = Acknowledging(config.follower_names, clock)
    registry = Registry(rooms.store, rooms.pen, acknowledging, clock)
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
            (config.followers, {**follower_handlers(publisher), **comparing_handlers(comparing)}),
            (config.operators, {**operator_handlers(registry), **decision_handlers(decisions)}),
        ):
            server = await CallServer.listen(socket.path, handlers, peers=socket.users)
            ending.push_async_callback(server.close)
        _log.info("serving", ward=config.municipality, number=position.number)
        yield


def _vault(municipality: str, keys: KeyPaths, entropy: Entropy) -> Vault:
    return Vault(
        municipality=municipality,
        personal=Sealer(read_key_encryption_keys(keys.personal), municipality, entropy),
        numbers=Sealer(read_key_encryption_keys(keys.numbers), municipality, entropy),
        keyed_hash=read_keyed_hash(keys.lookup),
    )


@asynccontextmanager
async def _open_and_serve(
    config: RegistryConfig, clock: Clock, entropy: Entropy, _tasks: StandingTasks
) -> AsyncIterator[None]:
    async with open_registry(config, clock, entropy) as rooms, serve(config, rooms, clock):
        yield


_SERVICE = Service(
    name="konbini-registry",
    duty="The resident registry (住民記録システム)",
    config="konbini/ward_server/residents/config.py",
    read=read_config,
    serve=_open_and_serve,
    cannot_start=CANNOT_OPEN,
)
