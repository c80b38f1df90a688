"""The card's certificate: path to a pinned issuer, dates, purpose, revocation, and the signature over t.

Sources: RFC 5280 (path), RFC 6960 (OCSP). The path and an OCSP answer are judged by pyhanko-certvalidator with
fetching switched off, a revocation list by `revocation_list`: whoever calls hands in the answer, so that the clerk
can judge the same bytes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationPolicy, RevocationSource
from konbini.ward_server.asking.revocation_list import RevocationList, check_list
from konbini.ward_server.residents.feed import CardSerial

__all__ = [
    "CardIssuer",
    "check_certificate",
    "check_issued",
    "check_signature",
    "check_told_apart",
    "identify",
    "is_own_card",
    "usable_at",
]

_TOLERANCE = timedelta(seconds=CLOCK_SKEW_SECONDS)
_ROOTS_KEPT = 16
_NO_CERTIFICATE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading bytes that are no certificate of ours may raise."""

_LIBRARY_FAULTS = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
)
"""What the path's library raises beside its own errors, where a structure within is not what it says: it reads each
only when it comes to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssuer:
    """A pinned issuer of user-authentication certificates.

    Attributes:
        certificate: DER.
        policies: the certificate policies that mean user authentication (利用者証明用) with this issuer: one of them
            must stand in the certificate.
        own: whether this is the ward's own issuer, of the ward's own cards (専用カード).
    """

    certificate: bytes
    policies: frozenset[str]
    own: bool = False


def check_told_apart(issuers: Sequence[CardIssuer]) -> None:
    """Check that no two pinned issuers have one key: a card's serial could not say whose it is.

    Raises:
        ValueError: two have.
    """
    keys = [_subject_key_id(x509.load_der_x509_certificate(issuer.certificate)) for issuer in issuers]
    if len(set(keys)) != len(keys):
        raise ValueError("two pinned issuers of cards have one key")


def usable_at(issuers: Sequence[CardIssuer], *, own_machine: bool) -> tuple[CardIssuer, ...]:
    """Give the issuers whose cards count at a machine: the ward's own cards at the ward's own machines alone."""
    return tuple(issuer for issuer in issuers if own_machine or not issuer.own)


def is_own_card(certificate: bytes, issuers: Sequence[CardIssuer]) -> bool:
    """Say whether a certificate names one of these issuers as its own, and that is the ward's own.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`.
    """
    return any(issuer.own for issuer in _named(certificate, issuers))


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


async def check_certificate(  # noqa: PLR0913 - what a judgement is made of, named
    certificate: bytes,
    revocation: RevocationAnswer,
    issuers: Sequence[CardIssuer],
    *,
    moment: int,
    policy: RevocationPolicy,
    slack_seconds: int = 0,
) -> CardSerial:
    """Judge the card's certificate with the revocation answer that was found for it.

    Args:
        certificate: DER.
        revocation: an OCSP response or a list, as it came; for the ward's own cards `RevocationSource.REGISTRY`,
            where whoever calls holds the card's link against the registry's feed.
        issuers: the pinned issuers that count at this machine; an empty list refuses everything.
        moment: now, Unix seconds.
        policy: which answers count, and how old they may be.
        slack_seconds: how long ago the visit may have begun, at which the answer had to be as fresh as that.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`, `CARD_EXPIRED`, `CARD_REVOKED`, `REVOCATION_UNKNOWN`.
    """
    identity = identify(certificate)
    now, slack = datetime.fromtimestamp(moment, UTC), timedelta(seconds=slack_seconds)
    if not _named(certificate, issuers):
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not one of the pinned issuers")
    own = is_own_card(certificate, issuers)
    if revocation.source not in ((RevocationSource.REGISTRY,) if own else policy.order.sources):
        raise Refused(Code.REVOCATION_UNKNOWN, "an answer from a source that does not count here")
    _check_dates(certificate, now)
    if own:
        await _check_path(certificate, None, issuers, now)
    elif revocation.source is RevocationSource.OCSP:
        oldest = timedelta(seconds=policy.oldest_ocsp) + slack
        produced = _check_produced(revocation.content, now, oldest)
        await _check_path(certificate, revocation.content, issuers, min(now, produced))
    else:
        found = RevocationList.read(revocation.content, [issuer.certificate for issuer in issuers])
        oldest = timedelta(seconds=policy.oldest_list)
        check_list(found, x509.load_der_x509_certificate(certificate), now, oldest, slack)
        await _check_path(certificate, None, issuers, now)
    _check_purpose(certificate, issuers)
    return identity


def check_issued(certificate: bytes, issuers: Sequence[CardIssuer], moment: int) -> None:
    """Check dates, purpose and the issuer's signature, without asking anybody.

    Made before the issuer is asked whether the certificate is revoked, so that nobody without a certificate of its
    making can have it asked.

    Raises:
        Refused: `CARD_ISSUER_UNKNOWN`, `CARD_EXPIRED`.
    """
    named = _named(certificate, issuers)
    if not named:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not one of the pinned issuers")
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        parsed.verify_directly_issued_by(x509.load_der_x509_certificate(named[0].certificate))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not signed by the issuer that it names") from error
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


def _check_produced(revocation: bytes, now: datetime, oldest: timedelta) -> datetime:
    produced = _produced_at(revocation)
    if not -_TOLERANCE <= now - produced <= oldest + _TOLERANCE:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer is not of this visit")
    return produced


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


async def _check_path(
    certificate: bytes, response: bytes | None, issuers: Sequence[CardIssuer], moment: datetime
) -> None:
    """Check the path, with an OCSP response where the revocation is not settled yet."""
    try:
        context = ValidationContext(
            trust_roots=[_root(issuer.certificate) for issuer in issuers],
            ocsps=[] if response is None else [response],
            revocation_mode="soft-fail" if response is None else "require",
            allow_fetching=False,
            moment=moment,
            time_tolerance=_TOLERANCE,
        )
        validator = CertificateValidator(asn1_x509.Certificate.load(certificate), validation_context=context)
        await validator.async_validate_usage({"digital_signature"})  # type: ignore[no-untyped-call] # the library's
    except path_errors.RevokedError as error:
        raise Refused(Code.CARD_REVOKED) from error
    except path_errors.InsufficientRevinfoError as error:
        raise Refused(Code.REVOCATION_UNKNOWN, "the answer does not settle it") from error
    except path_errors.ExpiredError as error:
        raise Refused(Code.CARD_EXPIRED) from error
    except (path_errors.PathError, path_errors.ValidationError) as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, type(error).__name__) from error
    except _LIBRARY_FAULTS as error:
        code = Code.CARD_ISSUER_UNKNOWN if response is None else Code.REVOCATION_UNKNOWN
        raise Refused(code, f"cannot be judged: {type(error).__name__}") from error


@lru_cache(maxsize=_ROOTS_KEPT)
def _root(certificate: bytes) -> asn1_x509.Certificate:
    """Give a pinned issuer as the library takes it: parsed once, since preparing its names costs half of a check.

    Only what is pinned comes here, and nobody changes what is given.
    """
    return asn1_x509.Certificate.load(certificate)


def _named(certificate: bytes, issuers: Sequence[CardIssuer]) -> list[CardIssuer]:
    """Find the issuer that a certificate names: none, or one."""
    authority = identify(certificate).issuer_key_id
    parsed = ((issuer, x509.load_der_x509_certificate(issuer.certificate)) for issuer in issuers)
    return [issuer for issuer, its in parsed if _subject_key_id(its) == authority]


def _subject_key_id(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _check_purpose(certificate: bytes, issuers: Sequence[CardIssuer]) -> None:
    """Tell user authentication (利用者証明用) from a signature certificate (署名用) of the same body by its policy."""
    parsed = x509.load_der_x509_certificate(certificate)
    known = frozenset[str]().union(*(issuer.policies for issuer in _named(certificate, issuers)))
    try:
        policies = parsed.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound as error:
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "no certificate policy") from error
    if known.isdisjoint(policy.policy_identifier.dotted_string for policy in policies):
        raise Refused(Code.CARD_ISSUER_UNKNOWN, "not a user-authentication certificate")
