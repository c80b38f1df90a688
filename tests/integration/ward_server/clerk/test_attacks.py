"""Whoever holds `issuing` hands the clerk a finished paper that is not what it certified: nothing is signed."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # it ships no types
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from konbini.pdf.forms import resident_record_grid as grid
from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from tests.integration.ward_server.clerk.test_sealing import certified, draw, facts_of, person, refuses
from tests.integration.ward_server.ward import Ward
from tests.unit.pdf.documents import at, edited, rewritten

_PAGE = "Pages Kids 0"
_CONTENT = f"{_PAGE} Contents"
_FONT = f"{_PAGE} Resources Font V"
_BELOW = f"{_FONT} DescendantFonts 0"
_PROGRAM = f"{_BELOW} FontDescriptor FontFile2"
_NUMBER = "123456789018"

Attack = Callable[[bytes, bytes], bytes]
"""Makes a paper of the right one, and of one that was drawn for somebody else."""


def _stream(pdf: bytes, path: str) -> bytes:
    found: generic.PdfObject = PdfFileReader(io.BytesIO(pdf)).root
    for step in path.split():
        assert isinstance(found, generic.DictionaryObject | generic.ArrayObject)
        found = found[int(step)] if isinstance(found, generic.ArrayObject) else found[f"/{step}"]
    assert isinstance(found, generic.StreamObject)
    return bytes(found.data)


def _picture_of(pdf: bytes) -> generic.StreamObject:
    """A grey picture of the first page."""
    document = pdfium.PdfDocument(pdf)
    try:
        bitmap = document[0].render(scale=2, grayscale=True)
        samples = bytes(bitmap.buffer)
        entries = {
            "Type": pdf_name("/XObject"),
            "Subtype": pdf_name("/Image"),
            "Width": generic.NumberObject(bitmap.stride),  # type: ignore[no-untyped-call]  # pyHanko's
            "Height": generic.NumberObject(bitmap.height),  # type: ignore[no-untyped-call]
            "BitsPerComponent": generic.NumberObject(8),  # type: ignore[no-untyped-call]
            "ColorSpace": pdf_name("/DeviceGray"),
        }
    finally:
        document.close()
    stream = generic.StreamObject({pdf_name(f"/{name}"): value for name, value in entries.items()}, stream_data=samples)
    stream.compress()  # type: ignore[no-untyped-call]
    return stream


def _invisible_text_under_anothers_picture(right: bytes, other: bytes) -> bytes:
    """Every text is as the facts say and cannot be seen; what is seen is another person's page."""

    def change(writer: PdfFileWriter) -> None:
        at(writer, f"{_PAGE} Resources XObject")[pdf_name("/Other")] = writer.add_object(_picture_of(other))

    hidden = edited(
        right,
        _CONTENT,
        lambda content: content.replace(b"BT ", b"BT 3 Tr ") + b"\nq 595.276 0 0 841.89 0 0 cm /Other Do Q",
    )
    return rewritten(hidden, change)


def _the_subset_of_another_paper(right: bytes, other: bytes) -> bytes:
    """The text map says one name; the outlines are another's."""
    program = _stream(other, _PROGRAM)
    return edited(right, _PROGRAM, lambda _: program)


def _one_glyph_for_another(right: bytes, _other: bytes) -> bytes:
    """The map of codes to glyphs has two of them exchanged."""

    def swap(content: bytes) -> bytes:
        places = list(struct.unpack(f">{len(content) // 2}H", content))
        places[1], places[2] = places[2], places[1]
        return struct.pack(f">{len(places)}H", *places)

    return edited(right, f"{_BELOW} CIDToGIDMap", swap)


def _no_official_seal(right: bytes, _other: bytes) -> bytes:
    """The picture is in the file, and no page shows it."""
    parts = PdfFileReader(io.BytesIO(right)).root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"]
    (sheet,) = (name for name in parts if name.startswith("/Sheet"))
    path = f"{_PAGE} Resources XObject {sheet[1:]}"
    return edited(right, path, lambda content: re.sub(rb"q [\d. ]+ cm /Seal Do Q\n", b"", content))


def _the_page_of_another_paper(right: bytes, other: bytes) -> bytes:
    """Trailer, binding and number of the right one, with the other's page."""

    def change(writer: PdfFileWriter) -> None:
        foreign, page = PdfFileReader(io.BytesIO(other)).root["/Pages"]["/Kids"][0], at(writer, _PAGE)
        page[pdf_name("/Contents")] = writer.add_object(writer.import_object(foreign["/Contents"]))
        page[pdf_name("/Resources")] = writer.import_object(foreign["/Resources"])

    return rewritten(right, change)


def _an_extra_revision(right: bytes, _other: bytes) -> bytes:
    """Something that a later reader could take up, and that changes nothing that is seen."""
    writer = IncrementalPdfFileWriter(io.BytesIO(right))
    writer.root["/Lang"] = generic.pdf_string("ja")
    writer.update_root()  # type: ignore[no-untyped-call]  # pyHanko's
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    return out.getvalue()


def _an_individual_number_that_nobody_asked_for(right: bytes, _other: bytes) -> bytes:
    """Written into its own cell, by a font that has its digits, beside the mark that the facts have there."""
    mapped = _stream(right, f"{_FONT} ToUnicode").decode()
    codes = {
        bytes.fromhex(text).decode("utf-16-be"): code
        for code, text in re.findall(r"^<(.{4})> <(.+)>$", mapped, re.MULTILINE)
    }
    (box,) = (cell.box for cell in grid.JAPANESE if cell.label == "個人番号")
    shown = "".join(codes.get(digit, codes["1"]) for digit in _NUMBER)
    line = f"BT /V 6 Tf 1 0 0 1 {box.left + 2:.3f} {box.bottom + 3:.3f} Tm <{shown}> Tj ET"
    return edited(right, _CONTENT, lambda content: content + b"\n" + line.encode())


ATTACKS: tuple[Attack, ...] = (
    _invisible_text_under_anothers_picture,
    _the_subset_of_another_paper,
    _one_glyph_for_another,
    _no_official_seal,
    _the_page_of_another_paper,
    _an_extra_revision,
    _an_individual_number_that_nobody_asked_for,
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.strip("_"))
async def test_nothing_is_signed(ward: Ward, attack: Attack) -> None:
    """Refused as a mismatch, which stops the clerk for everybody."""
    one = await certified(ward)
    right = draw(ward, one)
    other = draw(ward, one, facts=person(facts_of(one), name="別府　千鶴"))
    await refuses(ward, one.order, attack(right, other), Code.PAGE_MISMATCH)
    assert ward.stops()["clerk"] is Code.PAGE_MISMATCH
    assert ward.events("clerk")[-2:] == [
        (AuditEvent.SEAL_REFUSED, Code.PAGE_MISMATCH),
        (AuditEvent.CLERK_STOPPED, Code.PAGE_MISMATCH),
    ]
