"""The kiosk's look at a signed document before a page of it is rasterised.

One signature, PAdES B-B, B-T or B-LT, over the whole file as it is, by a key that a pinned paper authority of the ward
certified, and inside the file the binding, the issuance number and the page count that the kiosk asked for. Offline:
nothing is fetched, no certificate is trusted but the pinned ones, and everything that is not as it should be refuses.
What the signature's revision may hold is a closed list (`pdf/update.py`): nothing of a page is among it. What the pages
*say* is the clerk's to read; this module never looks at content and imports nothing that draws or signs.
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
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from konbini.pdf.algorithms import Algorithm
from konbini.pdf.binding import binding_of
from konbini.pdf.update import check_update
from konbini.protocol.errors import Code, Refused

__all__ = ["verify"]

T = TypeVar("T")

_SIGNED_ATTRIBUTES: Final = ["content_type", "message_digest", "signing_certificate_v2"]
_STAMP: Final = "signature_time_stamp_token"
_UNREADABLE: Final = (
    PdfError,
    SignatureValidationError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the parsers of PDF and ASN.1 meet in a file that is not what it says."""
_KEY_USAGE: Final = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


def verify(  # noqa: PLR0913 - each is one thing that must agree
    pdf: bytes | memoryview, *, authorities: Sequence[bytes], moment: int, number: str, binding: bytes, pages: int
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
        stamped = _check_cms(signature)
        check_update(reader, signature, stamped=stamped)
        _check_content(reader, number, binding, pages)
        _check_signature(signature, authorities, moment)
    except _UNREADABLE as error:
        raise _invalid(f"cannot be read as a signed document ({type(error).__name__})") from error


def _invalid(why: str) -> Refused:
    return Refused(Code.DOCUMENT_INVALID, why)


def _only_signature(reader: PdfFileReader) -> EmbeddedPdfSignature:
    found: list[EmbeddedPdfSignature] = list(reader.embedded_signatures)
    if len(found) != 1:
        raise _invalid(f"{len(found)} signatures")
    return found[0]


def _check_cms(signature: EmbeddedPdfSignature) -> bool:
    """Check what the CMS is made of, and say whether a time-stamp stands beside the signature (B-T, B-LT)."""
    message = cms.ContentInfo.load(signature.pkcs7_content).dump()
    if any(signature.pkcs7_content[len(message) :]):
        raise _invalid("something stands beside the signature, where no signature covers it")
    whole, info = signature.signed_data, signature.signer_info
    if whole["encap_content_info"]["content"].native is not None or isinstance(
        whole["crls"], cms.RevocationInfoChoices
    ):
        raise _invalid("a CMS that holds more than signature and certificates")
    if _names(info["signed_attrs"]) != _SIGNED_ATTRIBUTES:
        raise _invalid("not PAdES: other signed attributes than its three")
    unsigned = info["unsigned_attrs"]
    beside = _names(unsigned) if isinstance(unsigned, cms.CMSAttributes) else []
    if beside not in ([], [_STAMP]):
        raise _invalid("something else than a time-stamp beside the signature")
    _check_algorithm(signature)
    return bool(beside)


def _names(attributes: cms.CMSAttributes) -> list[str]:
    """Give the attributes' names in order; one of several values is none of ours."""
    if any(len(attribute["values"]) != 1 for attribute in attributes):
        raise _invalid("an attribute of several values")
    return sorted(attribute["type"].native for attribute in attributes)


def _check_algorithm(signature: EmbeddedPdfSignature) -> None:
    """Hold digest and signature algorithm against what goes with this kind of key."""
    due = Algorithm.of_certificate(signature.signer_cert.dump())
    info = signature.signer_info
    kind = f"{due.digest}_{'ecdsa' if due.elliptic else 'rsa'}"
    named = (info["digest_algorithm"]["algorithm"].native, info["signature_algorithm"]["algorithm"].native)
    if named != (due.digest, kind):
        raise _invalid("another algorithm than goes with the key")


def _check_content(reader: PdfFileReader, number: str, binding: bytes, pages: int) -> None:
    inside = binding_of(reader)
    if inside is None or not hmac.compare_digest(inside[0], binding):
        raise _invalid("another binding")
    if inside[1] != number:
        raise _invalid("another issuance number")
    if reader.root["/Pages"]["/Count"] != pages:
        raise _invalid("another number of pages")


def _check_signature(signature: EmbeddedPdfSignature, authorities: Sequence[bytes], moment: int) -> None:
    """Validate signature and path, and that a time-stamp is over this signature.

    Under whom the time-stamp's own certificate stands is asked by the clerk before and by later readers: a kiosk
    prints at its own time and relies on no other.
    """
    status: PdfSignatureStatus = _finished(
        async_validate_pdf_signature(
            signature,
            _context([x509.Certificate.load(der) for der in authorities], moment),
            _context(_stamping(signature), moment),
            key_usage_settings=_KEY_USAGE,
        )
    )
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise _invalid("the signature does not cover the whole file")
    if not status.intact or not status.valid:
        raise _invalid("changed after it was signed")
    if not status.trusted:
        raise _invalid("not signed under a pinned paper authority")
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid):
        raise _invalid("a time-stamp of another signature")
    if status.content_timestamp_validity is not None or not status.seed_value_ok or not status.docmdp_ok:
        raise _invalid("the signature does not hold")


def _context(roots: Sequence[x509.Certificate], moment: int) -> ValidationContext:
    return ValidationContext(
        trust_roots=roots,
        moment=datetime.fromtimestamp(moment, UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _stamping(signature: EmbeddedPdfSignature) -> list[x509.Certificate]:
    """Give the certificate that a time-stamp names as its own, to be taken at its word."""
    stamps = extract_tst_data_iter(signature.signer_info, signed=False)
    return [extract_certificate_info(stamp).signer_cert for stamp in stamps]


def _finished(steps: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits: pyHanko's may fetch, and here nothing is fetched."""
    try:
        steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    steps.close()
    raise _invalid("the validation wanted to wait")
