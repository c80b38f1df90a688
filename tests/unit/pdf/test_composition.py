"""The clerk refuses what the form is not made of: what would cover, colour, hide or add over text that is right."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from konbini.pdf.content import read_lines
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope
from tests.unit.pdf.conftest import check
from tests.unit.pdf.documents import at, edited, rewritten, syntax

_BINDING = bytes(range(32))
_FACTS = specimen_facts(*PEOPLE, PEOPLE[0])  # two pages
_COVER = b"1 1 1 rg 120 600 90 12 re f"
_STROKES = b"0 0 0 RG 0.5 w 125 602 m 140 611 l S"
_OPERATORS = (
    "b B b* B* BDC BI BMC BT BX c CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k l M m MP n q Q re "
    "RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \""
)
"""Every operator of ISO 32000-1, Annex A; none of them makes a line of ours when it stands alone."""


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document of two pages."""
    return form.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))


def _refused(pdf: bytes, template: Template, facts: CertificateFacts = _FACTS) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, facts, template, _BINDING)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


_STREAMS = (
    "Pages Kids 0 Contents",
    "Pages Kids 1 Contents",
    "Pages Kids 0 Resources XObject Sheet3",
    "Pages Kids 0 Resources XObject Japanese",
    "Pages Kids 0 Resources XObject Foreign",
    "Pages Kids 1 Resources XObject Unused3",
)


@pytest.mark.parametrize("count", range(1, 13))
def test_honest_documents_pass(form: ResidentRecordForm, template: Template, count: int) -> None:
    """One person to twelve, Japanese and foreign, in each scope."""
    people = (PEOPLE * 3)[-count:]
    facts = dataclasses.replace(specimen_facts(*people), scope=list(Scope)[count % len(Scope)])
    check(form.draw(facts, binding=_BINDING, seals=specimen_seals(facts)), facts, template, _BINDING)


def test_a_form_that_is_no_specimen_passes(template: Template, typeface: Typeface) -> None:
    """Without the mark nothing is grey, and a mark that is not due is found."""
    real = dataclasses.replace(template, specimen=False)
    check(
        ResidentRecordForm(real, typeface).draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS)),
        _FACTS,
        real,
        _BINDING,
    )
    marked = ResidentRecordForm(template, typeface).draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))
    assert "Sheet3" in _refused(marked, real)


@pytest.mark.parametrize("path", _STREAMS)
@pytest.mark.parametrize(
    "added",
    [
        _COVER + b"\n" + _STROKES,
        b"0.35 w 120 600 90 12 re S",
        b"0.35 w 125 602 m 140 611 l S",
        b"120 600 90 12 re W n",
        b"1 g",
        b"3 Tr",
        b"/G gs",
        b"/S sh",
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI",
        b"q 1 0 0 1 0 0 cm /Sheet3 Do Q",
        b"% nothing",
        b"",
    ],
)
def test_nothing_is_painted_beside_the_form(drawn: bytes, template: Template, path: str, added: bytes) -> None:
    """A white cover with strokes over right text, a frame, a rule, a clip, a colour, ... after and before the rest."""
    assert "page" in _refused(edited(drawn, path, lambda content: content + b"\n" + added), template)
    assert "page" in _refused(edited(drawn, path, lambda content: added + b"\n" + content), template)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"BT /V", rb"BT 3 Tr /V"),
        (rb"BT /V", rb"1 1 1 rg BT /V"),
        (rb"BT /V", rb"q 0.92 g BT /V"),
        (rb"BT /V [\d.]+ Tf", rb"BT /V 0.1 Tf"),
        (rb"BT /V [\d.]+ Tf", rb"BT /V -10 Tf"),
        (rb"Tm <(....)", rb"Tm <0000\1"),
        (rb"Tm <(....)", rb"Tm <FFF0\1"),
        (rb"Tm <", rb"Tm 50 Tz <"),
        (rb"1 0 0 1 ", rb"1 0 0 0.01 "),
        (rb"1 0 0 1 ", rb"-1 0 0 1 "),
        (rb"\n", rb"\r\n"),
        (rb"(?s)(q [^\n]* Do Q)\n(.*)", rb"\2\n\1"),
    ],
)
def test_a_text_is_shown_as_the_form_shows_it(drawn: bytes, template: Template, old: bytes, new: bytes) -> None:
    """Invisible, white, grey, tiny, mirrored, flattened, with unmapped characters; or under the form's own parts."""
    pdf = edited(drawn, _STREAMS[0], lambda content: re.sub(old, new, content, count=1))
    assert _refused(pdf, template).startswith("page 1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"^q 0.92 g", rb"q 0 g"),
        (rb"^(q 0.92 g[^\n]*)\n(?s:(.*))", rb"\2\n\1"),
        (rb"0.9 w", rb"9 w"),
        (rb"0.4 w [\d.]+ ", rb"0.4 w 9 "),
        (rb" Tz ", rb"0 Tz "),
        (rb"[\d.]+ Tz ", rb"1 Tz "),
    ],
)
def test_the_forms_own_parts_are_compared(drawn: bytes, template: Template, old: bytes, new: bytes) -> None:
    """The mark in black or over the text, a rule as broad as a row, a rule elsewhere, a label squeezed or stretched."""
    pdf = edited(drawn, _STREAMS[2], lambda content: re.sub(old, new, content, count=1))
    assert _refused(pdf, template).startswith("page 1, Sheet3")


