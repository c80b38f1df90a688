"""A signature for a peer's document, as cheap as it can be made: the CMS of our own signer, one short update around it.

A library that signs any document reads it first; this knows how the peers write theirs (no object streams, one
cross-reference table, plain dictionaries) and finds catalogue and page by their types. So a peer is measured with the
same tuned signer as ours, and never with more than that. Limit: for the peers' documents alone, of one page and one
revision.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from konbini.pdf.objects import ObjectId, Revision

__all__ = ["PeerSigner"]

_CATALOGUE: Final = re.compile(rb"/Type ?/Catalog\b")
_PAGE: Final = re.compile(rb"/Type ?/Page\b")
_NUMBERED: Final = re.compile(rb"(\d+) 0 obj\s+<<")
_TRAILER: Final = re.compile(rb"trailer\s*<<.*?/Size (\d+).*?startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)
_ID: Final = re.compile(rb"/ID ?(\[.*?\])", re.DOTALL)
_PLACE: Final = "0" * 10


class PeerSigner:
    """Signs the documents of peers.

    Args:
        cms: makes the CMS over a document's SHA-256 digest: our own signer's.
        room: most bytes that it makes.
    """

    __slots__ = ("_cms", "_room")

    def __init__(self, cms: Callable[[bytes], bytes], room: int) -> None:
        self._cms = cms
        self._room = room

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """Append a PAdES B-B signature; `moment` is in Unix seconds.

        Raises:
            ValueError: the document is not written as the peers write.
        """
        start = pdf.rindex(b"trailer")
        trailer, file_id = _TRAILER.search(pdf, start), _ID.search(pdf, start)
        root, page = _object(_CATALOGUE, pdf), _object(_PAGE, pdf)
        if trailer is None or file_id is None:
            raise ValueError("a document without a plain trailer")
        revision = Revision(int(trailer[1]))
        signature = revision.add(
            "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
            f"/M (D:{datetime.fromtimestamp(moment, UTC):%Y%m%d%H%M%S}Z) /ByteRange [0 {_PLACE} {_PLACE} {_PLACE}] "
            f"/Contents <{'0' * 2 * self._room}> >>"
        )
        field = revision.add(
            f"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Clerk) /V {signature} /F 132 /Rect [0 0 0 0] "
            f"/P {page[0]} >>"
        )
        revision.put(page[0], f"{page[1]} /Annots [{field}] >>")
        revision.put(root[0], f"{root[1]} /AcroForm << /Fields [{field}] /SigFlags 3 >> >>")
        update = revision.to_update(
            after=len(pdf) + 1, previous_xref=int(trailer[2]), root=root[0], file_id=file_id[1].decode("latin-1")
        )
        return self._filled(pdf + b"\n", bytearray(update))

    def _filled(self, pdf: bytes, update: bytearray) -> bytes:
        """Write byte range and CMS into their places."""
        start = update.index(b"/Contents <") + len(b"/Contents ")
        end = start + 2 * self._room + 2
        place = update.index(f"{_PLACE} {_PLACE} {_PLACE}".encode())
        digits = f"{len(pdf) + start:>10} {len(pdf) + end:>10} {len(update) - end:>10}".encode()
        update[place : place + len(digits)] = digits
        cms = self._cms(hashlib.sha256(pdf + update[:start] + update[end:]).digest()).hex().encode()
        update[start + 1 : start + 1 + len(cms)] = cms
        return pdf + bytes(update)


def _object(kind: re.Pattern[bytes], pdf: bytes) -> tuple[ObjectId, str]:
    """Find the one object of a type; return its number and its dictionary without the closing brackets."""
    found = kind.search(pdf)
    before = pdf.rfind(b"endobj", 0, found.start()) if found else -1
    numbered = _NUMBERED.search(pdf, max(before, 0))
    if found is None or numbered is None or numbered.end() > found.start():
        raise ValueError("a document without a plain catalogue or page")
    body = pdf[numbered.end() - 2 : pdf.index(b"endobj", found.end())]
    return ObjectId(int(numbered[1])), body.decode("latin-1").rstrip().removesuffix(">>")
