"""OCSP over HTTP (RFC 6960): asks the card issuer's responder whether a certificate is revoked.

What comes back is judged by `konbini.ward_server.asking.card`; here only the nonce is held, which the clerk cannot
know. No answer means refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.asking.card import CardIssuer, identify
from konbini.ward_server.issuing.fetching import answered

__all__ = ["OcspClient"]

_SECONDS = 4.0
_MOST_BYTES = 16 * 1024
_NONCE_BYTES = 16


_NO_ANSWER = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading bytes that are no answer, or one without a nonce, may raise."""


class OcspClient:
    """Asks one responder about the certificates of the pinned issuers."""

    def __init__(
        self, session: aiohttp.ClientSession, address: str, issuers: Sequence[CardIssuer], entropy: Entropy
    ) -> None:
        """Take the responder's address, which is configuration: the one in a certificate is its holder's word.

        Raises:
            ValueError: not an http or https address.
        """
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError("the OCSP responder has an http or https address")
        self._session = session
        self._address = address
        self._issuers = {
            _subject_key_id(parsed): parsed
            for parsed in (x509.load_der_x509_certificate(issuer.certificate) for issuer in issuers)
        }
        self._entropy = entropy

    async def __call__(self, certificate: bytes) -> bytes:
        """Fetch the response for a certificate (DER).

        Raises:
            Refused: `CARD_ISSUER_UNKNOWN`, `REVOCATION_UNKNOWN`.
        """
        issuer = self._issuers.get(identify(certificate).issuer_key_id)
        if issuer is None:
            raise Refused(Code.CARD_ISSUER_UNKNOWN, "not one of the pinned issuers")
        nonce = self._entropy.token(_NONCE_BYTES)
        request = (
            ocsp.OCSPRequestBuilder()
            # The request's hash only names the issuer; responders know SHA-1 here (RFC 5019, section 2.1.1).
            .add_certificate(x509.load_der_x509_certificate(certificate), issuer, hashes.SHA1())  # noqa: S303
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .build()
        )
        response = await self._post(request.public_bytes(serialization.Encoding.DER))
        _check_nonce(response, nonce)
        return response

    async def _post(self, request: bytes) -> bytes:
        try:
            async with self._session.post(
                self._address,
                data=request,
                headers={"Content-Type": "application/ocsp-request"},
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                allow_redirects=False,
            ) as response:
                return await answered(response, _MOST_BYTES, "the responder")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(Code.REVOCATION_UNKNOWN, "the responder did not answer") from error


def _subject_key_id(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _check_nonce(response: bytes, nonce: bytes) -> None:
    try:
        parsed = ocsp.load_der_ocsp_response(response)
        answered = parsed.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except _NO_ANSWER as error:
        raise Refused(Code.REVOCATION_UNKNOWN, "not an answer to this question") from error
    if answered != nonce:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer to another question")