def test_another_mayors_line_is_found(drawn: bytes, template: Template, typeface: Typeface) -> None:
    """The part of a form of another template, put into an honest document."""
    other = ResidentRecordForm(dataclasses.replace(template, mayor="澄川区長　別　人"), typeface)
    foreign = PdfFileReader(io.BytesIO(other.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))))

    def change(writer: PdfFileWriter) -> None:
        sheet = foreign.root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"]["/Sheet3"]
        parts = at(writer, "Pages Kids 0 Resources XObject")
        parts[pdf_name("/Sheet3")] = writer.add_object(writer.import_object(sheet))

    assert _refused(rewritten(drawn, change), template) == "page 1: mayor"


_ANNOTATION = b"[<< /Type /Annot /Subtype /Square /Rect [100 500 200 600] /IC [1 1 1] >>]"
_PAGE, _SHEET = "Pages Kids 0", "Pages Kids 0 Resources XObject Sheet3"
_FONT = "Pages Kids 0 Resources Font V"


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("", "OCProperties", b"<< /OCGs [] >>"),
        ("", "OpenAction", b"<< /S /Print >>"),
        ("", "AA", b"<< >>"),
        ("", "Names", b"<< >>"),
        ("AcroForm", "XFA", b"(x)"),
        ("AcroForm", "NeedAppearances", b"true"),
        ("AcroForm Fields 0", "AP", b"<< >>"),
        ("AcroForm Fields 0", "MK", b"<< /BG [1] >>"),
        ("AcroForm Fields 0", "Rect", b"[100 500 200 600]"),
        ("AcroForm Fields 0", "Subtype", b"/Stamp"),
        ("Pages", "Rotate", b"180"),
        (_PAGE, "Annots", _ANNOTATION),
        ("Pages Kids 1", "Annots", _ANNOTATION),
        (_PAGE, "AA", b"<< >>"),
        (_PAGE, "Group", b"<< >>"),
        (_PAGE, "UserUnit", b"2"),
        (_PAGE, "CropBox", b"[0 0 100 100]"),
        (_PAGE, "MediaBox", b"[100 100 695.276 941.89]"),
        (_PAGE + " Contents", "DecodeParms", b"<< /Predictor 1 >>"),
        (_PAGE + " Resources", "Pattern", b"<< >>"),
        (_PAGE + " Resources", "ExtGState", b"<< >>"),
        (_PAGE + " Resources", "Properties", b"<< >>"),
        (_PAGE + " Resources Font", "W", b"<< >>"),
        (_SHEET, "Matrix", b"[1 0 0 1 9 0]"),
        (_SHEET, "OC", b"<< >>"),
        (_SHEET, "BBox", b"[0 0 300 841.89]"),
        (_SHEET + " Resources", "ColorSpace", b"<< >>"),
        (_SHEET + " Resources XObject Seal", "Decode", b"[1 0]"),
        (_SHEET + " Resources XObject Seal", "Width", b"8"),
        (_SHEET + " Resources XObject Seal", "ColorSpace", b"/DeviceRGB"),
        (_FONT, "Subtype", b"/Type3"),
        (_FONT, "Encoding", b"/Identity-V"),
        (_FONT, "CharProcs", b"<< >>"),
        (_FONT + " DescendantFonts 0", "W", b"[1 [1000]]"),
        (_FONT + " DescendantFonts 0", "DW2", b"[0 0]"),
        (_FONT + " DescendantFonts 0 FontDescriptor", "FontFile3", b"<< >>"),
    ],
)
def test_no_other_entry_stands_in_the_document(
    drawn: bytes, template: Template, path: str, key: str, value: bytes
) -> None:
    """Optional content, actions, annotations, fields, patterns, graphics states, groups, matrices, other fonts."""

    def change(writer: PdfFileWriter) -> None:
        at(writer, path)[pdf_name(f"/{key}")] = syntax(value)

    assert _refused(rewritten(drawn, change), template)


def test_an_extra_part_is_found(drawn: bytes, template: Template) -> None:
    """A form XObject among the resources that the page has no use for."""

    def change(writer: PdfFileWriter) -> None:
        parts = at(writer, "Pages Kids 0 Resources XObject")
        parts[pdf_name("/Extra")] = parts.raw_get("/Sheet3")

    assert "page 1" in _refused(rewritten(drawn, change), template)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"(<0001> <....)", rb"\g<1>0041"),
        (rb"(<0001>) <....>", rb"\1 <>"),
        (rb"(?s)(<0001>) <....>(.*<0002>) (<....>)", rb"\1 \3\2 \3"),
        (rb"endcmap", rb"% x\nendcmap"),
    ],
)
def test_the_text_map_is_as_the_form_writes_it(drawn: bytes, template: Template, old: bytes, new: bytes) -> None:
    """A code of two characters, a code of none, a text that stands twice, a comment."""
    pdf = edited(drawn, _FONT + " ToUnicode", lambda content: re.sub(old, new, content))
    assert "font" in _refused(pdf, template)


@pytest.mark.parametrize("operands", ["", "1 ", "0 0 0 ", "1 0 0 1 0 0 ", "/P "])
def test_no_operator_alone_is_a_line(operands: str) -> None:
    """The list is closed: an operator counts only within a whole line of the form."""
    for operator in _OPERATORS.split():
        with pytest.raises(Refused):
            read_lines(f"{operands}{operator}".encode(), {}, "page 1")
