"""The clerk's process: the one place that builds its objects and ties them together.

python -m konbini.ward_server.clerk CONFIG.toml
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.resources import files

from konbini.process.calls import CallClient, CallServer, together
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.log import logger
from konbini.process.log_keeping import CheckpointKeeper
from konbini.process.measured_calls import measured_call
from konbini.process.measures.condition import Health
from konbini.process.measures.listener import figures_of, shown
from konbini.process.measures.shapes import ServiceName
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch, answers
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.statements import Connection
from konbini.process.stores import open_rows
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import VerifyingKey
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log_calls import KeptLog, log_handlers
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, ClerkMethod, ClerkState, handlers
from konbini.ward_server.clerk.clerk import Clerk
from konbini.ward_server.clerk.condition import ClerkFigures
from konbini.ward_server.clerk.config import ClerkConfig, read_config
from konbini.ward_server.clerk.ending import HOLDINGS
from konbini.ward_server.clerk.index import Index, held_of
from konbini.ward_server.clerk.judging import Beliefs
from konbini.ward_server.clerk.page_sealing import read_page_sealer
from konbini.ward_server.clerk.papers import PDF_PAPERS, Papers
from konbini.ward_server.clerk.stamp_watch import StampWatch
from konbini.ward_server.clerk.store import ClerkStore, close_ranges, used_ranges
from konbini.ward_server.decisions.calls import OPERATORS_CALL_BYTES
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import CLERK
from konbini.ward_server.following.figures import CopyCondition
from konbini.ward_server.following.life import Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, witness_of
from konbini.ward_server.keeping.key_calls import OPEN_KEYS_METHODS, key_handlers
from konbini.ward_server.settings.kept.calls import OPEN_SETTINGS_METHODS, settings_handlers
from konbini.ward_server.settings.kept.changing import SettingsChanged
from konbini.ward_server.settings.kept.in_force import SettingsInForce
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key
from konbini.ward_server.trust import read_trust

__all__ = ["main", "serve"]

_log = logger("konbini.ward_server.clerk")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def serve(  # noqa: PLR0913 - what every process is given, a test's watch, and the papers' port
    config: ClerkConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
    papers: Papers = PDF_PAPERS,
    cards: CardJudge = X509_CARDS,
) -> AsyncIterator[Clerk]:
    """Follow the registry and answer on the socket while the context lasts.

    Raises:
        ConfigRefused, TemplateInvalid, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    figures = figures_of(config.measures, ServiceName.CLERK)
    trust = read_trust(config.trust, config.ward)
    async with AsyncExitStack() as ending:
        signer = ending.enter_context(papers.signer(config.signing))
        migrations = files("konbini.ward_server.clerk") / "migrations"
        rows = open_rows(
            config.store, migrations, watch=watch, member=_member(config), entropy=entropy, measures=figures
        )
        ending.push_async_callback(rows.close)
        registry = CallClient(
            config.registry.path, peers=config.registry.users, around=partial(measured_call, figures, "registry", clock)
        )
        ending.push_async_callback(registry.close)
        hashes = read_keyed_hash(config.lookup_key)
        await hold_to_lookup_key(rows, hashes)
        settings = await SettingsInForce.begin(
            rows, config.settings, config.ward, AuditEvent.CLERK_SETTINGS_TAKEN, clock
        )
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
            retention=lambda: settings().retention,
            disposals_key=read_signing_key(config.disposals_key),
            operators=config.operators,
            process="clerk",
            effects={DecisionKind.SETTINGS_CHANGED: SettingsChanged(config.ward, AuditEvent.CLERK_SETTINGS_CHANGED)},
            afterwards={DecisionKind.SETTINGS_CHANGED: settings.look},
        )
        upkeep = Upkeep(own, rows, RegistryCalls(registry, config.upkeep.name), clock, entropy)
        await upkeep.afterwards.begin()
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
                in_force=settings,
                revocation=config.trust.revocation,
                cards=cards,
            ),
            index=index,
            store=store,
            current=current,
            stop=upkeep.stop,
            clock=clock,
            templates=papers.templates(config.templates),
            read=papers.reader(config.typefaces),
            seal_pages=read_page_sealer(config.paper_seal, config.ward, VerifyingKey(config.trust.directory_authority)),
            sign=signer.sign,
            measures=figures,
        )
        asked = None if signer.time_stamps is None else StampWatch(signer.time_stamps, clock)
        ending.push_async_callback(tasks.close)
        keeper = CheckpointKeeper(config.log, rows, upkeep.log_owner(), clock)
        for name, work in (
            *upkeep.works().items(),
            ("rows", rows.until_unfit()),
            ("checkpoints", keeper.run()),
        ):
            tasks.start(work, name)
        if asked is not None:
            tasks.start(asked.run(), "time-stamps")
        stamps = (lambda: None) if asked is None else asked.condition
        told = ClerkState(upkeep, index, clock, stamps=stamps)
        log = log_handlers(KeptLog(keeper), request=ClerkMethod.LOG_REQUEST, take=ClerkMethod.LOG_TAKE)
        condition = ClerkFigures(
            CopyCondition(rows, upkeep, clock), waiting=lambda: clerk.waiting, stamps=stamps, clock=clock
        )
        health = Health(lambda: tasks.all_run, partial(answers, rows))
        await ending.enter_async_context(shown(config.measures, figures, health, condition, clock))
        for address, methods, longest in (
            (config.calls, together(handlers(clerk, store, told), log), MOST_CALL_BYTES),
            (
                config.operators,
                upkeep.operator_handlers(
                    together(settings_handlers(rows), key_handlers(rows, None)),
                    OPEN_SETTINGS_METHODS | OPEN_KEYS_METHODS,
                ),
                OPERATORS_CALL_BYTES,
            ),
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
        config.lookup_key,
        config.handle_key,
        config.disposals_key,
        config.log.key,
        *config.signing.certificates,
        *forms,
    )
    parts = (config.ward.encode(), config.operators.shared(), *pins)
    return Member.of(config.server, (*parts, *(path.read_bytes() for path in shared)))


_SERVICE = Service(
    name="konbini-clerk",
    duty="The clerk (交付前の審査)",
    config="konbini/ward_server/clerk/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
