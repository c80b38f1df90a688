"""PAdES (ETSI EN 319 142-1): one signature over one finished document, as one incremental update after it.

The update holds the signature dictionary and the signature field, nothing of the pages, so that it carries no personal
data and can be kept where the document itself may not be: `signed[len(unsigned):]` goes back onto the same bytes.
It is two objects of our own syntax, because the library's own writer rewrites metadata with the machine's clock, a
time that nobody handed in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from konbini.pdf.archive import signature_field
from konbini.pdf.objects import Revision, hex_string
from konbini.pdf.signing.placing import Place, find_place
from konbini.pdf.signing.port import Signer
from konbini.pdf.signing.template_cms import TemplateCms
from konbini.protocol.errors import Code, Refused

__all__ = ["PadesSigner"]

_RANGE_DIGITS: Final = 10
_RANGE: Final = re.compile(rb"/ByteRange \[0 (0{10} 0{10} 0{10})\]")


class PadesSigner:
    """Signs documents with one key, from any thread; the certificates are read once.

    Args:
        signer: holds the key.
    """

    __slots__ = ("_cms", "_digest", "_life")

    def __init__(self, signer: Signer) -> None:
        self._cms = TemplateCms(signer)
        self._digest = signer.algorithm.digest
        self._life = _life(signer.certificates)

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """Sign a finished document of ours.

        Args:
            pdf: unsigned, of one revision, with the empty signature field that our documents have.
            moment: Unix seconds, for the signature's `/M`; the certificates must be valid then.

        Returns:
            The same bytes and the update after them.

        Raises:
            Refused: `SIGNING_CERTIFICATE_INVALID`, or the signer's; nothing was signed.
            ValueError: not such a document; that is our own defect, since the clerk reads a document before it signs.
        """
        self._check_life(moment)
        room = self._cms.room
        update = bytearray(_update(find_place(pdf), len(pdf), moment, room))
        start = update.index(b"/Contents <") + len(b"/Contents ")
        end = start + 2 * room + 2
        digits = f"{len(pdf) + start:>10} {len(pdf) + end:>10} {len(update) - end:>10}".encode()
        placeholder = _RANGE.search(update)
        if placeholder is None:
            raise ValueError("the update has no byte range")
        update[slice(*placeholder.span(1))] = digits
        signed = hashlib.new(self._digest, pdf)
        signed.update(update[:start])
        signed.update(update[end:])
        contents, _ = self._cms.of(signed.digest())
        update[start + 1 : start + 1 + 2 * len(contents)] = contents.hex().encode()
        return pdf + update

    def _check_life(self, moment: int) -> None:
        begins, ends = self._life
        if not begins <= moment <= ends:
            raise Refused(Code.SIGNING_CERTIFICATE_INVALID, "not valid yet" if moment < begins else "expired")


def _life(certificates: Sequence[bytes]) -> tuple[int, int]:
    """Give from when to when (Unix seconds) all of these certificates are valid."""
    loaded = [x509.load_der_x509_certificate(der) for der in certificates]
    return (
        max(int(one.not_valid_before_utc.timestamp()) for one in loaded),
        min(int(one.not_valid_after_utc.timestamp()) for one in loaded),
    )


def _update(place: Place, after: int, moment: int, room: int) -> bytes:
    """Make the update with room for byte range and CMS."""
    revision = Revision(place.size)
    signature = revision.add(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        f"/M {_pdf_moment(moment)} /ByteRange [0 {' '.join(['0' * _RANGE_DIGITS] * 3)}] "
        f"/Contents <{'00' * room}> >>"
    )
    revision.put(place.field, signature_field(str(place.page), signature))
    second_id = hashlib.sha256(place.first_id + moment.to_bytes(8)).digest()[: len(place.first_id)]
    return revision.to_update(
        after=after,
        previous_xref=place.table,
        root=place.root,
        file_id=f"[{hex_string(place.first_id)} {hex_string(second_id)}]",
    )


def _pdf_moment(moment: int) -> str:
    return f"(D:{datetime.fromtimestamp(moment, UTC):%Y%m%d%H%M%S}Z)"
