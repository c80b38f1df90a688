"""What the long-lived process is built upon: its rows, its parts, and where visits are run.

`konbini.kiosk.host.installed` gives what stands in a shop, as its configuration names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Protocol

from konbini.kiosk.browser.keeper import Browser
from konbini.kiosk.card.ports import CardReader
from konbini.kiosk.maintenance.cabinet_switch import CabinetSwitch
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.exit_sensor import PaperExit
from konbini.kiosk.printing.ports import Printer
from konbini.kiosk.shop.bell import ShopBell
from konbini.kiosk.speech.jack import Jack
from konbini.process.calls import Handler
from konbini.process.clock import Clock
from konbini.process.measures.ports import Measures
from konbini.process.rows import CommitWatch, Rows

__all__ = ["Installation", "Parts", "Stage", "VisitProcess", "VisitStarter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of one kiosk; `jack` and `cabinet` are None where it has none."""

    reader: CardReader
    printer: Printer
    paper_exit: PaperExit
    cash: Cash
    bell: ShopBell
    jack: Jack | None
    cabinet: CabinetSwitch | None


class VisitProcess(Protocol):
    """The process of one visit."""

    @property
    def pid(self) -> int:
        """Its number, for the log."""

    async def wait(self) -> int:
        """Wait until it has ended; give its status, which is 0 where everything is wiped."""

    async def end(self) -> None:
        """End it where it still runs, and its channel; returns when both are gone."""


class VisitStarter(Protocol):
    """Starts processes of visits."""

    async def start(self, answers: Mapping[int, Handler]) -> VisitProcess:
        """Start one that warms up; `answers` is what it may ask of the long-lived process, by method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where visits are run: their processes, and the browser before their screens."""

    starter: VisitStarter
    browser: Browser


class Installation(Protocol):
    """One kiosk as it stands."""

    def rows(self, migrations: Traversable, *, watch: CommitWatch | None, measures: Measures) -> Rows:
        """Open the journal's rows; see `konbini.process.sqlite.rows.SqliteRows.open` for what it raises."""

    def parts(self, clock: Clock) -> AbstractAsyncContextManager[Parts]:
        """Give the parts while the context lasts; `clock` paces the questions to them."""

    def stage(self, clock: Clock) -> AbstractContextManager[Stage]:
        """Open the screen for as long as the context lasts.

        Raises:
            OSError: it cannot be opened.
        """
