"""The process of `issuing`: the one place that builds its objects and ties them together.

python -m konbini.ward_server.issuing CONFIG.toml
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files

from konbini.process.calls import CallClient, CallServer, together
from konbini.process.clock import Clock
from konbini.process.doors import TlsDoor
from konbini.process.entropy import Entropy
from konbini.process.hangup import told_by_hangup
from konbini.process.link import Link
from konbini.process.link_server import LinkServer
from konbini.process.log import logger
from konbini.process.log_keeping import CheckpointKeeper
from konbini.process.measured_calls import measured_call
from konbini.process.measures.condition import Health
from konbini.process.measures.listener import figures_of, shown
from konbini.process.measures.ports import Measures
from konbini.process.measures.shapes import ServiceName
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch, answers
from konbini.process.secret_files import read_secret
from konbini.process.service import Service, run_service
from konbini.process.stamping import CheckpointStamps, service_of
from konbini.process.stores import open_rows
from konbini.process.tasks import StandingTasks
from konbini.process.traces.config import traces_to
from konbini.process.traces.ports import Traces
from konbini.process.witnessing import Witness
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.protocol.tls import client_context
from konbini.ward_server.alerts.config import receivers_of
from konbini.ward_server.alerts.outbox import Outbox
from konbini.ward_server.alerts.telling import Telling
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.audit.log_calls import CalledLog, KeptLog
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, ClerkClient, ClerkMethod
from konbini.ward_server.decisions.calls import OPERATORS_CALL_BYTES
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.figures import CopyCondition
from konbini.ward_server.issuing.answers import Answers
from konbini.ward_server.issuing.card_check import CardCheck
from konbini.ward_server.issuing.condition import IssuingCondition
from konbini.ward_server.issuing.config import IssuingConfig, read_config
from konbini.ward_server.issuing.cosigning import cosign_handlers
from konbini.ward_server.issuing.days import DayJudge
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.dialling import Dialling
from konbini.ward_server.issuing.fetching import plain_session
from konbini.ward_server.issuing.gateway import Gateway
from konbini.ward_server.issuing.health import HealthNow
from konbini.ward_server.issuing.keys import key_rotation
from konbini.ward_server.issuing.ledger.cases import opens_or_is_none
from konbini.ward_server.issuing.link_errors import LinkErrors
from konbini.ward_server.issuing.list_keeper import ListKeeper
from konbini.ward_server.issuing.log_exchange import LogExchange, nobody, open_log_case
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.operator_calls import OPEN_ISSUING_METHODS
from konbini.ward_server.issuing.operators import issuing_handlers
from konbini.ward_server.issuing.own_machines import OwnMachines, Ways
from konbini.ward_server.issuing.papers import PDF_PAPERS, Papers
from konbini.ward_server.issuing.prekeys import Prekeys
from konbini.ward_server.issuing.renewing import Renewing, renewing_handlers
from konbini.ward_server.issuing.reviewing import Reviewing
from konbini.ward_server.issuing.revocation import OcspClient
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.issuing.steering import Steering
from konbini.ward_server.issuing.steps import OrderSteps
from konbini.ward_server.issuing.store import IssuingStore, issuing_store
from konbini.ward_server.issuing.view import OPEN_VIEW_METHODS
from konbini.ward_server.issuing.visits import OpenVisits
from konbini.ward_server.issuing.watching import Watching
from konbini.ward_server.keeping.key_calls import OPEN_KEYS_METHODS, key_handlers
from konbini.ward_server.residents.calls import FollowerMethod
from konbini.ward_server.settings.kept.calls import OPEN_SETTINGS_METHODS, settings_handlers
from konbini.ward_server.settings.kept.in_force import SettingsInForce
from konbini.ward_server.storage.key_files import read_key_encryption_keys, read_keyed_hash
from konbini.ward_server.storage.lookup_key import hold_to_lookup_key
from konbini.ward_server.storage.sealing import Sealer
from konbini.ward_server.trust import Trust, read_trust

__all__ = ["main", "serve"]

_DRAWN_AT_ONCE = 2

_log = logger("konbini.ward_server.issuing")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visits:
    """What visits need and no row holds: it is in memory alone."""

    open: OpenVisits
    prekeys: Prekeys
    message_keys: MessageKeys


@asynccontextmanager
async def serve(  # noqa: PLR0913, PLR0915 - each room once, in the order in which they rest on each other
    config: IssuingConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
    papers: Papers = PDF_PAPERS,
    fresh: FreshKeys = SYSTEM_KEYS,
    cards: CardJudge = X509_CARDS,
) -> AsyncIterator[Desk]:
    """Follow the registry, keep the link to the center and answer operators while the context lasts.

    Raises:
        ConfigRefused, TemplateInvalid, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    trust = read_trust(config.trust, config.ward)
    figures = figures_of(config.measures, ServiceName.ISSUING, kiosk=trust.register.names)
    async with AsyncExitStack() as ending:
        migrations = files("konbini.ward_server.issuing") / "migrations"
        rows = open_rows(
            config.store, migrations, watch=watch, member=_member(config), entropy=entropy, measures=figures
        )
        ending.push_async_callback(rows.close)
        traces = await ending.enter_async_context(
            traces_to(config.traces, ServiceName.ISSUING, config.server.name, measures=figures, entropy=entropy)
        )
        await hold_to_lookup_key(rows, read_keyed_hash(config.lookup_key))
        sealer = Sealer(read_key_encryption_keys(config.personal_keys), config.ward, entropy)
        rotation = key_rotation(rows, sealer, config, clock)
        registry_client = CallClient(
            config.registry.path, peers=config.registry.users, around=partial(measured_call, figures, "registry", clock)
        )
        ending.push_async_callback(registry_client.close)
        registry = RegistryCalls(registry_client, config.upkeep.name)
        clerk_client = CallClient(
            config.clerk.path,
            peers=config.clerk.users,
            longest=MOST_CALL_BYTES,
            around=partial(measured_call, figures, "clerk", clock),
        )
        ending.push_async_callback(clerk_client.close)
        clerk = ClerkClient(clerk_client)
        settings = await SettingsInForce.begin(
            rows, config.settings, config.ward, AuditEvent.ISSUING_SETTINGS_TAKEN, clock
        )
        visits = _Visits(
            open=OpenVisits(),
            prekeys=Prekeys(config.ward, generate=fresh.opening),
            message_keys=MessageKeys(trust.entry, registry.certify_message_key, fresh),
        )
        renewing = Renewing(visits.message_keys, visits.prekeys, visits.open, rows, clock)
        steering = Steering(config.ward, settings, rotation, renewing)
        store = issuing_store(
            rows,
            config,
            trust=trust,
            registry=registry,
            clerk=clerk,
            sealer=sealer,
            steering=steering,
            clock=clock,
            entropy=entropy,
        )
        await store.upkeep.afterwards.begin()
        await store.upkeep.hold_against_published()
        session = await ending.enter_async_context(plain_session())
        keeper = ListKeeper(
            session,
            config.lists,
            trust.issuers,
            ledger=store.ledger.lists,
            clock=clock,
            refresh_seconds=config.refresh_seconds,
        )
        await keeper.load()
        responder = None if config.ocsp is None else OcspClient(session, config.ocsp, trust.issuers, entropy)
        desk = _desk(
            config,
            trust=trust,
            store=store,
            visits=visits,
            in_force=settings,
            clock=clock,
            clerk=clerk,
            check_card=CardCheck(
                config.trust.revocation, trust.issuers, responder=responder, lists=keeper.lists, cards=cards
            ),
            cards=cards,
            registry=registry,
            papers=papers,
            measures=figures,
            traces=traces,
        )
        voided = await desk.ledger.issuances.recover(
            AuditEntry(moment=clock.now(), event=AuditEvent.ORDER_VOIDED, about="found at start")
        )
        states, link_errors = KioskStates(desk), LinkErrors(desk.register)
        gateway = Gateway(
            desk,
            message_keys=visits.message_keys,
            notices=Notices(desk, config.version),
            states=states,
            link_errors=link_errors,
            clock=clock,
        )
        ending.push_async_callback(gateway.finish)
        link = Link(address=config.link, tls=client_context(config.tls), user=gateway, clock=clock, entropy=entropy)
        machines = OwnMachines(desk, gateway.take)
        checkpoints = CheckpointKeeper(config.log, rows, store.upkeep.log_owner(), clock)
        stamps = None
        if config.stamps is not None:
            stamps = CheckpointStamps(config.stamps.minutes, service_of(config.stamps), rows, clock)
        logs = LogExchange(
            (
                KeptLog(checkpoints),
                CalledLog(clerk_client, request=ClerkMethod.LOG_REQUEST, take=ClerkMethod.LOG_TAKE),
                CalledLog(registry_client, request=FollowerMethod.LOG_REQUEST, take=FollowerMethod.LOG_TAKE),
            ),
            Witness(config.witness, rows, open_log_case, clock),
            gateway.send,
            clock,
            witnesses=config.log.witnesses,
            seen=nobody if stamps is None else stamps.seen,
        )
        gateway.attach(Ways(desk, link, machines), logs)
        reviewing = Reviewing(desk.ledger.reviews, registry.state_at, store.current.lease_holds, clock)
        if config.own_machines is not None:
            listening = await LinkServer.listen(TlsDoor(config.own_machines), machines, machines.peers)
            ending.push_async_callback(listening.close)
            ending.callback(machines.cut_all)
            _log.info("listening", kind="own_machines", port=listening.port)
        health_now = HealthNow(desk, clerk=clerk.condition, link_up=lambda: link.up)
        watching = Watching(
            desk,
            rows,
            read_keyed_hash(config.lookup_key),
            states=states,
            health=health_now,
            frames=lambda: gateway.under_way,
        )
        condition = IssuingCondition(
            desk,
            copy=CopyCondition(rows, store.upkeep, clock),
            health=health_now,
            states=states,
            frames=lambda: gateway.under_way,
        )
        health = Health(lambda: tasks.all_run, partial(answers, rows))
        await ending.enter_async_context(shown(config.measures, figures, health, condition, clock))
        operators = await CallServer.listen(
            config.operators.path,
            store.upkeep.operator_handlers(
                together(
                    issuing_handlers(desk, states, link_errors),
                    watching.handlers(),
                    cosign_handlers(logs),
                    settings_handlers(rows),
                    key_handlers(rows, rotation),
                    renewing_handlers(renewing),
                ),
                OPEN_ISSUING_METHODS | OPEN_VIEW_METHODS | OPEN_SETTINGS_METHODS | OPEN_KEYS_METHODS,
            ),
            peers=config.operators.users,
            longest=OPERATORS_CALL_BYTES,
        )
        ending.push_async_callback(operators.close)
        ending.push_async_callback(tasks.close)
        receivers = receivers_of(config.alerts, session)
        if receivers:
            names = [receiver.name for receiver in receivers]
            outbox = Outbox(
                rows, ward=config.ward, kiosks=trust.register.names, receivers=names, is_news=opens_or_is_none
            )
            tasks.start(Telling(outbox, receivers, clock).run(), "alerts")
        if stamps is not None:
            tasks.start(stamps.run(), "time-stamps")
        links = Dialling(link, store.upkeep.outages, clock).run() if config.upkeep.standby else link.run()
        for name, work in (
            *store.upkeep.works().items(),
            ("link", links),
            ("gateway", gateway.run()),
            ("reviewing", reviewing.run()),
            ("checkpoints", checkpoints.run()),
            ("log exchange", logs.run()),
            ("days", DayJudge(desk, clock).run()),
            ("revocation lists", keeper.run()),
            ("rows", rows.until_unfit()),
            ("key rotation", rotation.run()),
        ):
            tasks.start(work, name)
        ending.enter_context(told_by_hangup(rotation.told))
        _log.info("serving", ward=config.ward, count=voided)
        yield desk


