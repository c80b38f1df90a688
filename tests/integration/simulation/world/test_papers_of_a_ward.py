"""A ward with the world's papers: its own code from OPEN to DOCUMENT, and a fault of drawing stops it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.template import Template
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.protocol.numbers import binding
from konbini.simulation.town.town import Town
from konbini.simulation.world.papers.paper import Page, Shown, Text, read_paper
from konbini.simulation.world.papers.ports import SIMULATED, SimulatedPapers, WorldPapers
from konbini.simulation.world.papers.printed import number_on, subjects_on
from konbini.ward_server.issuing.desk import Form
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward, make_keys, open_ward

Fault = Callable[[Page], Page]


@pytest.fixture(scope="module")
def town_keys(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Make the town's keys."""
    return make_keys(tmp_path_factory.mktemp("keys") / "town")


@dataclasses.dataclass(frozen=True, slots=True)
class _FaultyForm:
    """A form that draws, then lets a fault at the paper's first page."""

    sound: Form
    fault: Fault

    @property
    def template(self) -> Template:
        return self.sound.template

    def fits(self, facts: PrintedFacts) -> None:
        self.sound.fits(facts)

    def pages(self, facts: PrintedFacts) -> int:
        return self.sound.pages(facts)

    def draw(self, facts: PrintedFacts, *, binding: bytes, seals: Sequence[bytes]) -> bytes:
        paper = read_paper(self.sound.draw(facts, binding=binding, seals=seals))
        first = self.fault(Page.from_bytes(paper.pages[0])).to_bytes()
        return dataclasses.replace(paper, pages=(first, *paper.pages[1:])).to_bytes()


class _FaultyPapers(SimulatedPapers):
    """Papers of which every first page is faulty."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def forms(self, templates: Sequence[Template], typefaces: Sequence[Path]) -> Mapping[str, Form]:
        sound = super().forms(templates, typefaces)
        return {name: _FaultyForm(form, self._fault) for name, form in sound.items()}


async def _ask(ward: Ward, kind: CertificateKind, scope: Scope) -> None:
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    due = menu.members if scope is Scope.WHOLE else menu.members[:1]
    asked = visit.order_body(kind=kind, scope=scope, options=Options(0), handles=[member.handle for member in due])
    told = await visit.send_order(asked)
    document = told.given_document
    SIMULATED.verify(
        told.pdf,
        authorities=ward.entry.paper_authorities,
        moment=visit.seconds,
        number=document.number,
        binding=binding(visit.t, 1, document.number),
        pages=document.pages,
    )
    pages = SIMULATED.pages(told.pdf)
    assert {number_on(page) for page in pages} == {document.number}
    names = [subject.name for page in pages for subject in subjects_on(page)]
    assert sorted(names) == sorted(member.name.replace("　", "") for member in due)
    await visit.printed(told)
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]


@pytest.mark.parametrize(
    ("kind", "scope"),
    [(CertificateKind.RESIDENT_RECORD, Scope.WHOLE), (CertificateKind.SEAL_REGISTRATION, Scope.SELF)],
    ids=["record", "seal"],
)
async def test_a_visit_from_open_to_final(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, kind: CertificateKind, scope: Scope
) -> None:
    """The sheets name whom the ward's menu named, and nobody else."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), papers=SIMULATED) as ward:
        await _ask(ward, kind, scope)
        assert ward.cases() == []


_FAULTS: dict[str, Fault] = {
    "a wrong field": lambda page: dataclasses.replace(page, texts=(*page.texts[:-1], Text(page.texts[-1].place, "別"))),
    "a missing seal": lambda page: dataclasses.replace(page, seal=b""),
    "another page": lambda page: dataclasses.replace(page, texts=page.texts[1:]),
    "invisible text under a picture": lambda page: dataclasses.replace(
        page,
        texts=(),
        hidden=page.texts,
        pictures=(*page.pictures, Shown(digest=bytes(32), place=1, says=(Text(2, "別人"),))),
    ),
}


@pytest.mark.parametrize("fault", sorted(_FAULTS))
async def test_a_fault_of_drawing_stops_the_ward(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, fault: str
) -> None:
    """The clerk signs nothing, the kiosk gets no paper, and whoever comes next gets none either."""
    papers: WorldPapers = dataclasses.replace(SIMULATED, issuing=_FaultyPapers(_FAULTS[fault]))
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), papers=papers) as ward:
        visit = ward.visit(HEAD)
        await visit.open()
        told = await visit.order(scope=Scope.SELF)
        assert told.code is Code.INTERNAL
        assert [state for state, _ in ward.issuances()] == [IssuanceState.VOID]
        assert (await ward.visit(HEAD).open()).code is Code.WARD_STOPPED
