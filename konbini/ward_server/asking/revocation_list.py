"""A revocation list (CRL, RFC 5280 sections 5 and 6.3): read, checked against its issuer, asked about one certificate.

Whole lists only: a delta, an indirect list, one of some reasons or of authorities, and one with a critical extension
that is not known here settle nothing. Every list has a number (CRLNumber), an authority key identifier and an end
(nextUpdate), as section 5.2 demands of an issuer that conforms. Every entry is a revocation, a hold among them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tickets import CLOCK_SKEW_SECONDS
from konbini.ward_server.asking.revocation import MOST_LIST_BYTES

__all__ = ["RevocationList", "check_list"]

_TOLERANCE = timedelta(seconds=CLOCK_SKEW_SECONDS)
_NO_LIST = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading bytes that are no list may raise."""
_KEPT_IN_MEMORY = 8
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list whose issuer's signature holds.

    Attributes:
        issuer_key_id: of the pinned issuer that signed it.
        number: grows with each list of one issuer and scope.
        made: thisUpdate.
        ends: nextUpdate.
    """

    content: bytes
    parsed: x509.CertificateRevocationList
    issuer_key_id: bytes
    number: int
    made: datetime
    ends: datetime

    @classmethod
    def read(cls, content: bytes, issuers: Sequence[bytes]) -> RevocationList:
        """Read a list (DER) and check that one of the pinned issuers (DER) signed it whole.

        The same bytes under the same issuers are read once: a long list would be read anew for every visit.

        Raises:
            Refused: `REVOCATION_UNKNOWN`.
        """
        if len(content) > MOST_LIST_BYTES:
            raise _unknown("a list that is too long")
        return _read(content, tuple(issuers))

    @classmethod
    def checked(cls, content: bytes, issuers: Sequence[x509.Certificate]) -> RevocationList:
        """Read a list without the bounds of `read`.

        Raises:
            Refused: `REVOCATION_UNKNOWN`, or whatever reading bytes that are no list raises.
        """
        parsed = x509.load_der_x509_crl(content)
        _check_extensions(parsed)
        key_id = parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        signers = [one for one in issuers if _key_id(one) == key_id and one.subject == parsed.issuer and _signs(one)]
        if key_id is None or not signers:
            raise _unknown("a list of another issuer")
        if not isinstance(parsed.signature_hash_algorithm, _DIGESTS) or not _holds(parsed, signers[0]):
            raise _unknown("a list with another's signature")
        if parsed.next_update_utc is None:
            raise _unknown("a list without an end")
        return cls(
            content=content,
            parsed=parsed,
            issuer_key_id=key_id,
            number=parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number,
            made=parsed.last_update_utc,
            ends=parsed.next_update_utc,
        )

    def follows(self, other: RevocationList) -> bool:
        """Say whether this list is the other, or made after it: an issuer's numbers and dates never go back."""
        return self.number >= other.number and self.made >= other.made

    def covers(self, certificate: x509.Certificate) -> bool:
        """Say whether a certificate is in the list's scope: its issuer's, and of a distribution point that it names."""
        if _authority(certificate) != self.issuer_key_id or certificate.issuer != self.parsed.issuer:
            return False
        try:
            point = self.parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
        except x509.ExtensionNotFound:
            return True
        return point.full_name is None or not _points(certificate).isdisjoint(point.full_name)

    def names(self, certificate: x509.Certificate) -> bool:
        """Say whether a certificate is revoked or held."""
        return self.parsed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


@functools.lru_cache(maxsize=_KEPT_IN_MEMORY)
def _read(content: bytes, issuers: tuple[bytes, ...]) -> RevocationList:
    try:
        return RevocationList.checked(content, [x509.load_der_x509_certificate(issuer) for issuer in issuers])
    except x509.ExtensionNotFound as error:
        raise _unknown("a list without number or authority key identifier") from error
    except _NO_LIST as error:
        raise _unknown("not a revocation list") from error


def check_list(
    found: RevocationList, certificate: x509.Certificate, now: datetime, oldest: timedelta, slack: timedelta
) -> None:
    """Ask a list about a certificate.

    Args:
        found: the list.
        certificate: of the card.
        now: the moment.
        oldest: how long ago it may have been made.
        slack: how long ago the moment may be at which it had to be in force.

    Raises:
        Refused: `CARD_REVOKED`, `REVOCATION_UNKNOWN`.
    """
    if not -_TOLERANCE <= now - found.made <= oldest + slack + _TOLERANCE:
        raise _unknown("a list that is too old, or of the future")
    if now > found.ends + slack + _TOLERANCE:
        raise _unknown("a list whose next one is due")
    if not found.covers(certificate):
        raise _unknown("a list of other certificates")
    if found.names(certificate):
        raise Refused(Code.CARD_REVOKED)


def _check_extensions(parsed: x509.CertificateRevocationList) -> None:
    for extension in parsed.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            raise _unknown("a delta of a list")
        if isinstance(value, x509.IssuingDistributionPoint):
            _check_point(value)
        elif extension.critical:
            raise _unknown("a critical extension that is not known")


def _check_point(point: x509.IssuingDistributionPoint) -> None:
    partial = (point.only_contains_ca_certs, point.only_contains_attribute_certs, point.indirect_crl)
    if any(partial) or point.only_some_reasons is not None or point.relative_name is not None:
        raise _unknown("a list of another scope than all cards' certificates")


def _holds(parsed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    return parsed.is_signature_valid(key)


def _signs(issuer: x509.Certificate) -> bool:
    """Say whether an authority's key may sign lists (RFC 5280, 6.3.3 (f))."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _points(certificate: x509.Certificate) -> frozenset[x509.GeneralName]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(name for point in points for name in point.full_name or ())


def _authority(certificate: x509.Certificate) -> bytes | None:
    return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def _key_id(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _unknown(detail: str) -> Refused:
    return Refused(Code.REVOCATION_UNKNOWN, detail)
