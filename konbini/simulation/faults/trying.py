"""Tries what the table says at the real kiosk of a running town, and finds out what came of it.

One trial after the other at one kiosk: each begins when the kiosk is free, breaks what its row names at the screen that
it names, goes on as a resident would, reads the screen, mends, and waits until everything is settled and told to the
ward. What came of the money is the device's own count, of the paper the sides in the tray, of the order its receipt.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import aiohttp

from konbini.kiosk.payment.amounts import CashCounts
from konbini.kiosk.ui.catalogue import catalogues
from konbini.process.clock import Clock
from konbini.protocol.errors import Code
from konbini.simulation.demo.books import Entry, KioskBook
from konbini.simulation.demo.robot import Errand, Seen, VisitFailedError
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.faults.breakdowns import BREAKDOWNS, Part
from konbini.simulation.faults.trials import Trial
from konbini.simulation.faults.verdict import Found, faults_of, said_code
from konbini.simulation.faults.visitor import Visitor
from konbini.simulation.town.people import Townsperson

__all__ = ["Tried", "try_all"]

_UNTOUCHED = frozenset(("start", "card"))
_COIN = 100
"""What lies in escrow where a trial begins there; the kiosk has seen it, and says so."""
_SECONDS, _SLOW_SECONDS = 60.0, 200.0
_FINAL_SECONDS = 30.0
_PRINTING_SECONDS = 1.5
"""What a page takes where something is to happen while it is printed."""
_TWO_PAGES = range(5, 9)
_WHOLE = "scope.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One trial and what came of it; `faults` is empty where all is right."""

    trial: Trial
    found: Found
    faults: tuple[str, ...]
    seconds: float


async def try_all(
    town: RunningTown, trials: Sequence[Trial], clock: Clock, *, told: Callable[[Tried], None]
) -> tuple[Tried, ...]:
    """Make these trials, telling of each as it ends; one that goes wrong does not keep the others from being made.

    Raises:
        LookupError: the town has no resident to send.
    """
    tried = []
    async with aiohttp.ClientSession() as session:
        # In a thread: bell and door of the town's shop live in this loop, and a kiosk that waits for them raises alarm.
        trying = await asyncio.to_thread(_Trying, town, session, clock)
        for trial in trials:
            tried.append(await trying.make(trial))
            told(tried[-1])
    return tuple(tried)


