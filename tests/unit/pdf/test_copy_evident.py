"""The copy-evident pattern: two screens of one tone on whole pixels, the same bytes everywhere, and nothing beside."""

from __future__ import annotations

import dataclasses
import io
import zlib
from collections.abc import Callable
from itertools import product

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from konbini.kiosk.printing.raster import GREY, HEIGHT, WIDTH, PageRaster
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms import copy_evident
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, MM
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.second_reading import second_reading
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import check
from tests.unit.pdf.documents import at, edited, rewritten, syntax
from tests.unit.pdf.seen import signs_seen

_BINDING = bytes(range(32))
_FACTS = specimen_facts(*PEOPLE, PEOPLE[0])  # two pages
_PATTERN = "Pages Kids 1 Resources XObject Pattern"


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document of two pages."""
    return form.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))


def _refused(pdf: bytes, template: Template) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, _FACTS, template, _BINDING)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def test_both_screens_have_one_tone() -> None:
    """A cell of either screen has eight pixels of toner, every fourth of a letter's seven; under 6 % of the paper."""
    ground = "".join(copy_evident.screen(["...."] * 4)).count("1")
    letter = "".join(copy_evident.screen(["####"] * 4)).count("1")
    pixels = 16 * copy_evident.CELL[0] * copy_evident.CELL[1]
    assert (ground, letter) == (128, 124)
    assert 0.04 < letter / pixels <= ground / pixels < 0.06


def test_the_grounds_dots_stand_alone() -> None:
    """No two of its pixels touch, not even at a corner, so that each is lost by itself; over the edge of a cell too."""
    rows = copy_evident.screen(["..."] * 3)
    black = {(y, x) for y, row in enumerate(rows) for x, sign in enumerate(row) if sign == "1"}
    around = [(y, x) for y, x in product((-1, 0, 1), repeat=2) if (y, x) != (0, 0)]
    assert not any((y + dy, x + dx) in black for y, x in black for dy, dx in around)


def test_letters_are_made_of_wide_dots() -> None:
    """Each pixel of a letter's screen has a neighbour on both axes' side or is the corner of a lightened dot."""
    rows = copy_evident.screen(["####"] * 4)
    black = {(y, x) for y, row in enumerate(rows) for x, sign in enumerate(row) if sign == "1"}
    assert all({(y, x - 1), (y, x + 1)} & black or {(y - 1, x), (y + 1, x)} & black for y, x in black)


def test_the_word_is_two_letters() -> None:
    """複写: a grid of signs with space around it, so that words do not run into one another."""
    word = copy_evident.word()
    assert {len(row) for row in word} == {56}
    assert set("".join(word)) == {"#", "."}
    assert not any("#" in row[24:26] + row[50:] for row in word)
    assert not any("#" in row for row in word[24:])


def test_it_keeps_off_the_edges_and_the_foots_right_corner() -> None:
    """5 mm at the edges, where printers do not reach, and 45 mm by 40 mm for the code."""
    for one in copy_evident.placed():
        box = one.box
        assert box.left > 5 * MM
        assert box.bottom > 5 * MM
        assert box.right < A4_WIDTH - 5 * MM
        assert box.top < A4_HEIGHT - 5 * MM
        assert box.bottom > 47 * MM or box.right < A4_WIDTH - 54 * MM


def test_it_is_small() -> None:
    """All its samples in under 9 KB."""
    assert (
        sum(len(one.rows) for one in {one.picture.digest(): one.picture for one in copy_evident.placed()}.values())
        < 9000
    )


def test_a_kiosk_prints_its_very_pixels(drawn: bytes) -> None:
    """At 300 dots an inch each sample is one pixel, black or white, down the whole page: nothing is resampled."""
    assert (WIDTH, HEIGHT) == (copy_evident.PIXELS_ACROSS, copy_evident.PIXELS_DOWN)
    with PageRaster(drawn, GREY) as raster:
        raster._draw(1)
        pixels, stride = bytes(raster._bitmap), raster._stride
    for one in copy_evident.placed():
        left = round(one.box.left * WIDTH / A4_WIDTH)
        top = round((A4_HEIGHT - one.box.top) * HEIGHT / A4_HEIGHT)
        samples, bytes_a_row = zlib.decompress(one.picture.rows), 1 + (one.picture.width + 7) // 8
        for row in range(one.picture.height):
            line = samples[row * bytes_a_row + 1 : (row + 1) * bytes_a_row]
            bits = f"{int.from_bytes(line):0{8 * len(line)}b}"[:56]  # left of every form's grid
            due = bytes(0xFF if bit == "1" else 0 for bit in bits)
            assert pixels[(top + row) * stride + left :][:56] == due


