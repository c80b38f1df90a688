"""The center's one wiring room: reads the configuration, builds each room, serves until told to stop.

    python -m konbini.issuance_center CONFIG.toml

Memory: a unit that starts this sets PYTHONMALLOC=malloc, MALLOC_PERTURB_=165 and
GLIBC_TUNABLES=glibc.malloc.tcache_count=0, so that what is freed is overwritten (docs/protocol.md, "Blind center").
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from konbini.issuance_center import gateways
from konbini.issuance_center.center import Center
from konbini.issuance_center.condition import CenterCondition
from konbini.issuance_center.config import CenterConfig, read_config
from konbini.issuance_center.counting import Counting
from konbini.issuance_center.ledger import Ledger, LedgerUnusable
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.log_exchange import LogExchange, nobody
from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.visits import VisitTable
from konbini.issuance_center.tickets import QUOTA_SECONDS, TicketDesk
from konbini.issuance_center.trust import Trust, read_trust
from konbini.issuance_center.wards import KeptNotice, WardsToday, read_notice
from konbini.process.clock import Clock, to_seconds
from konbini.process.doors import Door, EdgeAddress, EdgeDoor, TlsDoor
from konbini.process.entropy import Entropy
from konbini.process.link_server import LinkServer
from konbini.process.log import logger
from konbini.process.measures.condition import Health
from konbini.process.measures.listener import figures_of, shown
from konbini.process.measures.ports import Measures
from konbini.process.measures.shapes import ServiceName
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.process.traces.config import traces_to
from konbini.process.traces.ports import Traces
from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import CENTER

__all__ = ["main", "serve"]

_log = logger("konbini.issuance_center")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def serve(
    config: CenterConfig, clock: Clock, entropy: Entropy, tasks: StandingTasks
) -> AsyncIterator[tuple[int, int]]:
    """Run the center while the context lasts, and give the ports for kiosks (0 behind an edge) and for wards.

    Args:
        config: as read.
        clock: the time that tickets bear.
        entropy: for the salts of its log, and the numbers of spans.
        tasks: where its standing tasks run.

    Raises:
        ConfigRefused, OSError, ValueError, Refused, LedgerUnusable: the center cannot start.
    """
    trust = read_trust(config)
    signing = read_signing_key(config.ticket_key)
    figures = figures_of(config.measures, ServiceName.CENTER, ward=trust.ward_names)
    async with AsyncExitStack() as ending:
        ledger = Ledger.open(config.database, entropy, figures)
        ending.push_async_callback(ledger.close)
        lines = Lines()
        traces = await ending.enter_async_context(
            traces_to(config.traces, ServiceName.CENTER, CENTER, measures=figures, entropy=entropy)
        )
        wards_today = await _wards_today(trust, ledger)
        keeper, witness = ledger.keeper(config.log, clock), ledger.witness(config.witness, clock)
        stamps = None if config.stamps is None else ledger.stamps(config.stamps, clock)
        logs = LogExchange(
            log=keeper,
            add=witness.add,
            hand=lines.hand,
            wards=lambda: lines.wards,
            clock=clock,
            seen=nobody if stamps is None else stamps.seen,
        )
        center = await _build(
            trust,
            signing,
            wards=wards_today,
            ledger=ledger,
            lines=lines,
            logs=logs,
            clock=clock,
            measures=figures,
            traces=traces,
        )
        counting = Counting(trust=trust, ledger=ledger, lines=lines, signing=signing, clock=clock)
        condition = CenterCondition(trust=trust, wards=wards_today, lines=lines, ledger=ledger, clock=clock)
        health = Health(lambda: tasks.all_run, ledger.answers)
        await ending.enter_async_context(shown(config.measures, figures, health, condition, clock))
        ports = []
        for name, door, kind in (
            ("kiosks", _kiosk_door(config, clock), gateways.kiosks(trust)),
            ("wards", TlsDoor(config.ward_gateway), gateways.wards(trust)),
        ):
            listening = await LinkServer.listen(door, center, kind)
            ending.push_async_callback(listening.close)
            ending.callback(lines.cut_all)
            _log.info("listening", kind=name, port=listening.port)
            ports.append(listening.port)
        ending.push_async_callback(tasks.close)
        tasks.start(keeper.run(), "checkpoints")
        if stamps is not None:
            tasks.start(stamps.run(), "time-stamps")
        tasks.start(logs.run(), "log exchange")
        tasks.start(counting.run(), "counts")
        yield ports[0], ports[1]


def _kiosk_door(config: CenterConfig, clock: Clock) -> Door:
    gateway = config.kiosk_gateway
    return EdgeDoor(gateway, clock) if isinstance(gateway, EdgeAddress) else TlsDoor(gateway)


async def _wards_today(trust: Trust, ledger: Ledger) -> WardsToday:
    """Begin with the notices that the ledger kept."""
    kept = (KeptNotice(signed=signed, notice=read_notice(signed)) for signed in await ledger.notices())
    return WardsToday(trust, tuple(kept))


async def _build(  # noqa: PLR0913 - what the center stands on, named
    trust: Trust,
    signing: SigningKey,
    *,
    wards: WardsToday,
    ledger: Ledger,
    lines: Lines,
    logs: LogExchange,
    clock: Clock,
    measures: Measures,
    traces: Traces,
) -> Center:
    """Build the center from what its ledger remembers."""
    moment = to_seconds(clock.now())
    visits = VisitTable(await ledger.living(moment))
    quota = Window(QUOTA_SECONDS)
    for ticket in await ledger.tickets_since(moment - QUOTA_SECONDS):
        quota.restore(ticket.kiosk, ticket.moment)
    return Center(
        trust=trust,
        visits=visits,
        wards=wards,
        desk=TicketDesk(trust=trust, wards=wards, visits=visits, signing=signing, window=quota),
        ledger=ledger,
        lines=lines,
        logs=logs,
        clock=clock,
        frames=Window(60),
        measures=measures,
        traces=traces,
    )


_SERVICE = Service(
    name="konbini-center",
    duty="The issuance center (証明書交付センター)",
    config="konbini/issuance_center/config.py",
    read=read_config,
    serve=serve,
    cannot_start=(LedgerUnusable,),
)
