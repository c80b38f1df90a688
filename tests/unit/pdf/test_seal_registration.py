"""The seal registration certificate: the impression at its true size, and no other impression in its place."""

from __future__ import annotations

import dataclasses
import io
import struct
import zlib
from collections.abc import Callable

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from konbini.pdf.facts import Mark
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms import seal_registration_grid as grid
from konbini.pdf.forms.geometry import MM
from konbini.pdf.forms.seal_registration import KIND, SealRegistrationForm
from konbini.pdf.printed import form_of
from konbini.pdf.seal_facts import Impression, SealRegistrationFacts
from konbini.pdf.specimen import specimen_template
from konbini.pdf.specimen.seal_registration import specimen_impression, specimen_seal_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import check
from tests.unit.pdf.documents import edited, rewritten

_BINDING = bytes(range(32))
_DOTS = 300


@pytest.fixture(scope="module")
def template() -> Template:
    """The made-up ward's certificate."""
    return specimen_template(KIND)


@pytest.fixture(scope="module")
def form(template: Template, typeface: Typeface) -> SealRegistrationForm:
    """The form, ready to draw."""
    return SealRegistrationForm(template, typeface)


@pytest.fixture(scope="module")
def plain_form(template: Template, typeface: Typeface) -> SealRegistrationForm:
    """The form without the pattern, whose dots would be measured with the seal."""
    return SealRegistrationForm(dataclasses.replace(template, copy_evident=False), typeface)


def _png(width: int, height: int, bits: int = 8) -> bytes:
    """A black rectangle: ink from edge to edge, so that its size on paper can be measured."""
    row = b"\0" + bytes((width * bits + 7) // 8)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    rows = zlib.compress(row * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _inked_mm(pdf: bytes) -> tuple[float, float]:
    """Measure what is inked within the impression's cell on the page's raster at 300 dots an inch."""
    page = pdfium.PdfDocument(pdf)[0].render(scale=_DOTS / 72, grayscale=True).to_pil()
    cell, height = grid.IMPRESSION, page.height
    edges = [round(edge * _DOTS / 72) for edge in (cell.left + 3, cell.top - 3, cell.right - 3, cell.bottom + 3)]
    cut = page.crop((edges[0], height - edges[1], edges[2], height - edges[3]))
    box = cut.point(lambda grey: 255 if grey < 128 else 0).getbbox()
    assert isinstance(page, Image.Image)
    assert box is not None
    return (box[2] - box[0]) * 25.4 / _DOTS, (box[3] - box[1]) * 25.4 / _DOTS


@pytest.mark.parametrize(
    ("samples", "dots", "millimetres"),
    [
        ((400, 400), 508, (20.0, 20.0)),
        ((315, 315), 400, (20.0, 20.0)),
        ((500, 500), 508, (25.0, 25.0)),
        ((100, 162), 508, (5.0, 8.1)),
        ((177, 130), 300, (15.0, 11.0)),
    ],
)
def test_a_seal_is_printed_at_its_true_size(
    plain_form: SealRegistrationForm,
    samples: tuple[int, int],
    dots: int,
    millimetres: tuple[float, float],
) -> None:
    """A 20.0 mm square measures 20.0 mm within 0.2 mm on the raster, and so do the smallest and the largest seal."""
    facts = dataclasses.replace(specimen_seal_facts(), impression=Impression(png=_png(*samples), dots_per_inch=dots))
    drawn = plain_form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    assert _inked_mm(drawn) == pytest.approx(millimetres, abs=0.2)


@pytest.mark.parametrize(
    ("samples", "dots"), [((160, 160), 508), ((501, 400), 508), ((400, 400), 100), ((400, 400), 2400), ((0, 0), 508)]
)
def test_a_size_that_no_seal_has_is_no_fact(samples: tuple[int, int], dots: int) -> None:
    """Within a square of 8 mm, beyond one of 25 mm, or scanned so that its size could not be trusted."""
    with pytest.raises(ValueError, match=r"size|coarsely|PNG"):
        Impression(png=_png(*samples), dots_per_inch=dots)


def test_the_made_up_certificate_reads_back(
    form: SealRegistrationForm, plain_form: SealRegistrationForm, template: Template
) -> None:
    """One page; the round seal of the specimen is 20.0 mm across."""
    facts = specimen_seal_facts()
    drawn = form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    check(drawn, facts, template, _BINDING)
    assert form.pages(facts) == 1
    drawn = plain_form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    assert _inked_mm(drawn) == pytest.approx((20.0, 20.0), abs=0.2)


def _refused(pdf: bytes, facts: SealRegistrationFacts, template: Template) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, facts, template, _BINDING)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def test_another_impression_is_found(form: SealRegistrationForm, template: Template) -> None:
    """The very page with another seal's picture in the place of the due one, of the same size."""
    facts = specimen_seal_facts()
    other = dataclasses.replace(facts, impression=Impression(png=_png(400, 400, 1), dots_per_inch=508))
    theirs = PdfFileReader(io.BytesIO(form.draw(other, binding=_BINDING, seals=specimen_seals(other))))

    def change(writer: PdfFileWriter) -> None:
        picture = theirs.root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"]["/Impression"]
        parts = writer.root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"]
        parts[pdf_name("/Impression")] = writer.add_object(writer.import_object(picture))

    pdf = rewritten(form.draw(facts, binding=_BINDING, seals=specimen_seals(facts)), change)
    assert _refused(pdf, facts, template) == "page 1, Impression: another picture"


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content.replace(b"/Impression Do", b"/Sheet1 Do"),
        lambda content: b"\n".join(line for line in content.split(b"\n") if b"/Impression" not in line),
        lambda content: content.replace(b"q 56.693 0 0 56.693", b"q 57.26 0 0 57.26"),
        lambda content: content.replace(b"q 56.693 0 0 56.693 ", b"q 56.693 0 0 56.693 9"),
    ],
)
def test_an_impression_missing_moved_or_scaled_is_found(
    form: SealRegistrationForm, template: Template, edit: Callable[[bytes], bytes]
) -> None:
    """One per cent larger is another seal to whoever lays one over the other."""
    facts = specimen_seal_facts()

    pdf = edited(form.draw(facts, binding=_BINDING, seals=specimen_seals(facts)), "Pages Kids 0 Contents", edit)
    assert _refused(pdf, facts, template).startswith("page 1")


