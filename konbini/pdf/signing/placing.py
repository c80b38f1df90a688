"""Where the signature goes in a document of ours, read off its last bytes.

Our documents have one shape (`objects.Revision`, `archive.close`): one cross-reference table at the end, a trailer of
three entries, a catalogue that names one empty signature field, a field of fixed words on the first page. Exactly that
is looked for, at the places that the table names, and anything else refuses: a whole reader of PDF would spend ten
times as long to find the same five numbers. What the pages say was read before, by the clerk, with such a reader.
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
    rb"xref\n(?P<table>(?:[0-9]{1,7} [0-9]{1,7}\n(?:[0-9]{10} [0-9]{5} [nf] \n)+)+)"
    rb"trailer\n<< /Size (?P<size>[0-9]{1,7}) /Root (?P<root>[0-9]{1,7}) 0 R "
    rb"/ID \[<(?P<first>[0-9A-F]{32})> <[0-9A-F]{32}>\] >>\n"
)
_SECTION: Final = re.compile(rb"([0-9]{1,7}) ([0-9]{1,7})\n((?:[0-9]{10} [0-9]{5} [nf] \n)+)")
_ENTRY_BYTES: Final = 20
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
    places = _places(end["table"])
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


def _page(pdf: bytes, places: dict[int, int], field: ObjectId) -> ObjectId:
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


def _places(table: bytes) -> dict[int, int]:
    """Read the table: where each object begins. The free ones are left out."""
    places: dict[int, int] = {}
    for first, count, entries in ((int(first), int(count), rest) for first, count, rest in _SECTION.findall(table)):
        if len(entries) != count * _ENTRY_BYTES:
            raise ValueError("not a document of ours: a table that miscounts")
        for index in range(count):
            entry = entries[index * _ENTRY_BYTES : (index + 1) * _ENTRY_BYTES]
            if first + index in places:
                raise ValueError("not a document of ours: an object at two places")
            if entry[17:18] == b"n":
                places[first + index] = int(entry[:10])
    return places


def _body(pdf: bytes, places: dict[int, int], wanted: ObjectId) -> bytes:
    begin = places.get(wanted.number)
    head = f"{wanted.number} 0 obj\n".encode()
    if begin is None or not pdf.startswith(head, begin):
        raise ValueError("not a document of ours: an object is not where the table says")
    begin += len(head)
    end = pdf.find(b"\nendobj\n", begin, begin + _MOST_OBJECT_BYTES)
    if end < 0:
        raise ValueError("not a document of ours: an object without an end")
    return pdf[begin:end]
