"""Judging cards in the world: by the rules of `konbini.ward_server.asking.card`, each certificate taken apart once.

Nothing is taken at its word: paths, purposes and the signatures of OCSP answers are really checked, once for the same
bytes, and what depends on the moment (dates, how old an answer is, since when a card is revoked) each time. What is
rare, revocation lists and the ward's own cards, is judged by the real rules themselves.

Limits: an answer's own responder certificate is asked for no revocation of its own; one that is not the issuer's or
delegated by it (RFC 6960, 4.2.2.2) does not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS
from konbini.ward_server.asking import card
from konbini.ward_server.asking.card import CardIssuer
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationPolicy, RevocationSource
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["WorldCards"]

_TOLERANCE: Final = timedelta(seconds=CLOCK_SKEW_SECONDS)
_UNREADABLE: Final = (ValueError, TypeError, x509.InvalidVersion, x509.ExtensionNotFound, UnsupportedAlgorithm)


class _Life(NamedTuple):
    """From when to when a certificate is in force."""

    begins: datetime
    ends: datetime

    def holds(self, now: datetime, tolerance: timedelta = timedelta()) -> bool:
        return self.begins - tolerance <= now <= self.ends + tolerance


class _Known(NamedTuple):
    """A card's certificate whose path and purpose hold: who it is, its life, and its issuer (DER), maybe the ward's."""

    serial: CardSerial
    number: int
    life: _Life
    issuer: bytes
    own: bool


class _Answer(NamedTuple):
    """An OCSP answer that a responder of the issuer signed.

    Attributes:
        number: of the certificate that it is about.
        status: what it says.
        since: since when the certificate is revoked, if it is.
        made: when it was produced.
        holds: from when to when it may be relied on.
        responder: the life of who signed.
    """

    number: int
    status: ocsp.OCSPCertStatus
    since: datetime | None
    made: datetime
    holds: _Life
    responder: _Life


class WorldCards:
    """Judges cards, as `konbini.ward_server.asking.card_judge.CardJudge`."""

    def check_issued(self, certificate: bytes, issuers: Sequence[CardIssuer], moment: int) -> None:
        """Check dates, purpose and the issuer's signature; see `konbini.ward_server.asking.card.check_issued`."""
        _check_dates(_known(certificate, tuple(issuers)), datetime.fromtimestamp(moment, UTC))

    async def check_certificate(  # noqa: PLR0913 - see `CardJudge`
        self,
        certificate: bytes,
        revocation: RevocationAnswer,
        issuers: Sequence[CardIssuer],
        *,
        moment: int,
        policy: RevocationPolicy,
        slack_seconds: int = 0,
    ) -> CardSerial:
        """Judge with the revocation answer; see `konbini.ward_server.asking.card.check_certificate`."""
        known = _known(certificate, tuple(issuers))
        if revocation.source is not RevocationSource.OCSP or known.own:
            return await card.check_certificate(
                certificate, revocation, issuers, moment=moment, policy=policy, slack_seconds=slack_seconds
            )
        if revocation.source not in policy.order.sources:
            raise Refused(Code.REVOCATION_UNKNOWN, "an answer from a source that does not count here")
        now = datetime.fromtimestamp(moment, UTC)
        _check_dates(known, now)
        oldest = timedelta(seconds=policy.oldest_ocsp + slack_seconds)
        _check_answer(_answer(revocation.content, known.issuer), known, now, oldest)
        return known.serial

    def check_signature(self, certificate: bytes, algorithm: int, signature: bytes, t: bytes) -> None:
        """Check the card's signature over t."""
        card.check_signature(certificate, algorithm, signature, t)


def _check_dates(known: _Known, now: datetime) -> None:
    if not known.life.holds(now):
        raise Refused(Code.CARD_EXPIRED)


def _check_answer(answer: _Answer, known: _Known, now: datetime, oldest: timedelta) -> None:
    if not -_TOLERANCE <= now - answer.made <= oldest + _TOLERANCE:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer is not of this visit")
    at = min(now, answer.made)
    if answer.number != known.number or not answer.holds.holds(at, _TOLERANCE):
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer is about another certificate, or another time")
    if not answer.responder.holds(at, _TOLERANCE) or answer.status is ocsp.OCSPCertStatus.UNKNOWN:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer does not settle it")
    if answer.since is not None and answer.since <= at:
        raise Refused(Code.CARD_REVOKED)