_CELL = st.one_of(
    st.text("澄川葛𠮷　AZ09ー", min_size=1, max_size=40).map(str.strip).filter(bool), st.just(Mark.UNUSED)
)
_SAMPLES = st.tuples(st.integers(162, 500), st.integers(162, 500))


@settings(max_examples=40, deadline=None)
@given(cells=st.tuples(_CELL, _CELL, _CELL), samples=_SAMPLES)
def test_what_fits_is_drawn_and_reads_back(
    form: SealRegistrationForm,
    template: Template,
    cells: tuple[str | Mark, str | Mark, str | Mark],
    samples: tuple[int, int],
) -> None:
    """Any names and any seal: over the wire, onto paper, and back through the clerk's reading."""
    former, alias, katakana = cells
    facts = dataclasses.replace(
        specimen_seal_facts(),
        former_name=former,
        alias=alias,
        name_in_katakana=katakana,
        impression=Impression(png=_png(*samples), dots_per_inch=508),
    )
    wire = facts.to_wire()
    assert SealRegistrationFacts.from_wire(wire) == facts
    assert form_of(wire) == facts.form
    check(form.draw(facts, binding=_BINDING, seals=specimen_seals(facts)), facts, template, _BINDING)


def test_wire_noise_is_refused() -> None:
    """A field of another type, a damaged picture, the facts of another kind."""
    wire = specimen_seal_facts().to_wire()
    for changed in (wire[:-1], wire.replace(b"IHDR", b"IHDX"), wire.replace(b"seal registration facts", b"x" * 23)):
        with pytest.raises(Refused) as refused:
            SealRegistrationFacts.from_wire(changed)
        assert refused.value.code is Code.MALFORMED


def test_the_impressions_box_is_its_samples() -> None:
    """Twenty millimetres are twenty millimetres, about the middle of the cell."""
    seal = specimen_impression()
    box = grid.impression_box(seal.width_mm, seal.height_mm)
    assert (box.width, box.height) == pytest.approx((20 * MM, 20 * MM))
    assert box.left + box.right == pytest.approx(grid.IMPRESSION.left + grid.IMPRESSION.right)
    assert box.bottom + box.top == pytest.approx(grid.IMPRESSION.bottom + grid.IMPRESSION.top)
