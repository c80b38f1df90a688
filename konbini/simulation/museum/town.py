"""The simulated world with the museum's own operators and eyes in it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from konbini.pdf.template import load_all
from konbini.simulation.museum.finders import Finders
from konbini.simulation.museum.happenings import Happenings
from konbini.simulation.museum.looking import Looking, Register
from konbini.simulation.museum.mutant import Happening
from konbini.simulation.museum.operators import MuseumOffice
from konbini.simulation.museum.withdrawing import Withdrawing
from konbini.simulation.world.clocks import BEGIN
from konbini.simulation.world.counter.witness import NOBODY
from konbini.simulation.world.counter.witness import Sheet as OutSheet
from konbini.simulation.world.crowd import Crowd, standing_of
from konbini.simulation.world.papers.paper import Page
from konbini.simulation.world.papers.printed import number_on
from konbini.simulation.world.points import Point
from konbini.simulation.world.processes import Process
from konbini.simulation.world.running import World
from konbini.ward_server.issuing.config import read_config

__all__ = ["MuseumWorld"]

_OF_A_SHEET = frozenset((Point.RIGHT_PERSON, Point.FRESH, Point.PROTECTED))
_ENOUGH = 3
_OFFICE_SECONDS = 6.0
_STOPPED_SECONDS = 600.0
_LOOK_SECONDS = 10.0
_MILLISECONDS = 1000
_NO_VISITORS = frozenset((NOBODY, "staff"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    """When a number was reserved, and by when its paper was to be printed; seconds of the world."""

    reserved: float
    print_by: float


class MuseumWorld(World):
    """One world, whose wrong sheets are counted in `looking`.

    It ends with its last visit, without a quiet phase: what is asked is what came out. No visit begins any more once
    `_ENOUGH` wrong sheets were seen, or nothing came out for `_STOPPED_SECONDS`: a ward or a kiosk that found a
    mismatch has stopped, and whoever comes to it waits in vain.
    """

    looking: Looking
    besides: Sequence[Happening] = ()
    _last_sheet: float = 0.0
    _sheets: list[bytes]

    def __post_init__(self) -> None:
        """Let the office do more than on most days."""
        super().__post_init__()
        self._sheets = []
        self.profile = replace(self.profile, office=_OFFICE_SECONDS)

    async def run(self) -> None:
        """Begin, live and end."""
        await self.begin()
        try:
            await self.live()
        finally:
            await self.end()

    async def live(self) -> None:
        """Let the museum's operators act beside the world's office."""
        offices = [self._museum_office(place) for place in range(len(self.ground.wards))]
        self.looking = Looking(
            registers={
                ward.town.ward.code: Register(
                    people=ward.town.population.people, acts=office.acts, cancelled=office.cancelled
                )
                for ward, office in zip(self.ground.wards, offices, strict=True)
            },
            templates=load_all(self._templates()),
        )
        working = [Process(name="museum office").start(office.run()) for office in offices]
        services = {service.name: service for service in self.services}
        codes = [ward.town.ward.code for ward in self.ground.wards]
        counters = [kiosk.counter for kiosk in self._kiosks.values()]
        happening = Happenings(self.faults, services, codes, counters, self.ground.wards)
        going = [asyncio.create_task(happening.run(self.besides)), asyncio.create_task(self._close_when_stopped())]
        try:
            await super().live()
            if Happening.WITHDRAWN in self.besides:
                await self._withdraw()
        finally:
            for task in going:
                task.cancel()
            await asyncio.gather(*going, return_exceptions=True)
            self.faults.calm_down()
            for office in offices:
                office.stop()
            await asyncio.gather(*working)

    def came_out(self, sheet: OutSheet) -> None:
        """Look at a sheet as the world's checker does, and then with the museum's own eyes."""
        self._last_sheet = self.loop.time()
        self._sheets.append(sheet.content)
        findings = self.checker.findings
        seen, wrong = len(findings.violations), findings.wrong_papers
        super().came_out(sheet)
        found = findings.violations[seen:]
        is_wrong = findings.wrong_papers > wrong or any(one.point in _OF_A_SHEET for one in found)
        if not is_wrong and sheet.before not in _NO_VISITORS:
            ward, resident = standing_of(sheet.before)
            issued = self._issued(sheet.content, ward)
            ordered = self.loop.time() if issued is None else issued.reserved
            is_wrong = self.looking.is_wrong(sheet.content, ward, resident, ordered)
            is_wrong = is_wrong or self._is_late(issued, ward, resident)
        if is_wrong:
            self.looking.note(findings.visits)
        if self.looking.wrong >= _ENOUGH:
            self.crowd.left = 0

    async def _withdraw(self) -> None:
        """Have certificates of the first ward taken back, and count those that are called valid long after."""
        ward = self.ground.wards[0]
        withdrawing = Withdrawing(
            config=ward.town.configs / "publishing.toml",
            disks=ward.disks,
            socket=ward.town.run / "issuing-operators.sock",
            user=self.offices[0].user,
        )
        for content in self._sheets:
            withdrawing.came_out(number_on(content) or "", Page.from_bytes(content).seal)
        for _ in range(await Process(name="museum lists").start(withdrawing.run())):
            self.looking.note(self.checker.findings.visits)

    def _is_late(self, issued: _Issued | None, ward: str, resident: str) -> bool:
        """Say whether a sheet came out after its last moment, and somebody on it is held back by now."""
        late = issued is not None and issued.print_by < self.loop.time()
        return late and bool(self.checker.truths[ward].restricted(resident, self.loop.time()))

    def _issued(self, content: bytes, ward: str) -> _Issued | None:
        """Look up in the ward's rows what a sheet's number was given for."""
        ground = next(one for one in self.ground.wards if one.town.ward.code == ward)
        query = "SELECT reserved, print_by FROM issuance WHERE number = ? AND print_by IS NOT NULL"
        found = ground.disks["issuing"].query(query, (number_on(content),))
        return next((_Issued(reserved=_seconds(row[0]), print_by=_seconds(row[1])) for row in found), None)

    async def _close_when_stopped(self) -> None:
        """Let nobody come any more where nothing comes out."""
        self._last_sheet = self.loop.time()
        while self.loop.time() < self._last_sheet + _STOPPED_SECONDS:  # noqa: ASYNC110 - a paper rings no bell
            await asyncio.sleep(_LOOK_SECONDS)
        self.crowd.left = 0

    def _crowd(self, kind: type[Crowd] = Crowd) -> Crowd:
        return super()._crowd(Finders if Happening.CARDS_SWAPPED in self.besides else kind)

    def _museum_office(self, place: int) -> MuseumOffice:
        office, town = self.offices[place], self.ground.wards[place].town
        holders = ((one.record.resident, one.card) for one in town.population.people)
        return MuseumOffice(
            besides=self.besides,
            socket=office.socket,
            user=office.user,
            whom=office.whom,
            today=office.today,
            chance=random.Random(f"{self.plan.seed} museum office {place}"),  # noqa: S311 - reproducible, for a simulation
            between=self.profile.office,
            serials={who: town.card_authority.card_serial(card.serial).serial for who, card in holders if card},
            issuer=town.ward_card_authority.key_id,
            acts=office.acts,
        )

    def _templates(self) -> Path:
        """Give where the wards' templates are: all of them draw with the same."""
        return read_config(self.ground.towns[0].configs / "issuing.toml").templates


def _seconds(moment: int) -> float:
    """Give Unix seconds, as a clock that is right shows them, as seconds of the world."""
    return moment - BEGIN / _MILLISECONDS
