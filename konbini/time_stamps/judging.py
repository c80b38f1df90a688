"""Judges a time-stamp (RFC 3161): over these very bytes, of a certificate for time-stamping under a pinned authority.

pyHanko validates. A time-stamp is judged at the time that it names: its certificate must have been in force then, and
may have ended since. Limits: nobody is asked whether the certificate was revoked; a service that lies about the time is
not found here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from asn1crypto import cms, x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from konbini.protocol.errors import Code, Refused

__all__ = ["MOST_STAMP_BYTES", "STAMP_FAULTS", "judged_at", "status_of"]

T = TypeVar("T")

MOST_STAMP_BYTES: Final = 12 * 1024
"""A time-stamp with its certificates, in DER: the room for it is kept before the service is asked."""
STAMP_FAULTS: Final = (
    CMSExtractionError,
    SignatureValidationError,
    UnsupportedAlgorithm,
    AssertionError,
    NotImplementedError,
    RecursionError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
)
"""What reading and validating raise where a time-stamp is none. The libraries assert that a key is of the kind that the
signature's algorithm names, which whoever answers may say as they like."""


async def status_of(
    stamp: cms.ContentInfo, content: bytes, authorities: Sequence[bytes], moment: datetime
) -> TimestampSignatureStatus:
    """Validate a time-stamp over some bytes.

    Args:
        stamp: the token.
        content: what it must be over.
        authorities: DER: under which of them its certificate must stand.
        moment: at which that must be in force.

    Raises:
        STAMP_FAULTS: it is none.
    """
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in authorities],
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    found = await validate_tst_signed_data(
        stamp["content"], context, lambda algorithm: hashlib.new(algorithm, content).digest()
    )
    return TimestampSignatureStatus(**found)


def judged_at(token: bytes, content: bytes, authorities: Sequence[bytes]) -> int:
    """Judge a token (DER) by itself, at the time that it names, and give that time in Unix seconds.

    Raises:
        Refused: `MALFORMED`: it is none; `SIGNATURE_INVALID`: of other bytes, or not under a pinned authority.
    """
    if len(token) > MOST_STAMP_BYTES:
        raise Refused(Code.MALFORMED, "longer than any time-stamp")
    try:
        stamp = cms.ContentInfo.load(token, strict=True)
        moment = stamp["content"]["encap_content_info"]["content"].parsed["gen_time"].native
        status = _finished(status_of(stamp, content, authorities, moment.astimezone(UTC)))
    except STAMP_FAULTS as error:
        raise Refused(Code.MALFORMED, f"no time-stamp: {type(error).__name__}") from error
    if not (status.intact and status.valid):
        raise Refused(Code.SIGNATURE_INVALID, "of other bytes, or changed")
    if not status.trusted:
        raise Refused(Code.SIGNATURE_INVALID, "not under a pinned authority of time-stamps")
    return int(status.timestamp.timestamp())


def _finished(steps: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits: pyHanko's may fetch, and here nothing is fetched."""
    try:
        steps.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    steps.close()
    raise ValueError("the validation wanted to wait")
