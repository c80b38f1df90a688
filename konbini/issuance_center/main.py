"""The center's one wiring room: reads the configuration, builds each room, serves until told to stop.

    python -m konbini.issuance_center CONFIG.toml

Memory: a unit that starts this sets PYTHONMALLOC=malloc, MALLOC_PERTURB_=165 and
GLIBC_TUNABLES=glibc.malloc.tcache_count=0, so that what is freed is overwritten (docs/protocol.md, "Blind center").
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from konbini.issuance_center.center import Center
from konbini.issuance_center.config import CenterConfig, read_config
from konbini.issuance_center.gateways import kiosks, wards
from konbini.issuance_center.ledger import Ledger, LedgerUnusable
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.visits import VisitTable
from konbini.issuance_center.tickets import QUOTA_SECONDS, TicketDesk
from konbini.issuance_center.trust import Trust, read_trust
from konbini.issuance_center.wards import KeptNotice, WardsToday, read_notice
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.process.link_server import LinkServer
from konbini.process.log import logger
from konbini.process.secret_files import read_signing_key
from konbini.process.service import Service, run_service
from konbini.process.tasks import StandingTasks
from konbini.protocol.cose import SigningKey

__all__ = ["main", "serve"]

_log = logger("konbini.issuance_center")


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; see `konbini.process.service`."""
    return run_service(_SERVICE, arguments)


@asynccontextmanager
async def serve(config: CenterConfig, clock: Clock) -> AsyncIterator[tuple[int, int]]:
    """Run the center while the context lasts, and give the ports for kiosks and for wards.

    Args:
        config: as read.
        clock: the time that tickets bear.

    Raises:
        ConfigRefused, OSError, ValueError, Refused, LedgerUnusable: the center cannot start.
    """
    trust = read_trust(config)
    signing = read_signing_key(config.ticket_key)
    async with AsyncExitStack() as ending:
        ledger = Ledger.open(config.database)
        ending.push_async_callback(ledger.close)
        lines = Lines()
        center = await _build(trust, signing, ledger, lines, clock)
        ports = []
        for name, gateway, kind in (
            ("kiosks", config.kiosk_gateway, kiosks(trust)),
            ("wards", config.ward_gateway, wards(trust)),
        ):
            listening = await LinkServer.listen(gateway, center, kind)
            ending.push_async_callback(listening.close)
            ending.callback(lines.cut_all)
            _log.info("listening", kind=name, port=listening.port)
            ports.append(listening.port)
        yield ports[0], ports[1]


async def _build(trust: Trust, signing: SigningKey, ledger: Ledger, lines: Lines, clock: Clock) -> Center:
    """Build the center from what its ledger remembers."""
    moment = to_seconds(clock.now())
    visits = VisitTable(await ledger.living(moment))
    kept = (KeptNotice(signed=signed, notice=read_notice(signed)) for signed in await ledger.notices())
    today = WardsToday(trust, tuple(kept))
    quota = Window(QUOTA_SECONDS)
    for ticket in await ledger.tickets_since(moment - QUOTA_SECONDS):
        quota.restore(ticket.kiosk, ticket.moment)
    return Center(
        trust=trust,
        visits=visits,
        wards=today,
        desk=TicketDesk(trust=trust, wards=today, visits=visits, signing=signing, window=quota),
        ledger=ledger,
        lines=lines,
        clock=clock,
        frames=Window(60),
    )


@asynccontextmanager
async def _serve(
    config: CenterConfig, clock: Clock, _entropy: Entropy, _tasks: StandingTasks
) -> AsyncIterator[tuple[int, int]]:
    async with serve(config, clock) as ports:
        yield ports


_SERVICE = Service(
    name="konbini-center",
    duty="The issuance center (証明書交付センター)",
    config="konbini/issuance_center/config.py",
    read=read_config,
    serve=_serve,
    cannot_start=(LedgerUnusable,),
)
