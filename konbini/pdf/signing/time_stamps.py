"""Time-stamps over a signature (RFC 3161), for PAdES B-T: asked of one service, believed of pinned authorities.

pyHanko asks and validates. A time-stamp counts when it is over this very signature, of a certificate for time-stamping
under a pinned authority, and of our own clock's time within five minutes: a service that is late, wrong or another's
refuses, and the paper is not given without its time-stamp. Limit: what was signed before the service failed is thrown
away here, in memory; it never leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import CMSExtractionError, extract_certificate_info
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from konbini.protocol.errors import Code, Refused

__all__ = ["MOST_STAMP_BYTES", "TimeStamps", "stamping_certificate"]

MOST_STAMP_BYTES: Final = 12 * 1024
"""A time-stamp with its certificates, in DER: the room for it is kept before the service is asked."""
_MOST_ANSWER_BYTES: Final = MOST_STAMP_BYTES + 1024
_ANSWER: Final = "application/timestamp-reply"
_SECONDS: Final = 3.0
_CLOCKS_APART: Final = timedelta(minutes=5)
_FAULTS: Final = (
    aiohttp.ClientError,
    CMSExtractionError,
    OSError,
    SignatureValidationError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
)


class TimeStamps:
    """A time-stamp service.

    Args:
        url: where it is asked.
        authorities: DER: under which of them its certificate must stand.

    Raises:
        ValueError: no authority is named.
    """

    __slots__ = ("_url", "authorities")

    def __init__(self, url: str, authorities: Sequence[bytes]) -> None:
        if not authorities:
            raise ValueError("time-stamps are believed of nobody: an authority is needed")
        self._url = url
        self.authorities = tuple(authorities)

    async def stamp(self, signature: bytes, digest: str, moment: int) -> cms.ContentInfo:
        """Have a signature time-stamped.

        Args:
            signature: what the time-stamp is over.
            digest: name of the digest that goes with the signature's key.
            moment: Unix seconds by our own clock.

        Raises:
            Refused: `TIME_STAMP_UNAVAILABLE`.
        """
        try:
            stamp = await self._ask(hashlib.new(digest, signature).digest(), digest)
            status = await self._status(stamp, signature, moment)
        except _FAULTS as error:
            raise _unavailable(type(error).__name__) from error
        if not (status.intact and status.valid and status.trusted):
            raise _unavailable("not under a pinned authority, or not over what was sent")
        if abs(status.timestamp - datetime.fromtimestamp(moment, UTC)) > _CLOCKS_APART:
            raise _unavailable("of another time than ours")
        if len(stamp.dump()) > MOST_STAMP_BYTES:
            raise _unavailable("longer than the room for it")
        return stamp

    async def _ask(self, imprint: bytes, digest: str) -> cms.ContentInfo:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session:
            return await _Service(session, self._url).async_timestamp(imprint, digest)

    async def _status(self, stamp: cms.ContentInfo, signature: bytes, moment: int) -> TimestampSignatureStatus:
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(der) for der in self.authorities],
            moment=datetime.fromtimestamp(moment, UTC),
            allow_fetching=False,
            revocation_mode="soft-fail",
        )
        found = await validate_tst_signed_data(
            stamp["content"], context, lambda algorithm: hashlib.new(algorithm, signature).digest()
        )
        return TimestampSignatureStatus(**found)


class _Service(TimeStamper):
    """pyHanko's client with a transport that reads no more than there is room for, and follows nobody elsewhere."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        self._session = session
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask over HTTP (RFC 3161, 3.4)."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": _ANSWER}
        async with self._session.post(self._url, data=req.dump(), headers=headers, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK or answer.content_type != _ANSWER:
                raise TimestampRequestError("no answer of a time-stamp service")
            found = bytearray()
            async for part in answer.content.iter_chunked(_MOST_ANSWER_BYTES):
                found += part
                if len(found) > _MOST_ANSWER_BYTES:
                    raise TimestampRequestError("a longer answer than there is room for")
        return tsp.TimeStampResp.load(bytes(found), strict=True)


def stamping_certificate(stamp: cms.ContentInfo) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Give the certificate whose key made a time-stamp, and the others that came with it."""
    info = extract_certificate_info(stamp["content"])
    return info.signer_cert, tuple(info.other_certs)


def _unavailable(why: str) -> Refused:
    return Refused(Code.TIME_STAMP_UNAVAILABLE, why)
