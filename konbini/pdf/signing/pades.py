"""PAdES (ETSI EN 319 142-1): one signature over one finished document, as one incremental update after it.

B-B by default; B-T with a time-stamp service; B-LT with revocation sources besides. A ward that is set up for a level
gives no paper of a lower one: where a service fails it refuses.

The update holds the signature dictionary and the signature field, nothing of the pages, so that it carries no personal
data and can be kept where the document itself may not be: `signed[len(unsigned):]` goes back onto the same bytes.
It is two objects of our own syntax, because the library's own writer rewrites metadata with the machine's clock, a
time that nobody handed in. B-LT adds the document security store to the same update, and the catalogue that names it:
the signature covers its evidence, and nothing ever follows a signature (docs/adr/0007).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from konbini.pdf.archive import signature_field
from konbini.pdf.objects import ObjectId, Revision, StreamBody, hex_string
from konbini.pdf.signing.placing import Place, find_place
from konbini.pdf.signing.port import Signer
from konbini.pdf.signing.revocation import Evidence, RevocationSources
from konbini.pdf.signing.template_cms import TemplateCms
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import SealedSize
from konbini.time_stamps.asking import TimeStamps
from konbini.time_stamps.judging import MOST_STAMP_BYTES

__all__ = ["PadesSigner"]

_RANGE_DIGITS: Final = 10
_AROUND_STAMP: Final = 64  # the attribute's own envelope, and lengths that grow
_MOST_BYTES: Final = SealedSize.LARGE_DOCUMENT - 4096
_RANGE: Final = re.compile(rb"/ByteRange \[0 (0{10} 0{10} 0{10})\]")


class PadesSigner:
    """Signs documents with one key, from any thread; the certificates are read once.

    Args:
        signer: holds the key.
        time_stamps: the service that makes B-T of B-B.
        revocation: the sources that make B-LT of B-T.

    Raises:
        ValueError: revocation sources without a time-stamp service.
    """

    __slots__ = ("_certificates", "_cms", "_digest", "_life", "_revocation", "_time_stamps")

    def __init__(
        self,
        signer: Signer,
        *,
        time_stamps: TimeStamps | None = None,
        revocation: RevocationSources | None = None,
    ) -> None:
        if revocation is not None and time_stamps is None:
            raise ValueError("revocation evidence is embedded beside a time-stamp only: a service is needed")
        self._certificates = tuple(signer.certificates)
        self._cms = TemplateCms(signer)
        self._digest = signer.algorithm.digest
        self._life = _life(signer.certificates)
        self._time_stamps = time_stamps
        self._revocation = revocation

    @property
    def time_stamps(self) -> TimeStamps | None:
        """The service that is asked for each document, where one is."""
        return self._time_stamps

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """Sign a finished document of ours; where services are asked, from a thread that runs no event loop.

        Args:
            pdf: unsigned, of one revision, with the empty signature field that our documents have.
            moment: Unix seconds, for the signature's `/M`; the certificates must be valid then.

        Returns:
            The same bytes and the update after them.

        Raises:
            Refused: `SIGNING_CERTIFICATE_INVALID`, `OVERSIZE`, the signer's, `TIME_STAMP_UNAVAILABLE`,
                `REVOCATION_EVIDENCE_UNAVAILABLE`; nothing signed is given.
            ValueError: not such a document; that is our own defect, since the clerk reads a document before it signs.
        """
        self._check_life(moment)
        room = self._cms.room + (0 if self._time_stamps is None else MOST_STAMP_BYTES + _AROUND_STAMP)
        evidence = self._evidence(moment)
        update = bytearray(_update(find_place(pdf), len(pdf), moment, room, evidence))
        if len(pdf) + len(update) > _MOST_BYTES:
            raise Refused(Code.OVERSIZE, "a signed paper longer than any envelope")
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
        contents = self._contents(signed.digest(), moment, evidence)
        if len(contents) > room:
            raise ValueError("a CMS longer than its room")
        update[start + 1 : start + 1 + 2 * len(contents)] = contents.hex().encode()
        return pdf + update

    def _evidence(self, moment: int) -> Evidence | None:
        if self._revocation is None or self._time_stamps is None:
            return None
        return self._revocation.collect(self._certificates, self._time_stamps, moment)

    def _contents(self, digest: bytes, moment: int, evidence: Evidence | None) -> bytes:
        """Make the CMS of the level that is set up."""
        contents, signature = self._cms.of(digest)
        if self._time_stamps is None:
            return contents
        stamp = asyncio.run(self._time_stamps.stamp(signature, self._digest, moment))
        if evidence is not None and self._revocation is not None and not evidence.covers(stamp):
            self._revocation.forget()
            raise Refused(Code.TIME_STAMP_UNAVAILABLE, "of another certificate than the evidence is about")
        return self._cms.stamped(digest, signature, stamp)

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


def _update(place: Place, after: int, moment: int, room: int, evidence: Evidence | None) -> bytes:
    """Make the update with room for byte range and CMS."""
    revision = Revision(place.size)
    signature = revision.add(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        f"/M {_pdf_moment(moment)} /ByteRange [0 {' '.join(['0' * _RANGE_DIGITS] * 3)}] "
        f"/Contents <{'00' * room}> >>"
    )
    revision.put(place.field, signature_field(str(place.page), signature))
    if evidence is not None:
        named = place.catalogue.decode().removesuffix(">>") + f"/DSS {_store(revision, evidence)} >>"
        revision.put(place.root, named)
    second_id = hashlib.sha256(place.first_id + moment.to_bytes(8)).digest()[: len(place.first_id)]
    return revision.to_update(
        after=after,
        previous_xref=place.table,
        root=place.root,
        file_id=f"[{hex_string(place.first_id)} {hex_string(second_id)}]",
    )


def _store(revision: Revision, evidence: Evidence) -> ObjectId:
    """Add a document security store (ISO 32000-2, 12.8.4.3)."""
    entries = [
        f"/{name} [{' '.join(str(revision.add(StreamBody.compressed(one))) for one in found)}]"
        for name, found in (("Certs", evidence.certificates), ("OCSPs", evidence.answers), ("CRLs", evidence.lists))
        if found
    ]
    return revision.add(f"<< /Type /DSS {' '.join(entries)} >>")


def _pdf_moment(moment: int) -> str:
    return f"(D:{datetime.fromtimestamp(moment, UTC):%Y%m%d%H%M%S}Z)"
