"""Cards that no resident holds, with an issuer of their own: for trying reader and card room alone.

The town's residents get their cards from the town's authorities; nothing that these cards sign is of any use there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from konbini.simulation.card.applet import CardContent
from konbini.simulation.card.keys import CardKey

__all__ = ["SpecimenIssuer"]

_KEY_BITS = 2048
_EXPONENT = 65537
_YEARS_5 = timedelta(days=5 * 365)


class SpecimenIssuer:
    """One made-up authority, for both certificates of its cards.

    Args:
        moment: from when its certificates are valid, for five years.
    """

    def __init__(self, *, moment: datetime = datetime(2025, 4, 1, tzinfo=UTC)) -> None:
        self._moment = moment
        self._key = _new_key()
        self._name = _name("Specimen CA")
        self._serial = 1
        self._certificate = self._certify(self._name, self._key.public_key(), authority=True)

    def content(
        self, holder: str, *, pin: bytes = b"1234", password: bytes = b"ABC123", auth_key: CardKey | None = None
    ) -> CardContent:
        """What is on a card of this holder: fresh keys, their certificates, PIN and password.

        Args:
            holder: the subject's name.
            pin: of the authentication half.
            password: of the signature half.
            auth_key: the authentication key where it is to be of another kind than today's RSA of 2048 bits.
        """
        auth_key, sign_key = auth_key or _new_key(), _new_key()
        authority = _der(self._certificate)
        return CardContent(
            auth_certificate=_der(self._certify(_name(holder), auth_key.public_key(), authority=False)),
            auth_key=auth_key,
            auth_ca=authority,
            sign_certificate=_der(self._certify(_name(holder), sign_key.public_key(), authority=False)),
            sign_key=sign_key,
            sign_ca=authority,
            pin=pin,
            password=password,
        )

    def _certify(
        self, subject: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(self._serial)
            .not_valid_before(self._moment)
            .not_valid_after(self._moment + _YEARS_5)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        self._serial += 1
        return builder.sign(self._key, hashes.SHA256())


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_KEY_BITS)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        (
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Specimen"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        )
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
