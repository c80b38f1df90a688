"""The demo without a person: visits by different residents, one after the other, each held against the books.

A visit ended as it should when the screen thanked, the kiosk's journal says printed and the ward's FINAL came, the
money that stayed is the fee by the journal and by the coin device's own count, and one page came out for each four
people on the paper.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from konbini.process.clock import Clock
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.simulation.demo.books import Entry, KioskBook
from konbini.simulation.demo.robot import Errand, Robot, VisitFailedError, until_free
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.printer.filling import keep_filled
from konbini.simulation.town.people import Population, Townsperson
from konbini.simulation.town.town import OWN_MACHINE

__all__ = ["NotEnoughResidentsError", "Plan", "VisitEnd", "plans", "run_visits"]

_FINAL_SECONDS = 15.0
_SELF, _WHOLE = "scope.1", "scope.3"
_LANGUAGES = ("ja", "en")
_TURNS, _SEAL_TURN = 4, 2
_PEOPLE_ON_A_PAGE = 4


class NotEnoughResidentsError(Exception):
    """The town has fewer residents whom nothing stops at a kiosk than visits are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One visit to make.

    Attributes:
        person: who goes.
        language: the screen's.
        shown: whom the certificate is to show.
        kind: the certificate.
        scope: the tap that asks for whom it shows, where that is asked.
    """

    person: Townsperson
    language: str
    shown: tuple[Townsperson, ...]
    kind: CertificateKind
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnd:
    """How a visit ended.

    Attributes:
        plan: what was wanted.
        number: the issuance number, "" where there is none.
        pngs: names of the pictures of the pages that came out, in order.
        seconds: from the first tap to the kiosk's being free again.
        fault: what was not as it should be, "" where all was.
    """

    plan: Plan
    number: str
    pngs: tuple[str, ...]
    seconds: float
    fault: str


def plans(population: Population, visits: int, *, skip: int = 0, own_machine: bool = False) -> tuple[Plan, ...]:
    """Choose different residents: every second for the whole household, every fourth for a seal; languages in turn.

    To the ward's own machine first those come who hold a card of the ward's own.

    Args:
        population: the town's.
        visits: how many.
        skip: how many residents were here before, so that a town that is kept sends others.
        own_machine: whether they come to the ward's own machine.

    Raises:
        NotEnoughResidentsError: not so many can come.
    """
    homes = {members[0].record.household: members for members in population.households()}
    able = list(_in_turn(tuple(population.plain_holders())))
    if own_machine:
        able = [*population.ward_card_holders(), *able]
    if visits > len(able):
        raise NotEnoughResidentsError(f"{len(able)} residents of this town can come, not {visits}")
    chosen = itertools.islice(itertools.cycle(able), skip % len(able), skip % len(able) + visits)
    return tuple(_plan(homes, person, turn) for turn, person in enumerate(chosen))


def _in_turn(able: Sequence[Townsperson]) -> Iterator[Townsperson]:
    """Give everybody once, at the turns of a seal somebody who has one, as long as there are any."""
    rest, sealed = iter(able), (person for person in able if person.seal is not None)
    taken: set[str] = set()
    for turn in range(len(able)):
        first = sealed if turn % _TURNS == _SEAL_TURN else rest
        person = next(one for one in itertools.chain(first, rest) if one.record.resident not in taken)
        taken.add(person.record.resident)
        yield person


def _plan(homes: dict[str, tuple[Townsperson, ...]], person: Townsperson, turn: int) -> Plan:
    members = homes[person.record.household]
    whole = bool(turn % 2) and len(members) > 1
    sealed = turn % _TURNS == _SEAL_TURN and person.seal is not None
    return Plan(
        person=person,
        language=_LANGUAGES[turn // 2 % len(_LANGUAGES)],
        shown=members if whole else (person,),
        kind=CertificateKind.SEAL_REGISTRATION if sealed else CertificateKind.RESIDENT_RECORD,
        scope=_WHOLE if whole else _SELF,
    )


async def run_visits(
    town: RunningTown, visits: int, clock: Clock, *, told: Callable[[int, VisitEnd], None]
) -> tuple[VisitEnd, ...]:
    """Make so many visits, telling of each as it ends; one that goes wrong does not keep the others from being made.

    Raises:
        NotEnoughResidentsError: not so many residents can come.
        VisitFailedError: the kiosk does not become free for the first of them.
    """
    ends = []
    async with aiohttp.ClientSession() as session:
        await until_free(town, session)
        visiting = _Visiting(town, session, clock)
        wanted = plans(town.town.population, visits, skip=visiting.before, own_machine=town.kiosk == OWN_MACHINE)
        cards = [plan.person.card for plan in wanted if plan.person.card is not None]
        await asyncio.to_thread(town.town.stock().prepare, cards)
        for turn, plan in enumerate(wanted, 1):
            end = await visiting.make(plan)
            told(turn, end)
            ends.append(end)
            await keep_filled(town.printer)
    return tuple(ends)


class _Visiting:
    def __init__(self, town: RunningTown, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._town = town
        self._session = session
        self._clock = clock
        self._book = KioskBook(town.journal)
        self._coins = town.cash(clock)

    @property
    def before(self) -> int:
        """How many visits there were before."""
        return self._book.visits()

    async def make(self, plan: Plan) -> VisitEnd:
        """Make one visit, and hold it against the books."""
        began = self._clock.monotonic()
        place, pages, kept = self._book.newest(), set(self._town.printer.pages()), await self._kept()
        robot = Robot(self._town, plan.person, self._session, language=plan.language)
        screen = ""
        try:
            last = await robot.visit(Errand(kind=f"kind.{int(plan.kind)}", scope=plan.scope))
            screen = "" if last.state == "end" else f"the screen said: {last.heading}"
        except VisitFailedError as error:
            screen = str(error)
            await self._clear()
        seconds = self._clock.monotonic() - began
        entries = await self._book.since(place, self._clock, patience=_FINAL_SECONDS)
        out = [page.name for page in self._town.printer.pages() if page not in pages]
        faults = [screen, *_judge(plan, entries, await self._kept() - kept, len(out))]
        return VisitEnd(
            plan=plan,
            number=entries[0].number if entries else "",
            pngs=tuple(out),
            seconds=seconds,
            fault="; ".join(fault for fault in faults if fault),
        )

    async def _kept(self) -> int:
        counts = (await self._coins.state()).counts
        return counts.taken - counts.returned - counts.owed

    async def _clear(self) -> None:
        """Leave nothing lying that the next resident would find."""
        await self._town.slot.pull()
        self._town.printer.take_paper()


def _judge(plan: Plan, entries: Sequence[Entry], kept: int, pages: int) -> Iterator[str]:
    """Say what the books do not agree with."""
    if len(entries) != 1:
        yield f"{len(entries)} orders instead of one"
        return
    (entry,) = entries
    due = -(-len(plan.shown) // _PEOPLE_ON_A_PAGE)
    if entry.outcome is not Outcome.PRINTED or not entry.number:
        yield f"the journal says {entry.outcome.name.lower()}"
    if not entry.final:
        yield "no FINAL from the ward"
    if not entry.fee == entry.kept == kept:
        yield f"fee {entry.fee} yen, kept {entry.kept} by the journal and {kept} by the coin device"
    if pages != due:
        yield f"{pages} pages came out, {due} were due"
