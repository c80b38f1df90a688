"""The authority of the individual-number card's user-authentication certificates (利用者証明用電子証明書), in small.

The profile follows the real one: RSA of 2048 bits, key usage digitalSignature alone, a certificate policy that tells
user authentication from signature certificates, a subject that is a string without meaning. No certificate says a
name, an address or a birth date, and moving does not end it (公的個人認証法 Article 22 and after). What differs: all
names say that they are a test's, and nothing is fetched from anywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from konbini.simulation.town.pki.authority import (
    Authority,
    Credential,
    Extension,
    Life,
    PublicKey,
    key_usage,
    name,
    new_p256_key,
)
from konbini.simulation.town.ward import Ward
from konbini.ward_server.residents.feed import CardSerial

__all__ = [
    "CARDS_LIST",
    "LIST_POINT",
    "USER_AUTHENTICATION_POLICY",
    "CardAuthority",
    "make_ward_card_authority",
    "new_card_key",
]

USER_AUTHENTICATION_POLICY = "1.2.392.200149.8.5.1.3.30"
"""The certificate policy of user authentication; a ward pins it beside the issuer."""
CARDS_LIST = "cards.crl"
"""The name of the list of revoked cards at whoever serves it."""
LIST_POINT = f"http://crl.card-authority.invalid/{CARDS_LIST}"
"""The distribution point that cards and list name; nobody is asked there: a ward fetches from where it is told to."""
_ORGANIZATION = "Test of konbini"
_UNIT = "Test card authority for user authentication"
_KEY_BITS = 2048
_YEARS = dt.timedelta(days=365)
_RESPONDER_LIFE = 2 * _YEARS


def new_card_key() -> rsa.RSAPrivateKey:
    """Make a key as a card holds it; takes a tenth of a second or more."""
    return rsa.generate_private_key(65537, _KEY_BITS)


class CardAuthority:
    """Issues user-authentication certificates and its responder's."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority

    @classmethod
    def make(cls, moment: int, unit: str) -> CardAuthority:
        """Make a new authority, some years old at `moment` (Unix seconds), so that its cards may be older too.

        Args:
            moment: now.
            unit: tells one authority from another in its name.
        """
        life = Life.around(moment, before=12 * _YEARS, after=12 * _YEARS)
        return cls(Authority.make(name("", _UNIT, unit, organization=_ORGANIZATION), new_card_key(), life))

    def card_serial(self, serial: int) -> CardSerial:
        """Give what a ward links to a resident (コンビニ交付シリアル番号)."""
        content = serial.to_bytes((serial.bit_length() + 8) // 8)
        return CardSerial(issuer_key_id=self.authority.key_id, serial=content)

    def issue(self, public: PublicKey, serial: int, life: Life) -> x509.Certificate:
        """Issue the certificate of one card."""
        # As on real cards the subject is a string without meaning: what it is made of tells nothing of anybody.
        token = hashlib.sha256(self.authority.key_id + serial.to_bytes(20)).hexdigest()[:22].upper()
        subject = name(token, _UNIT, organization=_ORGANIZATION)
        location = x509.UniformResourceIdentifier("http://ocsp.card-authority.invalid/")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
        policy = x509.PolicyInformation(x509.ObjectIdentifier(USER_AUTHENTICATION_POLICY), None)
        extensions: list[Extension] = [
            (key_usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True),
            (x509.CertificatePolicies([policy]), True),
            (x509.AuthorityInformationAccess([access]), False),
            (x509.CRLDistributionPoints([_point()]), False),
        ]
        return self.authority.issue(subject, public, life, extensions, serial=serial)

    def make_responder(self, moment: int) -> Credential:
        """Make the key and the certificate of the OCSP responder (RFC 6960, 4.2.2.2: delegated, not checked itself)."""
        key = new_p256_key()
        extensions: list[Extension] = [
            (key_usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ]
        subject = name("OCSP responder", _UNIT, organization=_ORGANIZATION)
        life = Life.around(moment, before=_YEARS, after=_RESPONDER_LIFE)
        return Credential(self.authority.issue(subject, key.public_key(), life, extensions), key)


def make_ward_card_authority(ward: Ward, moment: int) -> Authority:
    """Make the ward's own issuer of the ward's own cards (専用カード), a P-384 key; `moment` in Unix seconds."""
    life = Life.around(moment, before=_YEARS, after=12 * _YEARS)
    subject = name("", "Test authority of the ward's own cards", organization=ward.name)
    return Authority.make(subject, ec.generate_private_key(ec.SECP384R1()), life)


def _point() -> x509.DistributionPoint:
    location = x509.UniformResourceIdentifier(LIST_POINT)
    return x509.DistributionPoint(full_name=[location], relative_name=None, reasons=None, crl_issuer=None)
