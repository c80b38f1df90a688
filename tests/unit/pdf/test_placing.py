"""The place of the signature: the five numbers that a whole reader finds, or a refusal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.signing.placing import Place, find_place
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals


def drawn(form: ResidentRecordForm, people: int, binding: int) -> bytes:
    """Draw a certificate."""
    return form.draw(
        specimen_facts(*(PEOPLE * 3)[:people]),
        binding=bytes([binding]) * 32,
        seals=specimen_seals(specimen_facts(*(PEOPLE * 3)[:people])),
    )


def read(pdf: bytes) -> tuple[int, ...]:
    """Let pyHanko find the numbers."""
    reader = PdfFileReader(io.BytesIO(pdf))
    field = reader.root["/AcroForm"]["/Fields"].raw_get(0)
    page = field.get_object().raw_get("/P")
    return (
        int(reader.trailer["/Size"]),
        reader.root_ref.idnum,
        field.idnum,
        page.idnum,
        int(reader.last_startxref or 0),
        int.from_bytes(reader.trailer["/ID"][0].original_bytes),
    )


def found(place: Place) -> tuple[int, ...]:
    """Give the same numbers of a place."""
    numbers = (place.size, place.root.number, place.field.number, place.page.number, place.table)
    return (*numbers, int.from_bytes(place.first_id))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.integers(1, 9), binding=st.integers(0, 255))
def test_what_a_reader_finds(form: ResidentRecordForm, people: int, binding: int) -> None:
    """Over documents of one page and of several."""
    pdf = drawn(form, people, binding)
    assert found(find_place(pdf)) == read(pdf)


@pytest.fixture(scope="module")
def pdf(form: ResidentRecordForm) -> bytes:
    """One document."""
    return drawn(form, 2, 7)


def _moved(pdf: bytes, by: int) -> bytes:
    start = pdf.rindex(b"startxref\n") + len(b"startxref\n")
    end = pdf.index(b"\n", start)
    return pdf[:start] + str(int(pdf[start:end]) + by).encode() + pdf[end:]


def _freed(pdf: bytes) -> bytes:
    root, table = find_place(pdf).root.number, pdf.rindex(b"\n0000000000 65535 f \n") + 1
    entry = table + 20 * root
    return pdf[:entry] + pdf[entry:].replace(b" 00000 n ", b" 00000 f ", 1)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing at all": lambda _: b"",
    "a line after the end": lambda pdf: pdf + b"\n",
    "no line at the end": lambda pdf: pdf[:-1],
    "another start of the table": lambda pdf: pdf.replace(b"startxref\n", b"startxref\n1"),
    "a table one byte on": lambda pdf: _moved(pdf, 1),
    "two signature fields": lambda pdf: pdf.replace(b" 0 R] /SigFlags", b" 0 R 1 0 R] /SigFlags"),
    "a field of some size": lambda pdf: pdf.replace(b"/Rect [0 0 0 0]", b"/Rect [0 0 9 9]"),
    "a field that has a value": lambda pdf: pdf.replace(b"/T (Clerk) /F 132", b"/T (Clerk) /V 132"),
    "a field on no page": lambda pdf: pdf.replace(b"/Annots [", b"/Annets ["),
    "an entry in the trailer": lambda pdf: pdf.replace(b" /Root ", b" /Info 1 0 R /Root "),
    "a table that begins elsewhere": lambda pdf: pdf.replace(b"xref\n0 ", b"xref\n1 "),
    "a table that miscounts": lambda pdf: re.sub(rb"xref\n0 [0-9]+", b"xref\n0 9", pdf),
    "a table of two sections": lambda pdf: pdf.replace(b" 65535 f \n", b" 65535 f \n1 1\n"),
    "an object that is not there": lambda pdf: pdf.replace(b"/Type /Catalog ", b"/Type /Katalog "),
    "a deleted catalogue": _freed,
}


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_another_shape_is_refused(pdf: bytes, what: str) -> None:
    """Each a document that was not drawn here, or not read."""
    changed = CHANGES[what](pdf)
    assert changed != pdf
    with pytest.raises(ValueError, match=r"document of ours"):
        find_place(changed)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(back=st.integers(1, 3000), value=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_means_the_same(pdf: bytes, back: int, value: int) -> None:
    """Never other numbers than a reader finds in the same bytes."""
    changed = bytearray(pdf)
    changed[-back] = value
    try:
        place = find_place(bytes(changed))
    except ValueError:
        return
    try:
        numbers = read(bytes(changed))
    except (PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError):
        return  # a document that no reader opens: refused where it is read, before this
    assert found(place) == numbers
