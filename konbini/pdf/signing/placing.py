"""Where the signature goes in a document of ours, read off its last bytes.

Our documents have one shape (`objects.Revision`, `archive.close`): one cross-reference table of one section at the
end, a trailer of three entries, a catalogue that names one empty signature field, a field of fixed words on the first
page. Exactly that is looked for, at the places that the table names, and anything else refuses: a whole reader of PDF
would spend ten times as long to find the same five numbers. What the pages say was read before, by the clerk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from konbini.pdf.archive import signature_field
from konbini.pdf.objects import ObjectId

__all__ = ["Place", "find_place"]

_TAIL: Final = re.compile(rb"startxref\n([1-9][0-9]{0,9})\n%%EOF\n\Z")
_TABLE: Final = re.compile(
    rb"xref\n0 (?P<count>[1-9][0-9]{0,6})\n(?P<table>0000000000 65535 f \n(?:[0-9]{10} 00000 n \n)+)"
    rb"trailer\n<< /Size (?P<size>[0-9]{1,7}) /Root (?P<root>[0-9]{1,7}) 0 R "
    rb"/ID \[<(?P<first>[0-9A-F]{32})> <[0-9A-F]{32}>\] >>\n"
)
_ENTRY_BYTES: Final = 20
_PLACE_DIGITS: Final = 10
_FIELDS: Final = re.compile(rb"/AcroForm << /Fields \[([0-9]{1,7}) 0 R\] /SigFlags 3 >>")
_PAGE: Final = re.compile(rb"/P ([0-9]{1,7}) 0 R >>\Z")
_TAIL_BYTES: Final = 64
_MOST_OBJECT_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an update after the document must know of it.

    Attributes:
        size: the number of the next new object.
        root: the catalogue.
        catalogue: its body, `<< ... >>`.
        field: the signature field.
        page: the page that carries its widget.
        table: where the cross-reference table stands.
        first_id: the first half of the file's `/ID`, 16 bytes.
    """

    size: int
    root: ObjectId
    catalogue: bytes
    field: ObjectId
    page: ObjectId
    table: int
    first_id: bytes


def find_place(pdf: bytes) -> Place:
    """Find it.

    Args:
        pdf: unsigned, of one revision, with the empty signature field that our documents have.

    Raises:
        ValueError: not such a document.
    """
    tail = _TAIL.search(pdf, max(0, len(pdf) - _TAIL_BYTES))
    if tail is None:
        raise ValueError("not a document of ours: no end")
    end = _TABLE.fullmatch(pdf, int(tail[1]), tail.start())
    if end is None:
        raise ValueError("not a document of ours, or signed already: another table or trailer")
    places = end["table"]
    if not int(end["count"]) == int(end["size"]) == len(places) // _ENTRY_BYTES:
        raise ValueError("not a document of ours: a table that miscounts")
    root = ObjectId(int(end["root"]))
    catalogue = _body(pdf, places, root)
    fields = _FIELDS.findall(catalogue)
    if len(fields) != 1 or not catalogue.startswith(b"<< /Type /Catalog ") or not catalogue.endswith(b" >>"):
        raise ValueError("not a document of ours: another catalogue")
    field = ObjectId(int(fields[0]))
    return Place(
        size=int(end["size"]),
        root=root,
        catalogue=catalogue,
        field=field,
        page=_page(pdf, places, field),
        table=int(tail[1]),
        first_id=bytes.fromhex(end["first"].decode()),
    )


def _page(pdf: bytes, places: bytes, field: ObjectId) -> ObjectId:
    """Check the field's words, and that the page which it names shows it."""
    empty = _body(pdf, places, field)
    named = _PAGE.search(empty)
    if named is None:
        raise ValueError("not a document of ours: another field")
    page = ObjectId(int(named[1]))
    body = _body(pdf, places, page)
    if empty != signature_field(str(page)).encode() or not body.startswith(b"<< /Type /Page "):
        raise ValueError("signed already, or not a document of ours: another field")
    if not body.endswith(f"/Annots [{field}] >>".encode()):
        raise ValueError("not a document of ours: the field stands on no page")
    return page


def _body(pdf: bytes, places: bytes, wanted: ObjectId) -> bytes:
    """Give the body of an object that the table's one section, of objects 0 and up, says the place of."""
    entry = wanted.number * _ENTRY_BYTES
    head = b"%d 0 obj\n" % wanted.number
    if not 0 < entry < len(places):
        raise ValueError("not a document of ours: an object that the table has not")
    begin = int(places[entry : entry + _PLACE_DIGITS])
    if not pdf.startswith(head, begin):
        raise ValueError("not a document of ours: an object is not where the table says")
    begin += len(head)
    end = pdf.find(b"\nendobj\n", begin, begin + _MOST_OBJECT_BYTES)
    if end < 0:
        raise ValueError("not a document of ours: an object without an end")
    return pdf[begin:end]
