"""The process of `issuing`: the one place that builds its objects and ties them together.

python -m konbini.ward_server.issuing CONFIG.toml
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

import aiohttp

from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.kinds import ready
from konbini.pdf.template import load_all
from konbini.process.calls import CallClient, CallServer
from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.hangup import told_by_hangup
from konbini.process.link import Link
from konbini.process.link_server import LinkServer
from konbini.process.log import logger
from konbini.process.membership import Member
from konbini.process.rows import CANNOT_OPEN, CommitWatch, Rows
from konbini.process.secret_files import read_secret, read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.stores import open_rows
from konbini.process.tasks import StandingTasks
from konbini.protocol.tls import client_context
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.calls import MOST_CALL_BYTES, ClerkClient
from konbini.ward_server.decisions.calls import OPERATORS_CALL_BYTES
from konbini.ward_server.following.calls import RegistryCalls
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.events import ISSUING
from konbini.ward_server.following.life import Numbers
from konbini.ward_server.following.rows import FeedRows
from konbini.ward_server.following.upkeep import Own, Upkeep, witness_of
from konbini.ward_server.issuing.answers import Answers
from konbini.ward_server.issuing.card_check import CardCheck
from konbini.ward_server.issuing.config import IssuingConfig, read_config
from konbini.ward_server.issuing.copy import ResidentCopy
from konbini.ward_server.issuing.desk import Desk
from konbini.ward_server.issuing.dialling import Dialling
from konbini.ward_server.issuing.gateway import Gateway
from konbini.ward_server.issuing.keys import key_rotation
from konbini.ward_server.issuing.ledger.ending import HOLDINGS
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.ledger.numbers import Ranges, ranges_used
from konbini.ward_server.issuing.list_keeper import ListKeeper
from konbini.ward_server.issuing.message_keys import MessageKeys
from konbini.ward_server.issuing.notices import Notices
from konbini.ward_server.issuing.own_machines import OwnMachines, Ways
from konbini.ward_server.issuing.page import WardPage
from konbini.ward_server.issuing.prekeys import Prekeys
from konbini.ward_server.issuing.reviewing import Reviewing
from konbini.ward_server.issuing.revocation import OcspClient
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.issuing.visits import OpenVisits
from konbini.ward_server.settings.reading import read_settings_of
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
class _Store:
    """The rows of `issuing`, what reads and writes them, and what keeps the copy right."""

    copy: ResidentCopy
    upkeep: Upkeep
    current: Current
    ledger: Ledger


@asynccontextmanager
async def serve(
    config: IssuingConfig,
    clock: Clock,
    entropy: Entropy,
    tasks: StandingTasks,
    *,
    watch: CommitWatch | None = None,
) -> AsyncIterator[Desk]:
    """Follow the registry, keep the link to the center and show the page while the context lasts.

    Raises:
        ConfigRefused, TemplateInvalid, Refused, OSError, ValueError: a file cannot be used.
        AlreadyOwned, NotInStep, NotOpened, SchemaRefused, sqlite3.Error: the store cannot be used.
    """
    trust = read_trust(config.trust, config.ward)
    async with AsyncExitStack() as ending:
        migrations = files("konbini.ward_server.issuing") / "migrations"
        rows = open_rows(config.store, migrations, watch=watch, member=_member(config))
        ending.push_async_callback(rows.close)
        await hold_to_lookup_key(rows, read_keyed_hash(config.lookup_key))
        sealer = Sealer(read_key_encryption_keys(config.personal_keys), config.ward, entropy)
        rotation = key_rotation(rows, sealer, config, clock)
        registry_client = CallClient(config.registry.path, peers=config.registry.users)
        ending.push_async_callback(registry_client.close)
        registry = RegistryCalls(registry_client, config.upkeep.name)
        clerk_client = CallClient(config.clerk.path, peers=config.clerk.users, longest=MOST_CALL_BYTES)
        ending.push_async_callback(clerk_client.close)
        clerk = ClerkClient(clerk_client)
        store = _store(
            rows, config, trust=trust, registry=registry, clerk=clerk, sealer=sealer, clock=clock, entropy=entropy
        )
        await store.upkeep.hold_against_published()
        session = await ending.enter_async_context(aiohttp.ClientSession())
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
            clock=clock,
            clerk=clerk,
            check_card=CardCheck(config.trust.revocation, trust.issuers, responder=responder, lists=keeper.lists),
            registry=registry,
        )
        voided = await desk.ledger.issuances.recover(
            AuditEntry(moment=clock.now(), event=AuditEvent.ORDER_VOIDED, about="found at start")
        )
        states = KioskStates(desk)
        gateway = Gateway(
            desk,
            message_keys=MessageKeys(trust.entry, registry.certify_message_key),
            notices=Notices(desk, config.version),
            states=states,
            clock=clock,
        )
        ending.push_async_callback(gateway.finish)
        link = Link(address=config.link, tls=client_context(config.tls), user=gateway, clock=clock, entropy=entropy)
        machines = OwnMachines(desk, gateway.take)
        gateway.attach(Ways(desk, link, machines))
        reviewing = Reviewing(desk.ledger.reviews, registry.state_at, store.current.lease_holds, clock)
        if config.own_machines is not None:
            listening = await LinkServer.listen(config.own_machines, machines, machines.peers)
            ending.push_async_callback(listening.close)
            ending.callback(machines.cut_all)
            _log.info("listening", kind="own_machines", port=listening.port)
        page = WardPage(desk, states=states, clerk=clerk.condition, link_up=lambda: link.up)
        await ending.enter_async_context(page.listening(config.page_port))
        operators = await CallServer.listen(
            config.operators.path,
            store.upkeep.operator_handlers(),
            peers=config.operators.users,
            longest=OPERATORS_CALL_BYTES,
        )
        ending.push_async_callback(operators.close)
        ending.push_async_callback(tasks.close)
        links = Dialling(link, store.upkeep.outages, clock).run() if config.upkeep.standby else link.run()
        for name, work in (
            *store.upkeep.works().items(),
            ("link", links),
            ("gateway", gateway.run()),
            ("reviewing", reviewing.run()),
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
    shared = (config.settings, config.lookup_key, config.handle_key, config.disposals_key, *forms)
    return Member.of(config.server, (config.ward.encode(), *pins, *(path.read_bytes() for path in shared)))


def _store(  # noqa: PLR0913 - what the store rests on, named
    rows: Rows,
    config: IssuingConfig,
    *,
    trust: Trust,
    registry: RegistryCalls,
    clerk: ClerkClient,
    sealer: Sealer,
    clock: Clock,
    entropy: Entropy,
) -> _Store:
    hashes = read_keyed_hash(config.lookup_key)
    feed = FeedRows(config.ward, trust.record, hashes)
    copy = ResidentCopy(rows, feed, sealer=sealer, record_key=trust.record, municipality=config.ward)
    ranges = Ranges(config.ranges)
    own = Own(
        config=config.upkeep,
        events=ISSUING,
        municipality=config.ward,
        key=trust.record,
        hashes=hashes,
        feed=feed,
        application=copy,
        signed_rows=copy.held_of,
        numbers=Numbers(used=ranges_used, begin=ranges.take, renew=ranges.take),
        published=witness_of(config.upkeep, config.trust, config.ward, "issuing"),
        holdings=HOLDINGS,
        retention=read_settings_of(config.settings, config.ward).retention,
        disposals_key=read_signing_key(config.disposals_key),
        used_ranges=clerk.ranges,
    )
    upkeep = Upkeep(own, rows, registry, clock, entropy)
    current = Current(rows, upkeep.lease, upkeep.outages, clock, standby=config.upkeep.standby)
    ledger = Ledger(
        rows,
        feed,
        ward=config.ward,
        hash_card=lambda card: hashes.card(card.issuer_key_id, card.serial),
        stop=upkeep.stop,
        current=current,
    )
    return _Store(copy=copy, upkeep=upkeep, current=current, ledger=ledger)


def _desk(  # noqa: PLR0913 - what the desk holds, named
    config: IssuingConfig,
    *,
    trust: Trust,
    store: _Store,
    clock: Clock,
    clerk: ClerkClient,
    check_card: CardCheck,
    registry: RegistryCalls,
) -> Desk:
    templates = load_all(config.templates)
    typeface = Typeface(*config.typefaces)
    return Desk(
        ward=config.ward,
        settings=read_settings_of(config.settings, config.ward),
        offices=trust.offices,
        register=trust.register,
        handle_key=read_secret(config.handle_key),
        templates=templates,
        forms=ready(templates, typeface),
        copy=store.copy,
        ledger=store.ledger,
        visits=OpenVisits(),
        prekeys=Prekeys(config.ward),
        answers=Answers(config.ward),
        current=store.current,
        upkeep=store.upkeep,
        clock=clock,
        clerk=clerk,
        check_card=check_card,
        individual_numbers=registry.individual_number,
        drawing=asyncio.Semaphore(_DRAWN_AT_ONCE),
    )


_SERVICE = Service(
    name="konbini-issuing",
    duty="Issuing (証明書自動交付システム)",
    config="konbini/ward_server/issuing/config.py",
    read=read_config,
    serve=serve,
    cannot_start=CANNOT_OPEN,
)
