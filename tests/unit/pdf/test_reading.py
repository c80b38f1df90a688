"""The clerk's reading finds what was changed, wherever it was changed."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter, PdfFileWriter, copy_into_new_writer

from konbini.pdf.facts import CertificateFacts, Mark
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import check
from tests.unit.pdf.documents import rewritten
from tests.unit.pdf.seen import text_seen

_BINDING = bytes(range(32))
_FACTS = specimen_facts(*PEOPLE, PEOPLE[0])  # two pages
_SHOWN = re.compile(rb"<[0-9A-F]+> Tj")


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document of two pages."""
    return form.draw(_FACTS, binding=_BINDING, seals=specimen_seals(_FACTS))


def _refused(pdf: bytes, template: Template, facts: CertificateFacts = _FACTS, binding: bytes = _BINDING) -> str:
    with pytest.raises(Refused) as refused:
        check(pdf, facts, template, binding, specimen_seals(_FACTS))
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def _written(writer: BasePdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    return out.getvalue()


def _number(value: int) -> generic.NumberObject:
    return generic.NumberObject(value)  # type: ignore[no-untyped-call]  # pyHanko's


def _page(writer: PdfFileWriter, index: int = 0) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][index]
    assert isinstance(page, generic.DictionaryObject)
    return page


def _with_content(pdf: bytes, edit: Callable[[bytes], bytes], part: str | None = None) -> bytes:
    """The document with the first page's content, or one of its parts, edited."""

    def change(writer: PdfFileWriter) -> None:
        page = _page(writer)
        stream = page["/Contents"] if part is None else page["/Resources"]["/XObject"][part]
        edited = edit(stream.data)
        assert edited != stream.data
        stream._data = edited
        stream._encoded_data = None

    return rewritten(pdf, change)


def test_an_honest_document_passes(drawn: bytes, template: Template) -> None:
    """As drawn, and with its objects numbered otherwise."""
    check(drawn, _FACTS, template, _BINDING)
    anew = rewritten(drawn, lambda _: None)
    assert anew != drawn
    check(anew, _FACTS, template, _BINDING)


def test_what_another_hand_wrote_is_refused(drawn: bytes, template: Template) -> None:
    """The same objects in a library's spelling: right in all that is printed, and not read."""
    other = _written(copy_into_new_writer(PdfFileReader(io.BytesIO(drawn))))
    assert "not written as ours are" in _refused(other, template)


def test_pdfium_sees_variation_selectors(drawn: bytes) -> None:
    """What identifies a person is read back in full: selectors and second plane."""
    text = text_seen(drawn)
    assert "葛\U000e0102西　葛\U000e0103乃" in text
    assert "𠮷次郎" in text


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "葛\U000e0103西　太郎"}, "set hash"),
        ({"individual_number": "123456789018"}, "set hash"),
        ({"remarks": Mark.OMITTED}, "set hash"),
    ],
)
def test_another_persons_facts_are_found(drawn: bytes, template: Template, change: dict[str, str], where: str) -> None:
    """A certificate of other facts has another hash on every page."""
    person = dataclasses.replace(PEOPLE[0], **change)  # type: ignore[arg-type]  # cells
    assert where in _refused(drawn, template, specimen_facts(person, *PEOPLE[1:], PEOPLE[0]))


def _all_texts(pdf: bytes) -> list[bytes]:
    return _SHOWN.findall(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0]["/Contents"].data)


def test_every_text_of_a_page_is_compared(drawn: bytes, template: Template) -> None:
    """Each text in its turn, one character dropped: found every time, and named by its cell."""
    texts = _all_texts(drawn)
    assert len(texts) > 70
    for index in range(len(texts)):
        seen = iter(range(len(texts)))

        def shorter(found: re.Match[bytes], index: int = index, seen: object = seen) -> bytes:
            here = next(seen) == index  # type: ignore[call-overload]  # an iterator
            return b"<" + found[0][5:] if here else found[0]

        pdf = _with_content(drawn, lambda content, edit=shorter: _SHOWN.sub(edit, content))  # type: ignore[misc]
        assert _refused(pdf, template).startswith("page 1: ")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (rb"( 1 0 0 1 [\d.]+ [\d.]+ Tm) (<[0-9A-F]+> Tj)", rb"\1 \2\1 <00010002> Tj", "page 1: 住所"),
        (rb"/V 15 Tf 1 0 0 1 ([\d.]+) ", rb"/V 15 Tf 1 0 0 1 300 ", "outside"),
        (rb"/V 15 Tf 1 0 0 1 ([\d.]+) ([\d.]+) ", rb"/V 15 Tf 1 0 0 1 \1 9 ", "outside"),
        (rb"/V 15 Tf ", rb"/V 40 Tf ", "size"),
    ],
)
def test_text_beyond_its_cell_is_found(drawn: bytes, template: Template, old: bytes, new: bytes, where: str) -> None:
    """More text than is due, text moved across or down, text too large for its cell."""
    pdf = _with_content(drawn, lambda content: re.sub(old, new, content, count=1))
    assert where in _refused(pdf, template)


def test_text_in_the_margin_is_found(drawn: bytes, template: Template) -> None:
    """Nothing is printed that was not asked for, not even where no cell is."""
    pdf = _with_content(drawn, lambda content: content + b"\nBT /V 6 Tf 1 0 0 1 5 5 Tm <00010002> Tj ET")
    assert "outside" in _refused(pdf, template)


