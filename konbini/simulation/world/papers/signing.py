"""Signing a paper of the world, and the kiosk's look at a signed one before a page of it is printed.

    signed paper  paper, then ["konbini/1 simulated signature", moment, certificate, tag], then its length (4 bytes)

The tag is a hash of the paper, the moment and the certificate's own key: it is nobody's secret, since the faults of the
world do not forge. Everything else is the real signature's rules: key and certificate belong together, the certificate
is in force at the moment and was issued by a pinned authority, nothing stands beside or after the signature, and the
same paper at the same moment gets the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from konbini.process.certificate_files import read_certificates
from konbini.process.secret_files import read_secret
from konbini.protocol.codec import decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import SealedSize
from konbini.simulation.world.papers.paper import read_paper
from konbini.ward_server.clerk.signing_key import SigningConfig

__all__ = ["SimulatedSigner", "open_signer", "unsigned", "verify"]

_SIGNATURE: Final = "konbini/1 simulated signature"
_SPKI: Final = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
_LENGTH_BYTES: Final = 4
_MOST_SIGNATURE_BYTES: Final = 1 << 13
_MOST_BYTES: Final = SealedSize.LARGE_DOCUMENT - 4096


class _Certificate(NamedTuple):
    """What is asked of a certificate: its key, and when it is in force (Unix seconds)."""

    key: bytes
    begins: int
    ends: int


class _Signed(NamedTuple):
    """A signed paper, taken apart."""

    paper: bytes
    moment: int
    certificate: bytes
    tag: bytes


class SimulatedSigner:
    """The ward's document key, as `konbini.ward_server.clerk.papers.OpenSigner`.

    Args:
        key: PEM, PKCS #8 without a passphrase.
        certificate: DER.

    Raises:
        ValueError: not the certificate's key.
    """

    time_stamps: Final = None

    def __init__(self, key: bytes, certificate: bytes) -> None:
        if _public_key(key) != _certificate(certificate).key:
            raise ValueError("the key is not that of the signing certificate")
        self._certificate = certificate

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """Give the very bytes with one signature after them; `moment` is Unix seconds.

        Raises:
            Refused: `SIGNING_CERTIFICATE_INVALID`, `OVERSIZE`.
            ValueError: not an unsigned paper of the world.
        """
        _, begins, ends = _certificate(self._certificate)
        if not begins <= moment <= ends:
            raise Refused(Code.SIGNING_CERTIFICATE_INVALID, "not valid yet" if moment < begins else "expired")
        try:
            read_paper(pdf)
        except Refused as refused:
            raise ValueError(f"not a paper: {refused.detail}") from refused
        tag = _tag(pdf, moment, self._certificate)
        signature = encode([_SIGNATURE, moment, self._certificate, tag])
        signed = pdf + signature + len(signature).to_bytes(_LENGTH_BYTES)
        if len(signed) > _MOST_BYTES:
            raise Refused(Code.OVERSIZE, "a signed paper longer than any envelope")
        return signed


@contextmanager
def open_signer(config: SigningConfig) -> Iterator[SimulatedSigner]:
    """Give the signer while the context lasts.

    Raises:
        OSError, ValueError: a file cannot be used, or key and certificate do not belong together.
    """
    if not isinstance(config.key, Path):
        raise ValueError("the world has no token")  # noqa: TRY004 - what is wrong is the configuration's content
    yield SimulatedSigner(read_secret(config.key), read_certificates(config.certificates)[0])


def verify(  # noqa: PLR0913 - each is one thing that must agree
    pdf: bytes | memoryview, *, authorities: Sequence[bytes], moment: int, number: str, binding: bytes, pages: int
) -> None:
    """Check a signed paper, as `konbini.kiosk.visit.tools.Verify`.

    Raises:
        Refused: `DOCUMENT_INVALID`, saying which check failed.
    """
    if not authorities:
        raise _invalid("no paper authority is pinned")
    signed = _taken_apart(bytes(pdf))
    try:
        paper = read_paper(signed.paper)
    except Refused as refused:
        raise _invalid("cannot be read as a signed document") from refused
    if not hmac.compare_digest(paper.binding, binding):
        raise _invalid("another binding")
    if paper.number != number:
        raise _invalid("another issuance number")
    if len(paper.pages) != pages:
        raise _invalid("another number of pages")
    _check_signature(signed, authorities, moment)


def unsigned(pdf: bytes) -> bytes:
    """Give the paper without its signature.

    Raises:
        Refused: `DOCUMENT_INVALID`: not a signed paper of the world.
    """
    return _taken_apart(pdf).paper


def _check_signature(signed: _Signed, authorities: Sequence[bytes], moment: int) -> None:
    if not hmac.compare_digest(_tag(signed.paper, signed.moment, signed.certificate), signed.tag):
        raise _invalid("changed after it was signed")
    issuers = [one for one in authorities if _is_issued_by(signed.certificate, one)]
    in_force = [one for one in issuers if _is_in_force(one, moment)]
    if not in_force or not _is_in_force(signed.certificate, moment):
        raise _invalid("not signed under a pinned paper authority")


@lru_cache(maxsize=64)  # by content: a kiosk verifies what it then prints
def _taken_apart(data: bytes) -> _Signed:
    length = int.from_bytes(data[-_LENGTH_BYTES:])
    paper, signature = data[: -length - _LENGTH_BYTES], data[-length - _LENGTH_BYTES : -_LENGTH_BYTES]
    try:
        found = decode(signature, _MOST_SIGNATURE_BYTES)
    except Refused as refused:
        raise _invalid("0 signatures") from refused
    match found:
        case [str(named), int(moment), bytes(certificate), bytes(tag)] if named == _SIGNATURE and moment >= 0:
            return _Signed(paper, moment, certificate, tag)
        case _:
            raise _invalid("0 signatures")


def _tag(paper: bytes, moment: int, certificate: bytes) -> bytes:
    digest = hashlib.sha256(paper).digest()
    return hmac.digest(_certificate(certificate).key, digest + moment.to_bytes(8), "sha256")


def _is_in_force(certificate: bytes, moment: int) -> bool:
    _, begins, ends = _certificate(certificate)
    return begins <= moment <= ends


@lru_cache(maxsize=4096)  # by content: a town's certificates come again in every document
def _certificate(der: bytes) -> _Certificate:
    try:
        loaded = x509.load_der_x509_certificate(der)
        key = loaded.public_key().public_bytes(*_SPKI)
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise _invalid("a certificate that cannot be read") from error
    begins, ends = loaded.not_valid_before_utc, loaded.not_valid_after_utc
    return _Certificate(key, int(begins.timestamp()), int(ends.timestamp()))


@lru_cache(maxsize=4096)
def _is_issued_by(certificate: bytes, authority: bytes) -> bool:
    loaded, issuer = map(x509.load_der_x509_certificate, (certificate, authority))
    try:
        loaded.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=256)  # a clerk is started again with the key that it had
def _public_key(pem: bytes) -> bytes:
    return serialization.load_pem_private_key(pem, password=None).public_key().public_bytes(*_SPKI)


def _invalid(why: str) -> Refused:
    return Refused(Code.DOCUMENT_INVALID, why)