def test_a_template_may_do_without(template: Template, typeface: Typeface, drawn: bytes) -> None:
    """Where it is not set the paper has none, and one that is not due is found, as one that is missing is."""
    plain = dataclasses.replace(template, copy_evident=False)
    document = ResidentRecordForm(plain, typeface).draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))
    check(document, _FACTS, plain, _BINDING)
    with second_reading(document) as pages:
        assert all(len(list(page.pictures())) == 2 for page in pages)
    assert "page 1" in _refused(drawn, plain)
    assert "page 1" in _refused(document, template)


def test_the_text_is_read_as_without_it(template: Template, typeface: Typeface, drawn: bytes) -> None:
    """It is no text and hides none."""
    document = ResidentRecordForm(dataclasses.replace(template, copy_evident=False), typeface)
    without = document.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))
    assert signs_seen(drawn) == signs_seen(without)


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content + b"\n1 1 1 rg 120 600 90 12 re f",
        lambda content: content + b"\n0.35 w 120 600 90 12 re S",
        lambda content: content + b"\nBT /L 9 Tf 1 0 0 1 100 100 Tm <0001> Tj ET",
        lambda content: content + b"\nq 500 0 0 500 50 50 cm /Band Do Q",
        lambda content: content.replace(b"/Foot", b"/Band"),
        lambda content: content.split(b"\n", 1)[1],
        lambda content: content.replace(b"q 5", b"q 4", 1),
    ],
)
def test_nothing_else_is_painted_in_its_name(drawn: bytes, template: Template, edit: Callable[[bytes], bytes]) -> None:
    """A cover, a frame, a text, a fifth band, a band in the foot, a missing band, a stretched one."""
    assert "Pattern" in _refused(edited(drawn, _PATTERN, edit), template)


def test_other_samples_are_found(drawn: bytes, template: Template) -> None:
    """A black band that would cover the page, under the pattern's name: its samples are compared."""

    def black(writer: PdfFileWriter) -> None:
        stream = at(writer, _PATTERN + " Resources XObject Band")
        assert isinstance(stream, generic.StreamObject)
        stream._encoded_data = zlib.compress(bytes(len(zlib.decompress(stream.encoded_data))))
        stream._data = None

    assert _refused(rewritten(drawn, black), template) == "page 1, Pattern, Band: another picture"


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (_PATTERN, "Matrix", b"[1 0 0 1 9 0]"),
        (_PATTERN, "BBox", b"[0 0 300 841.89]"),
        (_PATTERN, "Group", b"<< >>"),
        (_PATTERN + " Resources", "Font", b"<< >>"),
        (_PATTERN + " Resources XObject", "Seal", b"<< >>"),
        (_PATTERN + " Resources XObject Band", "Decode", b"[1 0]"),
        (_PATTERN + " Resources XObject Band", "ImageMask", b"true"),
        (_PATTERN + " Resources XObject Foot", "Height", b"8"),
    ],
)
def test_no_other_entry_stands_in_it(drawn: bytes, template: Template, path: str, key: str, value: bytes) -> None:
    """Matrices, groups, fonts, further pictures, inverted and stencilled samples."""

    def change(writer: PdfFileWriter) -> None:
        at(writer, path)[pdf_name(f"/{key}")] = syntax(value)

    assert "Pattern" in _refused(rewritten(drawn, change), template)


def test_a_page_without_it_is_found(drawn: bytes, template: Template) -> None:
    """The second page places it nowhere."""
    pdf = edited(drawn, "Pages Kids 1 Contents", lambda content: content.split(b"\n", 1)[1])
    assert _refused(pdf, template).startswith("page 2")


def test_every_page_places_it_first(drawn: bytes) -> None:
    """Everything else lies over it."""
    kids = PdfFileReader(io.BytesIO(drawn)).root["/Pages"]["/Kids"]
    assert len(kids) == 2
    for place in range(len(kids)):
        assert kids[place]["/Contents"].data.startswith(b"q 1 0 0 1 0 0 cm /Pattern Do Q\n")