def _member(config: IssuingConfig) -> Member:
    """Say what every server of this ward's issuing is started with alike."""
    forms = sorted(path for path in config.templates.rglob("*") if path.is_file())
    trust = config.trust
    pins = (trust.record, trust.directory_authority, trust.enrolment_authority, trust.center)
    shared = (
        *(config.lookup_key, config.handle_key, config.disposals_key),
        *(config.log.key, config.witness.key, *forms),
    )
    parts = (config.ward.encode(), config.operators.shared(), *pins)
    return Member.of(config.server, (*parts, *(path.read_bytes() for path in shared)))


def _desk(  # noqa: PLR0913 - what the desk holds, named
    config: IssuingConfig,
    *,
    trust: Trust,
    store: IssuingStore,
    visits: _Visits,
    in_force: SettingsInForce,
    clock: Clock,
    clerk: ClerkClient,
    check_card: CardCheck,
    cards: CardJudge,
    registry: RegistryCalls,
    papers: Papers,
    measures: Measures,
    traces: Traces,
) -> Desk:
    templates = papers.templates(config.templates)
    return Desk(
        ward=config.ward,
        entry=trust.entry,
        in_force=in_force,
        offices=trust.offices,
        register=trust.register,
        handle_key=read_secret(config.handle_key),
        templates=templates,
        forms=papers.forms(templates, config.typefaces),
        copy=store.copy,
        ledger=store.ledger,
        visits=visits.open,
        prekeys=visits.prekeys,
        answers=Answers(config.ward),
        current=store.current,
        upkeep=store.upkeep,
        clock=clock,
        clerk=clerk,
        check_card=check_card,
        cards=cards,
        individual_numbers=registry.individual_number,
        drawing=asyncio.Semaphore(_DRAWN_AT_ONCE),
        measures=measures,
        traces=traces,
        steps=OrderSteps(measures, traces, clock),
    )


_SERVICE = Service(
    name="konbini-issuing",
    duty="Issuing (証明書自動交付システム)",
    config="konbini/ward_server/issuing/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