def test_two_values_exchanged_are_found_by_cell(drawn: bytes, template: Template) -> None:
    """The fault class of a form that draws a field into another's cell."""
    texts = _all_texts(drawn)
    name, reading = texts[4], texts[3]

    def exchange(content: bytes) -> bytes:
        return content.replace(name, b"@", 1).replace(reading, name, 1).replace(b"@", reading, 1)

    assert "person 1" in _refused(_with_content(drawn, exchange), template)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (rb"q [\d. ]+ cm /Seal Do Q\n", b"", "picture"),
        (rb"(q [\d. ]+ cm /Seal Do Q)", rb"\1\n\1", "is not the form's"),
        (rb"q 68", b"q 34", "picture"),
        (rb"q 0.92 g BT.* Tj ET Q\n", b"", "mark"),
        (rb"/L 20 Tf (.*) <[0-9A-F]{4}", rb"/L 20 Tf \1 <", "title"),
        (rb"/L 14 Tf (.*) <.*> Tj", rb"/L 14 Tf \1 <> Tj", "mayor"),
    ],
)
def test_the_forms_own_words_and_seal_are_compared(
    drawn: bytes, template: Template, old: bytes, new: bytes, where: str
) -> None:
    """A page without its official seal, with two, or with another size; without its title, mayor or specimen's mark."""
    pdf = _with_content(drawn, lambda content: re.sub(old, new, content, count=1), "/Sheet3")
    assert where in _refused(pdf, template)


def test_another_seal_is_found(drawn: bytes, template: Template) -> None:
    """One sample of the picture changed."""
    picture = dataclasses.replace(template.seal.picture, rows=template.seal.picture.rows[:-1] + b"?")
    other = dataclasses.replace(template, seal=dataclasses.replace(template.seal, picture=picture))
    assert "Seal: another picture" in _refused(drawn, other)


def test_pages_of_a_set_keep_their_order_and_number(drawn: bytes, template: Template) -> None:
    """Pages exchanged, a page missing, a page twice."""

    def kids(*order: int) -> Callable[[PdfFileWriter], None]:
        def change(writer: PdfFileWriter) -> None:
            tree = writer.root["/Pages"]
            found = [tree["/Kids"].raw_get(index) for index in range(2)]
            tree["/Kids"] = generic.ArrayObject([found[index] for index in order])
            tree["/Count"] = _number(len(order))

        return change

    for order in ((1, 0), (0,), (0, 1, 1), (0, 0)):
        assert "page" in _refused(rewritten(drawn, kids(*order)), template)


def test_pages_of_two_documents_never_make_one(form: ResidentRecordForm, drawn: bytes, template: Template) -> None:
    """Page 2 of another number is found by its code, before its number and hash are read."""
    other = form.draw(
        dataclasses.replace(_FACTS, number="131997-251122-10000009-5"),
        binding=_BINDING,
        seals=specimen_seals(dataclasses.replace(_FACTS, number="131997-251122-10000009-5")),
    )

    def change(writer: PdfFileWriter) -> None:
        foreign = PdfFileReader(io.BytesIO(other)).root["/Pages"]["/Kids"][1]
        page = _page(writer, 1)
        page[pdf_name("/Contents")] = writer.add_object(writer.import_object(foreign["/Contents"]))
        page[pdf_name("/Resources")] = writer.import_object(foreign["/Resources"])

    assert _refused(rewritten(drawn, change), template).startswith("page 2, Code2")


def test_a_turned_or_enlarged_page_is_found(drawn: bytes, template: Template) -> None:
    """The printer gets A4 upright."""
    for key, value in (
        ("/Rotate", _number(90)),
        ("/MediaBox", generic.ArrayObject(map(_number, (0, 0, 842, 1191)))),
    ):

        def change(writer: PdfFileWriter, key: str = key, value: generic.PdfObject = value) -> None:
            _page(writer)[pdf_name(key)] = value

        assert _refused(rewritten(drawn, change), template).startswith("page 1: ")


def test_another_binding_or_number_is_found(drawn: bytes, template: Template) -> None:
    """The document of another order, with the same facts."""
    assert "binding" in _refused(drawn, template, binding=bytes(32))
    other = dataclasses.replace(_FACTS, number="131997-251122-10000002-0")
    assert "number" in _refused(drawn, template, other)

    def without(writer: PdfFileWriter) -> None:
        del writer.root["/PieceInfo"]

    assert "catalogue" in _refused(rewritten(drawn, without), template)


def test_a_second_revision_is_found(drawn: bytes, template: Template) -> None:
    """Nothing is appended before the clerk signs, not even something invisible."""
    writer = IncrementalPdfFileWriter(io.BytesIO(drawn))
    writer.root["/Extra"] = _number(1)
    writer.update_root()  # type: ignore[no-untyped-call]  # pyHanko's
    assert "revision" in _refused(_written(writer), template)
    assert "revision" in _refused(drawn + drawn[drawn.rindex(b"startxref") :], template)


@pytest.mark.parametrize("cut", [0, 9, 1000, -40])
def test_what_is_no_document_is_refused(drawn: bytes, template: Template, cut: int) -> None:
    """Empty, cut short, noise."""
    _refused(drawn[:cut], template)


def test_no_refusal_tells_what_stands_on_the_page(drawn: bytes, template: Template) -> None:
    """The operator's log learns the place, never the text."""
    other = specimen_facts(dataclasses.replace(PEOPLE[0], name="別人"), *PEOPLE[1:], PEOPLE[0])
    detail = _refused(drawn, template, other)
    assert "別人" not in detail
    assert "太郎" not in detail