@lru_cache(maxsize=4096)  # by content: a town's cards come again
def _known(certificate: bytes, issuers: tuple[CardIssuer, ...]) -> _Known:
    """Check a certificate's path and purpose, by the real rules at a moment of its life."""
    serial = card.identify(certificate)
    parsed = x509.load_der_x509_certificate(certificate)
    card.check_issued(certificate, issuers, int(parsed.not_valid_after_utc.timestamp()))
    issuer = next(one for one in issuers if _key_id(one.certificate) == serial.issuer_key_id)
    return _Known(serial, parsed.serial_number, _life(certificate), issuer.certificate, issuer.own)


@lru_cache(maxsize=4096)  # by content: issuing and clerk judge the same answer
def _answer(content: bytes, issuer: bytes) -> _Answer:
    """Read an OCSP answer, and check that a responder of the issuer signed it."""
    try:
        response = ocsp.load_der_ocsp_response(content)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Refused(Code.REVOCATION_UNKNOWN, "the responder gave no answer")
        (single,) = response.responses
        responder = _responder(response, issuer)
        if single.issuer_key_hash != _hash_of_key(issuer, single.hash_algorithm.name):
            raise Refused(Code.REVOCATION_UNKNOWN, "an answer about another issuer's certificate")
        return _Answer(
            single.serial_number,
            single.certificate_status,
            single.revocation_time_utc,
            response.produced_at_utc,
            _Life(single.this_update_utc, single.next_update_utc or datetime.max.replace(tzinfo=UTC) - _TOLERANCE),
            _life(responder),
        )
    except (*_UNREADABLE, InvalidSignature) as error:
        raise Refused(Code.REVOCATION_UNKNOWN, "not an OCSP response of the issuer's") from error


def _responder(response: ocsp.OCSPResponse, issuer: bytes) -> bytes:
    """Give the certificate of who signed: one that the issuer delegated, or the issuer's own.

    Raises:
        Refused: `REVOCATION_UNKNOWN`: nobody of the issuer's.
        InvalidSignature, ValueError: not signed so.
    """
    beside = [one.public_bytes(serialization.Encoding.DER) for one in response.certificates]
    found = [one for one in (*beside, issuer) if _is_named(response, one)]
    if not found or not (found[0] == issuer or _is_delegated(found[0], issuer)):
        raise Refused(Code.REVOCATION_UNKNOWN, "signed by nobody of the issuer's")
    key = x509.load_der_x509_certificate(found[0]).public_key()
    digest = response.signature_hash_algorithm
    if digest is None:
        raise ValueError("signed without a hash")
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
    else:
        raise ValueError("a key of another kind")  # noqa: TRY004 - what is wrong is the certificate's content
    return found[0]


def _is_named(response: ocsp.OCSPResponse, certificate: bytes) -> bool:
    if response.responder_key_hash is not None:
        return response.responder_key_hash == _hash_of_key(certificate, "sha1")
    return response.responder_name == x509.load_der_x509_certificate(certificate).subject


@lru_cache(maxsize=256)
def _is_delegated(certificate: bytes, issuer: bytes) -> bool:
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        parsed.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
        usages = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (*_UNREADABLE, InvalidSignature):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages


@lru_cache(maxsize=1024)
def _hash_of_key(certificate: bytes, algorithm: str) -> bytes:
    """Hash a certificate's public key as OCSP names it (RFC 6960, 4.1.1): the key's bits alone."""
    named = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
    if algorithm not in named:
        raise ValueError("named by another hash")
    public = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        bits = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    else:
        bits = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return named[algorithm](bits).digest()


def _key_id(certificate: bytes) -> bytes:
    parsed = x509.load_der_x509_certificate(certificate)
    return parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


@lru_cache(maxsize=4096)
def _life(certificate: bytes) -> _Life:
    parsed = x509.load_der_x509_certificate(certificate)
    return _Life(parsed.not_valid_before_utc, parsed.not_valid_after_utc)
