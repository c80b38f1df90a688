"""The kiosk's look at a signed document before a page of it is rasterised.

One signature, PAdES B-B, over the whole file as it is, by a key that a pinned paper authority of the ward certified,
and inside the file the binding, the issuance number and the page count that the kiosk asked for. Offline: nothing is
fetched, no certificate is trusted but the pinned ones, and everything that is not as it should be refuses. What the
pages *say* is the clerk's to read; this module never looks at content and imports nothing that draws or signs.
"""

from __future__ import annotations

import hmac
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final, TypeVar

from asn1crypto import cms, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from konbini.pdf.binding import binding_of
from konbini.protocol.errors import Code, Refused

__all__ = ["verify"]

T = TypeVar("T")

_SUBFILTER: Final = "/ETSI.CAdES.detached"
_SIGNED_ATTRIBUTES: Final = frozenset(("content_type", "message_digest", "signing_certificate_v2"))
_REVISIONS: Final = 2  # the document and its signature
_KEY_USAGE: Final = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


def verify(  # noqa: PLR0913 - each is one thing that must agree
    pdf: bytes, *, authorities: Sequence[bytes], moment: int, number: str, binding: bytes, pages: int
) -> None:
    """Check a signed document.

    Args:
        pdf: the very bytes that will be rasterised.
        authorities: DER certificates of the ward's paper authorities, from the signed ward directory.
        moment: Unix seconds at which the certificates must be valid.
        number: issuance number that the kiosk was told.
        binding: 32 bytes that it expects inside.
        pages: how many pages it will print.

    Raises:
        Refused: `DOCUMENT_INVALID`, saying which check failed.
    """
    if not authorities:
        raise _invalid("no paper authority is pinned")
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signature = _only_signature(reader)
        _check_form(reader, signature)
        _check_content(reader, number, binding, pages)
        _check_signature(signature, authorities, moment)
    except (PdfError, SignatureValidationError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _invalid(f"cannot be read as a signed document ({type(error).__name__})") from error


def _invalid(why: str) -> Refused:
    return Refused(Code.DOCUMENT_INVALID, why)


def _only_signature(reader: PdfFileReader) -> EmbeddedPdfSignature:
    found: list[EmbeddedPdfSignature] = list(reader.embedded_signatures)
    if len(found) != 1:
        raise _invalid(f"{len(found)} signatures")
    return found[0]


def _check_form(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> None:
    """PAdES B-B: the sub-filter and the signed attributes; nothing in the signature's gap but the signature."""
    if signature.sig_object.get("/SubFilter") != _SUBFILTER:
        raise _invalid("not a PAdES signature")
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    if not attributes >= _SIGNED_ATTRIBUTES:
        raise _invalid("not PAdES B-B: a signed attribute is missing")
    message = cms.ContentInfo.load(signature.pkcs7_content).dump()
    if any(signature.pkcs7_content[len(message) :]):
        raise _invalid("something stands beside the signature, where no signature covers it")
    if reader.xrefs.total_revisions != _REVISIONS:
        raise _invalid(f"{reader.xrefs.total_revisions} revisions")


def _check_content(reader: PdfFileReader, number: str, binding: bytes, pages: int) -> None:
    inside = binding_of(reader)
    if inside is None or not hmac.compare_digest(inside[0], binding):
        raise _invalid("another binding")
    if inside[1] != number:
        raise _invalid("another issuance number")
    if reader.root["/Pages"]["/Count"] != pages:
        raise _invalid("another number of pages")


def _check_signature(signature: EmbeddedPdfSignature, authorities: Sequence[bytes], moment: int) -> None:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in authorities],
        moment=datetime.fromtimestamp(moment, UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    status: PdfSignatureStatus = _finished(
        async_validate_pdf_signature(signature, context, key_usage_settings=_KEY_USAGE)
    )
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise _invalid("the signature does not cover the whole file")
    if not status.intact or not status.valid:
        raise _invalid("changed after it was signed")
    if not status.trusted:
        raise _invalid("not signed under a pinned paper authority")
    if not status.bottom_line:
        raise _invalid("the signature does not hold")


def _finished(steps: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits: pyHanko's may fetch, and here nothing is fetched."""
    try:
        steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    steps.close()
    raise _invalid("the validation wanted to wait")
