"""What `issuing` shows operators: how it stands, what it issued, what waits for a word. Reads, and changes nothing.

Invariant: nothing that is shown names a person, and whoever asks for the issuances of one is recorded first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from konbini.process.calls import Handler
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.health import HealthNow
from konbini.ward_server.issuing.ledger import views
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.ledger.today import Today
from konbini.ward_server.issuing.operator_calls import By, handler
from konbini.ward_server.issuing.refusals import Refusals
from konbini.ward_server.issuing.states import KioskStates
from konbini.ward_server.issuing.step_times import TimesOfStep
from konbini.ward_server.issuing.steps import OrderSteps
from konbini.ward_server.issuing.view import (
    IssuanceFound,
    IssuancesFound,
    LiveView,
    NamedCount,
    NumberAsked,
    ResidentAsked,
    StepTime,
    ViewMethod,
)
from konbini.ward_server.residents.figures import Figure, alone, parts
from konbini.ward_server.residents.registry import require_person
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["Watched", "Watching"]

_SHOWN: Final = 30
_FOUND: Final = 200
_MICROSECONDS: Final = 1_000_000
_AGE_MILLISECONDS: Final = 10_000
"""How old the day's figures may be: counting them walks the day, which an order then feels."""


class Watched(Protocol):
    """What is watched; a `Desk` is such."""

    @property
    def ward(self) -> str:
        """The municipality code."""

    @property
    def ledger(self) -> Ledger:
        """What was issued."""

    @property
    def steps(self) -> OrderSteps:
        """How long an order's steps take."""

    def now(self) -> Now:
        """Read the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """The day's figures, and when they were read."""

    today: Today
    refused: Mapping[int, int]
    read: Now

    def holds(self, now: Now) -> bool:
        """Say whether they are still good enough; a clock that was set back has them read anew."""
        same = now.day_began == self.read.day_began
        return same and 0 <= now.milliseconds - self.read.milliseconds < _AGE_MILLISECONDS


class Watching:
    """Gives the view of one `issuing`.

    Args:
        desk: of `issuing`.
        rows: what it keeps.
        hashes: hides whose issuances were asked for.
        states: the last words of kiosks.
        health: looks at what a paper needs.
        frames: how many frames are being answered.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        desk: Watched,
        rows: Rows,
        hashes: KeyedHash,
        *,
        states: KioskStates,
        health: HealthNow,
        frames: Callable[[], int],
    ) -> None:
        self._desk = desk
        self._rows = rows
        self._hashes = hashes
        self._states = states
        self._health = health
        self._frames = frames
        self._refusals = Refusals(rows)
        self._turn = asyncio.Lock()
        self._day: _Day | None = None

    async def live(self) -> LiveView:
        """Give how everything stands at this moment."""
        now = self._desk.now()
        summary, day = await self._desk.ledger.summary(_SHOWN), await self._day_of(now)
        return LiveView(
            now=now.milliseconds,
            health=await self._health.now(),
            under_way=self._frames(),
            printed=day.today.printed,
            fees=day.today.fees,
            unsettled=summary.unsettled,
            cases=summary.cases,
            barred=summary.barred,
            outage_issued=summary.reviews.issued,
            outage_waiting=summary.reviews.waiting,
            outage_differ=summary.reviews.differ,
            differences=summary.differences,
            newest=summary.newest,
            kiosks=self._states.all(),
            steps_since=self._desk.steps.since,
            steps=tuple(map(_timed, self._desk.steps.newest())),
            hours=day.today.hours,
            by_kiosk=tuple(NamedCount(name=kiosk, count=count) for kiosk, count in day.today.kiosks.items()),
            by_kind=_shown(parts({kind.name: count for kind, count in day.today.kinds.items()})),
            refusals=_shown(alone({_name(code): count for code, count in sorted(day.refused.items())})),
        )

    async def _day_of(self, now: Now) -> _Day:
        """Give the day's figures, some seconds old: counting them keeps the store from orders."""
        async with self._turn:
            if self._day is None or not self._day.holds(now):
                today = await self._desk.ledger.today(now.day_began)
                self._day = _Day(today=today, refused=await self._refusals.today(now.day_began), read=now)
            return self._day

    async def issuances_of(self, operator: str, resident: str) -> IssuancesFound:
        """Give what was issued on a resident's cards; who asked, and of whom, is recorded first.

        Raises:
            Refused: `CHANGE_INVALID`: an operator that is no person.
        """
        require_person(operator)
        entry = AuditEntry(
            moment=self._desk.now().milliseconds,
            event=AuditEvent.ISSUANCES_SHOWN,
            operators=(operator,),
            digest=self._hashes.resident(self._desk.ward, resident),
        )

        def change(connection: Connection) -> IssuancesFound:
            append(connection, entry)
            return IssuancesFound.of(views.of_cards(connection, resident, _FOUND + 1), _FOUND)

        return await self._rows.write(change, step="issuances shown")

    def handlers(self) -> Mapping[int, Handler]:
        """Give the methods that read."""

        async def live(asked: By) -> LiveView:
            require_person(asked.operator)
            return await self.live()

        async def issuance(asked: NumberAsked) -> IssuanceFound:
            require_person(asked.operator)
            return await self._rows.read(lambda connection: views.issuance(connection, asked.number))

        async def issuances_of(asked: ResidentAsked) -> IssuancesFound:
            return await self.issuances_of(asked.operator, asked.resident)

        async def unsettled(asked: By) -> IssuancesFound:
            require_person(asked.operator)
            found = await self._rows.read(lambda connection: views.unsettled(connection, _FOUND + 1))
            return IssuancesFound.of(found, _FOUND)

        return {
            ViewMethod.LIVE: handler(By, live),
            ViewMethod.ISSUANCE: handler(NumberAsked, issuance),
            ViewMethod.ISSUANCES_OF: handler(ResidentAsked, issuances_of),
            ViewMethod.UNSETTLED: handler(By, unsettled),
        }


def _timed(one: TimesOfStep) -> StepTime:
    p50, p95 = (round(seconds * _MICROSECONDS) for seconds in (one.p50, one.p95))
    return StepTime(step=one.step, count=one.count, p50=p50, p95=p95)


def _shown(figures: Sequence[Figure]) -> tuple[NamedCount, ...]:
    return tuple(NamedCount(name=one.name, count=one.count) for one in figures)


def _name(code: int) -> str:
    return Code(code).name if code in set(Code) else str(code)
