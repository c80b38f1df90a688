"""The made-up household's papers of every form, as a ward of the world would draw them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from konbini.pdf.facts import CertificateFacts
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seal_registration import specimen_seal_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.simulation.town.pki.authority import Authority
from konbini.simulation.town.pki.papers import make_paper_authority, make_signing_certificate
from konbini.simulation.town.ward import SUMIKAWA
from konbini.simulation.world.papers.drawing import SimulatedForm
from konbini.simulation.world.papers.signing import SimulatedSigner

BINDING = bytes(range(32))
NOON = 1_763_780_400
"""Noon in Japan on the day of issue of the specimens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Facts, and what they are drawn with."""

    facts: CertificateFacts | SealRegistrationFacts
    template: Template
    seals: tuple[bytes, ...]

    @classmethod
    def of(cls, facts: CertificateFacts | SealRegistrationFacts, kind: str) -> Case:
        """Seal the facts for a kind of form of the made-up ward."""
        template = specimen_template(kind)
        facts = replace(facts, form=template.form)
        return cls(facts=facts, template=template, seals=specimen_seals(facts, kind))

    def draw(self) -> bytes:
        """Draw it."""
        return SimulatedForm(self.template).draw(self.facts, binding=BINDING, seals=self.seals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A ward's paper authority and the clerk's signer under it."""

    authority: Authority
    signer: SimulatedSigner

    @property
    def pinned(self) -> tuple[bytes, ...]:
        """What a kiosk pins."""
        return (self.authority.certificate_der(),)


def make_office() -> Office:
    """Make one with keys of its own."""
    authority = make_paper_authority(SUMIKAWA, NOON)
    credential = make_signing_certificate(authority, SUMIKAWA, NOON)
    return Office(authority=authority, signer=SimulatedSigner(credential.key_pem(), credential.certificate_der()))


def cases_of_every_form() -> dict[str, Case]:
    """Give one certificate of every form, of a whole household where the form holds one."""
    seal = specimen_seal_facts()
    found = {"seal-registration": Case.of(seal, "seal-registration")}
    for kind in FORM_KINDS:
        if kind != "seal-registration":
            people = (*PEOPLE, PEOPLE[0]) if "household" in kind else PEOPLE
            found[kind] = Case.of(specimen_facts(*people), kind)
    return found


@pytest.fixture(scope="session")
def office() -> Office:
    """A ward's paper authority and signer."""
    return make_office()


@pytest.fixture
def household() -> Case:
    """A household's certificate of two pages."""
    return Case.of(specimen_facts(*PEOPLE, PEOPLE[0]), "resident-record.household")


@pytest.fixture
def seal() -> Case:
    """A seal registration certificate."""
    return Case.of(specimen_seal_facts(), "seal-registration")
