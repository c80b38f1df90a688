"""What makes a document keep for decades: PDF/A-2u's shell around the pages.

ISO 19005-2: an output intent with an embedded profile (our papers are grey), XMP that names the conformance, no
font that is not embedded, text that maps to Unicode, no encryption, no actions. One empty signature field of no size
stands ready on the first page, so that signing adds two objects and touches no page. Dates and ids derive from what
is handed in: equal input, equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

from konbini.pdf.binding import piece_info
from konbini.pdf.objects import ObjectId, Revision, StreamBody, text_string

__all__ = ["SIGNATURE_FIELD", "Shell", "add_profile", "close", "grey_profile", "kept_entries", "signature_field"]

SIGNATURE_FIELD: Final = "Clerk"
_PROFILE_NAME: Final = "Grey, gamma 2.2"
_PROFILE_TEXT: Final = text_string(_PROFILE_NAME)
_D50: Final = (0xF6D6, 0x10000, 0xD32D)  # s15Fixed16: 0.9642, 1.0, 0.8249
_PRINTED_AND_LOCKED: Final = 4 | 128  # flags of an annotation (ISO 32000-1, table 165)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What a document says of itself outside its pages.

    Args:
        title: the certificate's name.
        number: issuance number.
        issued_on: the day that the file's dates name (midnight in Japan).
        binding: 32 bytes that tie it to the visit and the order.
        identity: 16 bytes for the file's `/ID`.
    """

    title: str
    number: str
    issued_on: date
    binding: bytes
    identity: bytes


def add_profile(revision: Revision) -> ObjectId:
    """Add the output intent's profile."""
    return revision.add(StreamBody.compressed(grey_profile(), "/N 1 /Alternate /DeviceGray"))


def close(revision: Revision, pages: Sequence[str], shell: Shell, *, profile: ObjectId) -> bytes:
    """Add pages, page tree and catalogue, and write the file.

    Args:
        revision: holds what the pages refer to.
        pages: each page's entries (`/MediaBox`, `/Contents`, `/Resources`), without type, parent and annotations.
        shell: the rest.
        profile: the output intent's, among what the revision holds.
    """
    tree, field = revision.reserve(), revision.reserve()
    kids = [
        revision.add(f"<< /Type /Page /Parent {tree} {entries} {f'/Annots [{field}] ' if index == 0 else ''}>>")
        for index, entries in enumerate(pages)
    ]
    revision.put(tree, f"<< /Type /Pages /Kids [{' '.join(map(str, kids))}] /Count {len(kids)} >>")
    revision.put(field, signature_field(str(kids[0])))
    entries = kept_entries(revision, shell.title, shell.issued_on, profile=profile)
    root = revision.add(
        f"<< /Type /Catalog /Pages {tree} {entries} "
        f"/AcroForm << /Fields [{field}] /SigFlags 3 >> "
        f"{piece_info(shell.binding, shell.number, shell.issued_on)} >>"
    )
    return revision.to_file(root=root, identity=shell.identity)


def kept_entries(revision: Revision, title: str, day: date, *, profile: ObjectId) -> str:
    """Add the metadata, and give the catalogue's entries that every document of ours has."""
    metadata = revision.add(StreamBody.filtered(_xmp(title, day), "/Type /Metadata /Subtype /XML"))
    return (
        f"/Lang (ja-JP) /Metadata {metadata} "
        f"/ViewerPreferences << /DisplayDocTitle true >> "
        f"/OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier {_PROFILE_TEXT} "
        f"/Info {_PROFILE_TEXT} /DestOutputProfile {profile} >>]"
    )


def signature_field(page: str, signature: ObjectId | None = None) -> str:
    """Write the signature field with its widget: no size, printed, locked; empty until `signature` is its value.

    Args:
        page: reference of the page that carries the widget.
        signature: the signature dictionary.
    """
    value = "" if signature is None else f"/V {signature} "
    return (
        f"<< /Type /Annot /Subtype /Widget /FT /Sig /T ({SIGNATURE_FIELD}) {value}"
        f"/F {_PRINTED_AND_LOCKED} /Rect [0 0 0 0] /P {page} >>"
    )


def _xmp(title: str, day: date) -> bytes:
    moment = f"{day.isoformat()}T00:00:00+09:00"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>"
        f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>"
        "<dc:format>application/pdf</dc:format>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    ).encode()


@cache
def grey_profile() -> bytes:
    """Make a monitor profile of one grey channel, gamma 2.2, white point D50 (ICC.1:2001-04)."""
    name = _PROFILE_NAME.encode() + b"\x00"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0" + b"No copyright, use freely\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3I", *_D50),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)),
    }
    table, data, start = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, body in tags.items():
        table += tag + struct.pack(">II", start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    size = start + len(data)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3I", *_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data
