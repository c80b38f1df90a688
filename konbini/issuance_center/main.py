"""The center's one wiring room: reads the configuration, builds each room, serves until told to stop.

    python -m konbini.issuance_center CONFIG.toml

Memory: a unit that starts this sets PYTHONMALLOC=malloc, MALLOC_PERTURB_=165 and
GLIBC_TUNABLES=glibc.malloc.tcache_count=0, so that what is freed is overwritten (docs/protocol.md, "Blind center").
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import uvloop

from konbini.issuance_center.center import Center
from konbini.issuance_center.config import CenterConfig, read_config
from konbini.issuance_center.gateway import Gateway, kiosks, wards
from konbini.issuance_center.ledger import Ledger, LedgerUnusable
from konbini.issuance_center.lines import Lines
from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.visits import VisitTable
from konbini.issuance_center.tickets import QUOTA_SECONDS, TicketDesk
from konbini.issuance_center.trust import Trust, read_trust
from konbini.issuance_center.wards import KeptNotice, WardsToday, read_notice
from konbini.process.clock import Clock, SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.log import capture_libraries, logger
from konbini.process.ready import ServiceManager
from konbini.process.secret_files import read_signing_key
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Refused

__all__ = ["main", "serve"]

_MILLISECONDS = 1000
_CANNOT_START = 2

_log = logger("konbini.issuance_center")


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 2 if the center cannot start."""
    parser = argparse.ArgumentParser(
        prog="konbini-issuance-center", description="The issuance center (証明書交付センター)"
    )
    parser.add_argument("config", type=Path, help="configuration, TOML; see konbini/issuance_center/config.py")
    path = parser.parse_args(arguments).config
    capture_libraries()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        config = read_config(path)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(config))
    except (ConfigRefused, OSError, ValueError, Refused, LedgerUnusable) as error:
        sys.stderr.write(f"the center cannot start: {error}\n")
        return _CANNOT_START
    return 0


async def _until_told(config: CenterConfig) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    manager = ServiceManager.from_environment(os.environ)
    clock = SystemClock()

    def ready(kiosk_port: int, ward_port: int) -> None:
        _log.info("listening", kind="kiosks", port=kiosk_port)
        _log.info("listening", kind="wards", port=ward_port)
        manager.ready()

    beat = asyncio.create_task(manager.beat(clock, lambda: True))
    try:
        await serve(config, clock=clock, told=told, ready=ready)
    finally:
        manager.stopping()
        beat.cancel()
        manager.close()


async def serve(config: CenterConfig, *, clock: Clock, told: asyncio.Event, ready: Callable[[int, int], None]) -> None:
    """Run the center until `told`.

    Args:
        config: as read.
        clock: the time that tickets bear.
        told: set from outside to stop.
        ready: told the ports for kiosks and wards, once both listen.

    Raises:
        ConfigRefused, OSError, ValueError, Refused, LedgerUnusable: the center cannot start.
    """
    trust = read_trust(config)
    signing = read_signing_key(config.ticket_key)
    ledger = Ledger.open(config.database)
    lines = Lines()
    try:
        center = await _build(trust, signing, ledger, lines, clock)
        for_kiosks = await Gateway.listen(config.kiosk_gateway, center, kiosks(trust))
        try:
            for_wards = await Gateway.listen(config.ward_gateway, center, wards(trust))
            try:
                ready(for_kiosks.port, for_wards.port)
                await told.wait()
            finally:
                lines.cut_all()
                await for_wards.close()
        finally:
            lines.cut_all()
            await for_kiosks.close()
    finally:
        await ledger.close()


async def _build(trust: Trust, signing: SigningKey, ledger: Ledger, lines: Lines, clock: Clock) -> Center:
    """Build the center from what its ledger remembers."""
    moment = clock.now() // _MILLISECONDS
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
