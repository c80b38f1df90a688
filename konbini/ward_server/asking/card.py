"""The card's certificate: path to a pinned issuer, dates, purpose, revocation, and the signature over t.

Sources: RFC 5280 (path), RFC 6960 (OCSP). The path and the revocation answer are judged by
pyhanko-certvalidator with fetching switched off: whoever calls hands in the answer, so that the clerk can
judge the same bytes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator import errors as path_errors

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS
from konbini.protocol.visits import CARD_ES256, CARD_ES384, CARD_RS256
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["CardIssuer", "check_certificate", "check_issued", "check_signature", "identify"]

_TOLERANCE = timedelta(seconds=CLOCK_SKEW_SECONDS)
_NO_CERTIFICATE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading bytes that are no certificate of ours may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssuer:
    """A pinned issuer of user-authentication certificates.

    `policies` are the certificate policies that mean user authentication (利用者証明用) with this issuer: one of
    them must stand in the certificate.
    """

    certificate: bytes
    policies: frozenset[str]


def identify(certificate: bytes) -> CardSerial:
    """Read コンビニ交付シリアル番号 from a certificate (DER); proves nothing by itself.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`: not a certificate, or one without an authority key identifier
            or with a negative serial.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        authority = parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (*_NO_CERTIFICATE, x509.ExtensionNotFound) as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not a certificate of an issuer") from error
    serial = parsed.serial_number
    if authority is None or serial < 0:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "no authority key identifier, or no serial")
    return CardSerial(issuer_key_id=authority, serial=serial.to_bytes((serial.bit_length() + 8) // 8))


async def check_certificate(
    certificate: bytes,
    revocation: bytes,
    issuers: Sequence[CardIssuer],
    *,
    moment: int,
    oldest_revocation_seconds: int,
) -> CardSerial:
    """Judge the card's certificate with the OCSP answer that was fetched for it.

    Args:
        certificate: DER.
        revocation: the OCSP response, DER.
        issuers: the pinned issuers; an empty list refuses everything.
        moment: now, Unix seconds.
        oldest_revocation_seconds: how old the answer may be.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`, `CARD_EXPIRED`, `CARD_REVOKED`, `REVOCATION_UNKNOWN`.
    """
    identity = identify(certificate)
    now = datetime.fromtimestamp(moment, UTC)
    produced = _produced_at(revocation)
    if not -_TOLERANCE <= now - produced <= timedelta(seconds=oldest_revocation_seconds) + _TOLERANCE:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer is not of this visit")
    _check_dates(certificate, now)
    await _check_path(certificate, revocation, issuers, min(now, produced))
    _check_purpose(certificate, issuers)
    return identity


def check_issued(certificate: bytes, issuers: Sequence[CardIssuer], moment: int) -> None:
    """Check dates, purpose and the issuer's signature, without asking anybody.

    Made before the issuer is asked whether the certificate is revoked, so that nobody without a certificate of its
    making can have it asked.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`, `CARD_EXPIRED`.
    """
    authority = identify(certificate).issuer_key_id
    parsed = x509.load_der_x509_certificate(certificate)
    for issuer in (x509.load_der_x509_certificate(one.certificate) for one in issuers):
        if _subject_key_id(issuer) == authority:
            try:
                parsed.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
                raise Refused(Code.CARD_ISSUER_UNKNOWN, "not signed by the issuer that it names") from error
            break
    else:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not one of the pinned issuers")
    _check_dates(certificate, datetime.fromtimestamp(moment, UTC))
    _check_purpose(certificate, issuers)


def check_signature(certificate: bytes, algorithm: int, signature: bytes, t: bytes) -> None:
    """Check the card's signature over t.

    Raises:
        Refused: `CARD_SIGNATURE_INVALID`, also where there is no certificate or no key in it.
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except _NO_CERTIFICATE as error:
        raise Refused(Code.CARD_SIGNATURE_INVALID, "not a certificate with a key") from error
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm == CARD_RS256:
            key.verify(signature, t, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and (algorithm, key.curve.name) == (CARD_ES256, "secp256r1"):
            key.verify(signature, t, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, ec.EllipticCurvePublicKey) and (algorithm, key.curve.name) == (CARD_ES384, "secp384r1"):
            key.verify(signature, t, ec.ECDSA(hashes.SHA384()))
        else:
            raise Refused(Code.CARD_SIGNATURE_INVALID, "another algorithm than the certificate's key")
    except InvalidSignature as error:
        raise Refused(Code.CARD_SIGNATURE_INVALID) from error


def _produced_at(revocation: bytes) -> datetime:
    try:
        response = asn1_ocsp.OCSPResponse.load(revocation, strict=True)
        if response["response_status"].native != "successful":
            raise Refused(Code.REVOCATION_UNKNOWN, "the responder gave no answer")
        produced: datetime = response.response_data["produced_at"].native
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(Code.REVOCATION_UNKNOWN, "not an OCSP response") from error
    return produced


def _check_dates(certificate: bytes, now: datetime) -> None:
    parsed = x509.load_der_x509_certificate(certificate)
    if not parsed.not_valid_before_utc <= now <= parsed.not_valid_after_utc:
        raise Refused(Code.CARD_EXPIRED)


async def _check_path(certificate: bytes, revocation: bytes, issuers: Sequence[CardIssuer], moment: datetime) -> None:
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(issuer.certificate) for issuer in issuers],
        ocsps=[revocation],
        revocation_mode="require",
        allow_fetching=False,
        moment=moment,
        time_tolerance=_TOLERANCE,
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(certificate), validation_context=context)
    try:
        await validator.async_validate_usage({"digital_signature"})  # type: ignore[no-untyped-call] # the library's
    except path_errors.RevokedError as error:
        raise Refused(Code.CARD_REVOKED) from error
    except path_errors.InsufficientRevinfoError as error:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer does not settle it") from error
    except path_errors.ExpiredError as error:
        raise Refused(Code.CARD_EXPIRED) from error
    except (path_errors.PathError, path_errors.ValidationError) as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, type(error).__name__) from error


def _subject_key_id(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _check_purpose(certificate: bytes, issuers: Sequence[CardIssuer]) -> None:
    """Tell user authentication (利用者証明用) from a signature certificate (署名用) of the same body by its policy."""
    parsed = x509.load_der_x509_certificate(certificate)
    known = frozenset[str]().union(*(issuer.policies for issuer in issuers))
    try:
        policies = parsed.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "no certificate policy") from error
    if known.isdisjoint(policy.policy_identifier.dotted_string for policy in policies):
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not a user-authentication certificate")
