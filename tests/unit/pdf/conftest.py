"""The face, the made-up ward's template and its form: read once, handed to every test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from konbini.pdf import reading
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.kinds import FORM_KINDS, FormKinds
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.originals import Originals
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template

FACE = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")  # where Debian's fonts-ipamj-mincho puts it

_ORIGINALS = Originals((FACE,))


_Facts = CertificateFacts | SealRegistrationFacts


def check(  # noqa: PLR0913 - as the clerk's own
    pdf: bytes,
    facts: _Facts,
    template: Template,
    binding: bytes,
    seals: Sequence[bytes] | None = None,
    *,
    kinds: FormKinds = FORM_KINDS,
) -> None:
    """Read as the clerk does, with this face and, where no others are named, the seals of the facts."""
    seals = specimen_seals(facts, template.kind) if seals is None else seals
    reading.check(pdf, facts, template, binding, seals, originals=_ORIGINALS, kinds=kinds)


@pytest.fixture(scope="session")
def typeface() -> Typeface:
    """IPAmj Mincho."""
    return Typeface(FACE)


@pytest.fixture(scope="session")
def template() -> Template:
    """The made-up ward's resident record, household form."""
    return specimen_template()


@pytest.fixture(scope="session")
def form(template: Template, typeface: Typeface) -> ResidentRecordForm:
    """The form, ready to draw."""
    return ResidentRecordForm(template, typeface)
