"""A kiosk as it stands in a shop or a ward's office: what its configuration names, each behind its port."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from konbini.kiosk.browser.keeper import Browser, BrowserKeeper, OwnBrowser
from konbini.kiosk.card.reader import PcscCardReader
from konbini.kiosk.config import KioskConfig
from konbini.kiosk.host.ports import Parts, Stage
from konbini.kiosk.host.visit_processes import VisitPrograms
from konbini.kiosk.maintenance.cabinet_switch import SocketSwitch
from konbini.kiosk.payment.choosing import payment_device
from konbini.kiosk.printing.client import IppClient
from konbini.kiosk.printing.exit_sensor import ExitSensor
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.kiosk.shop.bell import NoBell, SocketBell
from konbini.kiosk.speech.jack import HeadphoneJack
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.measures.ports import Measures
from konbini.process.rows import CommitWatch, Rows
from konbini.process.sqlite.rows import SqliteRows

__all__ = ["Installed"]

_LOOPBACK = "127.0.0.1"
_BACKLOG = 64
_FIRST_HANDED_OVER = 3

_log = logger("konbini.kiosk.host")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A `konbini.kiosk.host.ports.Installation`.

    Attributes:
        config: as it was read.
        visit: the module that is run as the process of each visit.
    """

    config: KioskConfig
    visit: str

    def rows(self, migrations: Traversable, *, watch: CommitWatch | None, measures: Measures) -> Rows:
        """Open the journal's file; see `Installation`."""
        return SqliteRows.open(self.config.journal, migrations, watch=watch, measures=measures)

    @asynccontextmanager
    async def parts(self, clock: Clock) -> AsyncIterator[Parts]:
        """Give the parts; see `Installation`."""
        config = self.config
        paper_exit = ExitSensor(config.tray_socket, clock)
        async with IppClient(config.printer_uri, pin=config.printer_pin, counter=config.printer_counter) as client:
            yield Parts(
                reader=PcscCardReader(config.reader_prefix),
                printer=IppPrinter(
                    client,
                    clock,
                    Pace(still=float(config.printer_still_seconds)),
                    paper_exit=paper_exit,
                    two_sided=config.printer_two_sided,
                ),
                paper_exit=paper_exit,
                cash=payment_device(config.cash_means, config.cash_socket, clock),
                bell=NoBell() if config.shop is None else SocketBell(config.shop.bell),
                jack=None if config.headphones_socket is None else HeadphoneJack(config.headphones_socket),
                cabinet=None if config.cabinet_switch is None else SocketSwitch(config.cabinet_switch),
            )

    @contextmanager
    def stage(self, clock: Clock) -> Iterator[Stage]:
        """Open the screen's socket; see `Installation`."""
        with _listen(self.config.screen_port) as listener:
            yield Stage(
                starter=VisitPrograms(config=self.config.path, listener=listener, program=self.visit),
                browser=_browser(self.config, listener, clock),
            )


def _listen(port: int) -> socket.socket:
    """Take the screen's socket from the service manager, or open it; it is handed from visit to visit, never closed.

    sd_listen_fds(3): the first socket handed over is descriptor 3, for the process that LISTEN_PID names.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        listener = socket.socket(fileno=_FIRST_HANDED_OVER)
    else:
        listener = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
    _log.info("listening", kind="screen", port=listener.getsockname()[1])
    return listener


def _browser(config: KioskConfig, listener: socket.socket, clock: Clock) -> Browser:
    if config.browser is None:
        return OwnBrowser()
    port = listener.getsockname()[1]
    return BrowserKeeper(
        program=config.browser.program,
        profile=config.browser.profile,
        address=f"http://{_LOOPBACK}:{port}/",
        clock=clock,
    )
