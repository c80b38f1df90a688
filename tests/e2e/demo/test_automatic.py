"""The demo without a person: from the typed command to the pictures of the pages, each with the right names on it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms import sheet
from konbini.pdf.forms.geometry import A4_WIDTH
from konbini.process.clock import SystemClock
from konbini.process.entropy import SystemEntropy
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber
from konbini.simulation.demo.automatic import Plan, plans
from konbini.simulation.demo.step_times import STEPS
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.people import Population
from konbini.simulation.town.seals import draw_seal
from konbini.simulation.town.typeface import TYPEFACE
from tests import impressions
from tests.e2e.demo.seeing import inked, likeness, numbered
from tests.impressions import inked_mm, overlaid
from tests.postgres import check_installed, serving

_RESIDENTS = 200
_SEED = 1
_SAME = 0.95
"""What the same glyphs come to at least; other names of the same length come to 0.8."""
_NAME = next(cell for cell in grid.JAPANESE if cell.field == "name").box


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """What the command said, and where its pages lie."""

    status: int
    last: Mapping[str, object]
    tray: Path


async def test_three_residents_get_their_own_certificates(konbini: str, folder: Path) -> None:
    """Three visits print three certificates, each picture with its number and with the right people's names."""
    ran = await _automatic(konbini, folder, visits=3)
    wanted = _check(ran, folder, visits=3)
    assert CertificateKind.SEAL_REGISTRATION in {plan.kind for plan in wanted}


