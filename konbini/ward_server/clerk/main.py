"""The clerk's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.clerk CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.resources import files

from konbini.pdf import reading
from konbini.pdf.originals import Originals
from konbini.pdf.template import load_all
from konbini.process.calls import CallClient, CallServer
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import VerifyingKey
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, ClerkState, handlers
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.clerk.config import ClerkConfig, read_config
from konbini.ward_server.clerk.ending import HOLDINGS
from konbini.ward_server.clerk.index import Index, held_of
from konbini.ward_server.clerk.judging import Beliefs
from konbini.ward_server.clerk.page_sealing import read_page_sealer
from konbini.ward_server.clerk.signing_key import open_signer
from konbini.ward_server.clerk.store import ClerkStore, close_ranges, used_ranges
from konbini.ward_server.decisions.calls import OPERATORS_CALL_BYTES
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import CLERK
from konbini.ward_server.following.life import Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, witness_of
from konbini.ward_server.settings.reading import read_settings_of
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key
from konbini.ward_server.trust import read_trust

__all__ = ["main", "serve"]

_log = logger("konbini.ward_server.clerk")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def serve(
    config: ClerkConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
) -> AsyncIterator[Clerk]:
    """Follow the registry and answer on the socket while the context lasts.

    Raises:
        ConfigRefused, TemplateInvalid, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    trust, settings = read_trust(config.trust, config.ward), read_settings_of(config.settings, config.ward)
    async with AsyncExitStack() as ending:
        signer = ending.enter_context(open_signer(config.signing))
        migrations = files("konbini.ward_server.clerk") / "migrations"
        rows = open_rows(config.store, migrations, watch=watch, member=_member(config))
        ending.push_async_callback(rows.close)
        registry = CallClient(config.registry.path, peers=config.registry.users)
        ending.push_async_callback(registry.close)
        hashes = read_keyed_hash(config.lookup_key)
        await hold_to_lookup_key(rows, hashes)
        feed = FeedRows(config.ward, trust.record, hashes)
        index, store = Index(rows, feed), ClerkStore(rows)
        own = Own(
            config=config.upkeep,
            events=CLERK,
            municipality=config.ward,
            key=trust.record,
            hashes=hashes,
            feed=feed,
            application=index,
            signed_rows=held_of,
            numbers=Numbers(used=used_ranges, begin=_begin, renew=close_ranges),
            published=witness_of(config.upkeep, config.trust, config.ward, "clerk"),
            holdings=HOLDINGS,
            retention=settings.retention,
            disposals_key=read_signing_key(config.disposals_key),
        )
        upkeep = Upkeep(own, rows, RegistryCalls(registry, config.upkeep.name), clock, entropy)
        await upkeep.hold_against_published()
        current = Current(rows, upkeep.lease, upkeep.outages, clock, standby=config.upkeep.standby)
        clerk = Clerk(
            beliefs=Beliefs(
                entry=trust.entry,
                offices=trust.offices,
                register=trust.register,
                issuers=trust.issuers,
                record_key=trust.record,
                handle_key=read_secret(config.handle_key),
                settings=settings,
                revocation=config.trust.revocation,
            ),
            index=index,
            store=store,
            current=current,
            stop=upkeep.stop,
            clock=clock,
            templates=load_all(config.templates),
            read=partial(reading.check, originals=Originals(config.typefaces)),
            seal_pages=read_page_sealer(config.paper_seal, config.ward, VerifyingKey(config.trust.directory_authority)),
            sign=signer.sign,
        )
        ending.push_async_callback(tasks.close)
        for name, work in (*upkeep.works().items(), ("rows", rows.until_unfit())):
            tasks.start(work, name)
        told = ClerkState(upkeep, index, clock)
        for address, methods, longest in (
            (config.calls, handlers(clerk, store, told), MOST_CALL_BYTES),
            (config.operators, upkeep.operator_handlers(), OPERATORS_CALL_BYTES),
        ):
            server = await CallServer.listen(address.path, methods, peers=address.users, longest=longest)
            ending.push_async_callback(server.close)
        _log.info("serving", ward=config.ward)
        yield clerk


def _begin(_connection: Connection, _used: int) -> None:
    """A new clerk certifies under whatever range `issuing` took."""


def _member(config: ClerkConfig) -> Member:
    """Say what every clerk of this ward is started with alike."""
    forms = sorted(path for path in config.templates.rglob("*") if path.is_file())
    trust = config.trust
    pins = (trust.record, trust.directory_authority, trust.enrolment_authority, trust.center)
    shared = (
        config.settings,
        config.lookup_key,
        config.handle_key,
        config.disposals_key,
        *config.signing.certificates,
        *forms,
    )
    return Member.of(config.server, (config.ward.encode(), *pins, *(path.read_bytes() for path in shared)))


_SERVICE = Service(
    name="konbini-clerk",
    duty="The clerk (交付前の審査)",
    config="konbini/ward_server/clerk/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