class _Trying:
    """Makes trials; nobody is sent twice before everybody was."""

    def __init__(self, town: RunningTown, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._town = town
        self._session = session
        self._clock = clock
        self._words = catalogues()
        self._book = KioskBook(town.journal)
        self._money = town.cash(clock)
        before = self._book.visits()
        self._alone, self._many = _people(town, range(1, 4), before), _people(town, _TWO_PAGES, before)

    async def make(self, trial: Trial) -> Tried:
        """Make one trial."""
        began = self._clock.monotonic()
        person = next(self._alone if trial.pages == 1 else self._many)
        visitor = Visitor(self._town, person, self._session)
        visitor.errand = Errand() if trial.pages == 1 else Errand(scope=_WHOLE)
        visitor.coin, visitor.seconds = trial.coin, _SLOW_SECONDS if trial.slow else _SECONDS
        await visitor.leave()
        place, counts, sides = self._book.newest(), await self._counts(), self._town.printer.impressions
        seen, later, stuck = await self._broken(trial, visitor)
        served = await self._afterwards(visitor)
        entries = await self._book.since(place, self._clock, patience=_FINAL_SECONDS)
        moved = _moved(counts, await self._counts())
        found = _found(seen, later, entries, moved, self._town.printer.impressions - sides, served=served)
        faults = (*stuck, *faults_of(trial, found, self._words))
        return Tried(trial=trial, found=found, faults=faults, seconds=self._clock.monotonic() - began)

    async def _broken(self, trial: Trial, visitor: Visitor) -> tuple[Seen, Code | None, tuple[str, ...]]:
        """Break, go on, read the screen, mend; what the kiosk showed afterwards is found where the row expects it."""
        seen, later = Seen(), None
        try:
            await self._come(trial, visitor)
            for key in trial.breaks:
                await BREAKDOWNS[key].begin(self._town)
            if trial.screen:
                seen = await self._go_on(trial, visitor)
                if seen.state in ("refused", "end"):
                    await visitor.tap(seen, "finish")
            if trial.later is not Code.CASH_COUNT_DIFFERS:
                await self._mend(trial, lies=False)
            if trial.later is not None:
                await visitor.watch("out of service", texts=self._said(trial.later))
                later = trial.later
        except (VisitFailedError, TimeoutError) as error:
            if not seen.state:
                with contextlib.suppress(aiohttp.ClientError):
                    seen = await visitor.look()
            return seen, later, (f"stuck: {error}",)
        finally:
            await self._mend(trial)
        return seen, later, ()

    async def _come(self, trial: Trial, visitor: Visitor) -> None:
        """Come to the screen at which it breaks."""
        if trial.at == "printing":
            self._town.own_printer.spooler.page_seconds = _PRINTING_SECONDS
        visitor.coins = trial.at not in ("pay", "escrow")
        await visitor.reach("pay" if trial.at == "escrow" else trial.at)
        if trial.at == "pay":
            await visitor.asked()
        if trial.at == "escrow":
            await visitor.drop()
            await visitor.watch("pay", texts=self._yen(_COIN))
        visitor.coins = trial.at != "escrow"

    async def _go_on(self, trial: Trial, visitor: Visitor) -> Seen:
        if trial.cancels:
            await visitor.tap(await visitor.look(), "cancel")
        if trial.at in _UNTOUCHED or trial.screen == "out of service":
            return await visitor.watch(trial.screen, texts=self._said(trial.code))
        return await visitor.reach(trial.screen)

    async def _mend(self, trial: Trial, *, lies: bool = True) -> None:
        """Mend what a hand mends; a printer goes on lying until the trial is over."""
        for key in reversed(trial.breaks):
            if lies or BREAKDOWNS[key].part is not Part.LIES:
                await BREAKDOWNS[key].end(self._town)
        if trial.at == "printing":
            self._town.own_printer.spooler.page_seconds = 0.0

    async def _afterwards(self, visitor: Visitor) -> bool:
        """Take what lies there, and wait until the kiosk is free again."""
        await self._town.slot.pull()
        try:
            await visitor.leave()
        except VisitFailedError:
            return False
        finally:
            if self._town.terminal is None:
                await self._town.coins.hands.take_coins()
        return True

    async def _counts(self) -> CashCounts:
        return (await self._money.state()).counts

    def _yen(self, amount: int) -> frozenset[str]:
        """Give how the screens write an amount."""
        return frozenset(words.text("service.yen", amount=f"{amount:,}") for words in self._words.values())

    def _said(self, code: Code | None) -> frozenset[str]:
        """Give how the screens say a code; nothing for none."""
        return frozenset() if code is None else said_code(code, self._words)


def _people(town: RunningTown, members: range, before: int) -> Iterator[Townsperson]:
    """Give residents whom nothing stops, of households of that size, in turn; after so many visits others come first.

    Raises:
        LookupError: the town has none.
    """
    population = town.town.population
    sizes = {home[0].record.household: len(home) for home in population.households()}
    able = [
        one for one in population.plain_holders(most_members=members.stop) if sizes[one.record.household] in members
    ]
    if not able:
        raise LookupError("the town has no resident of that kind")
    return itertools.islice(itertools.cycle(able), before % len(able), None)


def _moved(before: CashCounts, after: CashCounts) -> CashCounts:
    return CashCounts(
        taken=after.taken - before.taken,
        returned=after.returned - before.returned,
        owed=after.owed - before.owed,
        escrow=after.escrow,
    )


def _found(  # noqa: PLR0913 - each is one of the books
    seen: Seen, later: Code | None, entries: Sequence[Entry], moved: CashCounts, sides: int, *, served: bool
) -> Found:
    last = entries[-1] if entries else None
    found = Found(
        screen=seen.state,
        heading=seen.heading,
        text=tuple(seen.text),
        later=later,
        outcome=None if last is None else last.outcome,
        final=all(entry.final for entry in entries),
        fee=0 if last is None else last.fee,
        taken=moved.taken,
        returned=moved.returned,
        owed=moved.owed,
        sides=sides,
        served=served,
    )
    return found if len(entries) < 2 else replace(found, final=False)  # noqa: PLR2004 - one order a trial