async def test_ward_cards_at_the_wards_own_machine(konbini: str, folder: Path) -> None:
    """Residents whose only card is the ward's own get their papers; the center knows of no visit."""
    ran = await _automatic(konbini, folder, "--own-machine", visits=2)
    wanted = _check(ran, folder, visits=2, own_machine=True)
    assert all(plan.person.card is None and plan.person.ward_card for plan in wanted)
    with closing(sqlite3.connect(folder / "town" / "data" / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM visit").fetchone() == (0,)


@pytest.mark.long
async def test_the_same_with_the_wards_rows_at_a_server(konbini: str, folder: Path) -> None:
    """Registry, issuing and clerk keep a schema each in one database of PostgreSQL."""
    check_installed()
    with serving() as server:
        database = f"postgresql:///postgres?host={server.folder}&user={server.user}"
        ran = await _automatic(konbini, folder, "--store", database, visits=3)
        _check(ran, folder, visits=3)
        issued = await asyncio.to_thread(server.run, "SELECT count(*) FROM issuing.issuance")
        assert issued == [(3,)]
        assert not list((folder / "town" / "data").glob("issuing.db*"))


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_twenty_residents_get_their_own_certificates(konbini: str, folder: Path) -> None:
    """The same for twenty."""
    ran = await _automatic(konbini, folder, visits=20)
    wanted = _check(ran, folder, visits=20)
    assert CertificateKind.SEAL_REGISTRATION in {plan.kind for plan in wanted}


async def test_more_visits_than_residents_are_refused(konbini: str, folder: Path) -> None:
    """A small town cannot send so many: it says so before anything is started, and ends."""
    process = await _start(konbini, folder, visits=500)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"residents of this town can come, not 500" in said
    assert b"starting" not in said
    assert not list((folder / "town" / "data").iterdir())


async def _start(konbini: str, folder: Path, *more: str, visits: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(konbini, "demo", "--auto", "--json", "--visits", str(visits), "--residents", str(_RESIDENTS)),
        *("--seed", str(_SEED), "--dir", str(folder / "town"), "--out", str(folder / "papers"), *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _automatic(konbini: str, folder: Path, *more: str, visits: int) -> _Ran:
    process = await _start(konbini, folder, *more, visits=visits)
    out, said = await process.communicate()
    assert process.returncode == 0, f"{out.decode()}\n{said.decode()}"
    return _Ran(status=process.returncode, last=json.loads(out.splitlines()[-1]), tray=folder / "papers")


def _check(ran: _Ran, folder: Path, *, visits: int, own_machine: bool = False) -> tuple[Plan, ...]:
    """Hold the last line and the pictures against the town's own people; gives who was to come."""
    assert set(ran.last) == {"visits", "printed", "papers", "step_ms"}
    assert ran.last["visits"] == ran.last["printed"] == visits
    steps = ran.last["step_ms"]
    assert isinstance(steps, dict)
    assert list(steps) == list(STEPS)
    assert all(0 < step["p50"] <= step["p95"] for step in steps.values())
    town = make_town(folder / "town", SystemClock(), SystemEntropy(), seed=_SEED, residents=_RESIDENTS)
    wanted = plans(town.population, visits, own_machine=own_machine)
    papers = ran.last["papers"]
    assert isinstance(papers, list)
    assert [paper["subject"] for paper in papers] == [plan.person.record.name for plan in wanted]
    numbers = [paper["number"] for paper in papers]
    assert len(set(numbers)) == visits
    pictures = [name for paper in papers for name in paper["pngs"]]
    assert sorted(pictures) == sorted(page.name for page in ran.tray.glob("*.png"))
    for paper, plan in zip(papers, wanted, strict=True):
        assert str(IssuanceNumber.parse(paper["number"])) == paper["number"]
        pages = [ran.tray / name for name in paper["pngs"]]
        _check_number(pages, paper["number"], [each for each in numbers if each != paper["number"]])
        if plan.kind is CertificateKind.SEAL_REGISTRATION:
            _check_seal(pages, plan, town.population)
        else:
            _check_names(pages, plan, town.population)
    return wanted


def _check_number(pages: Sequence[Path], number: str, others: Sequence[str]) -> None:
    """Each page bears this order's number dot for dot, and no other order's."""
    for path in pages:
        with Image.open(path) as page:
            found, mode = inked(page, sheet.NUMBER, TYPEFACE), page.mode
        assert _same(found, numbered(number, mode, TYPEFACE)), number
        assert not any(_same(found, numbered(other, mode, TYPEFACE)) for other in others), number


def _same(found: Image.Image, expected: Image.Image) -> bool:
    return found.size == expected.size and found.tobytes() == expected.tobytes()


def _check_names(pages: Sequence[Path], plan: Plan, population: Population) -> None:
    """The name cells bear the names that the plan wants, and no others of the town."""
    names = [person.record.name for person in plan.shown]
    others = [person.record.name for person in population.people if person.record.name not in names]
    for place, path in enumerate(pages):
        with Image.open(path) as page:
            due = names[place * grid.BLOCKS : (place + 1) * grid.BLOCKS]
            for name, found in zip(due, _name_cells(page, len(due)), strict=True):
                own = likeness(found, name, TYPEFACE)
                assert own > _SAME, name
                assert own > max(likeness(found, other, TYPEFACE) for other in others), name


def _check_seal(pages: Sequence[Path], plan: Plan, population: Population) -> None:
    """One page, with the resident's own seal on it and no other of the town: the same ink, at exactly its true size."""
    assert plan.person.seal is not None
    (path,) = pages
    with Image.open(path) as page:
        dots_per_inch = page.width / A4_WIDTH * 72
        millimetres = plan.person.seal.millimetres
        assert inked_mm(page, dots_per_inch) == pytest.approx((millimetres, millimetres), abs=0.2)
        found = impressions.inked(page, dots_per_inch)
    likenesses = {
        person.record.resident: overlaid(found, Image.open(BytesIO(draw_seal(person.seal, TYPEFACE))))
        for person in population.people
        if person.seal is not None
    }
    own = likenesses.pop(plan.person.record.resident)
    assert own > _SAME
    assert own > max(likenesses.values())


def _name_cells(page: Image.Image, people: int) -> Iterator[Image.Image]:
    for place in range(people):
        yield inked(page, _NAME.moved(up=-place * grid.BLOCK_HEIGHT), TYPEFACE)
