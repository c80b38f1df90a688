"""The face, the made-up ward's template and its form: read once, handed to every test."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from konbini.pdf import reading
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.originals import Originals
from konbini.pdf.specimen import specimen_template
from konbini.pdf.template import Template

FACE = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")  # where Debian's fonts-ipamj-mincho puts it

check = partial(reading.check, originals=Originals((FACE,)))
"""The clerk's reading with this face: `check(pdf, facts, template, binding)`."""


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
