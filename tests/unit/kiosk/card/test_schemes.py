"""The algorithm comes from the certificate's key."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from konbini.kiosk.card.schemes import EcdsaSha384, RsaSha256, scheme_of
from konbini.protocol.errors import Code, Refused
from konbini.protocol.visits import CARD_ES384, CARD_RS256
from konbini.simulation.card.applet import CardContent


def certificate_for(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """A self-signed certificate with this key."""
    name = x509.Name((x509.NameAttribute(x509.NameOID.COMMON_NAME, "X"),))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_rsa_signs_a_digest_info_of_sha256(content: CardContent) -> None:
    """A signature that `cryptography` makes over the message is accepted; another message's is not."""
    scheme = scheme_of(content.auth_certificate)
    assert isinstance(scheme, RsaSha256)
    assert isinstance(content.auth_key, rsa.RSAPrivateKey)
    signature = content.auth_key.sign(b"message", padding.PKCS1v15(), hashes.SHA256())
    assert scheme.accepts(signature, b"message")
    assert not scheme.accepts(signature, b"another message")
    assert not scheme.accepts(b"", b"message")
    assert len(scheme.prepare(b"message")) == 51
    assert scheme.algorithm == CARD_RS256


def test_p384_signs_a_digest_of_sha384() -> None:
    """The next card generation: the algorithm comes from the certificate's key, and from nothing else."""
    key = ec.generate_private_key(ec.SECP384R1())
    scheme = scheme_of(certificate_for(key))
    assert isinstance(scheme, EcdsaSha384)
    signature = key.sign(b"message", ec.ECDSA(hashes.SHA384()))
    assert scheme.accepts(signature, b"message")
    assert not scheme.accepts(signature, b"another message")
    assert not scheme.accepts(key.sign(b"message", ec.ECDSA(hashes.SHA256())), b"message")
    assert not scheme.accepts(b"", b"message")
    assert scheme.prepare(b"message") == hashlib.sha384(b"message").digest()
    assert scheme.algorithm == CARD_ES384


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_a_key_of_another_kind_is_a_card_we_cannot_use(curve: ec.EllipticCurve) -> None:
    """No card signs with these."""
    with pytest.raises(Refused) as caught:
        scheme_of(certificate_for(ec.generate_private_key(curve)))
    assert caught.value.code == Code.WRONG_CARD


def test_a_short_rsa_key_is_a_card_we_cannot_use() -> None:
    """1024 bits are on no card of this kind."""
    with pytest.raises(Refused) as caught:
        scheme_of(certificate_for(rsa.generate_private_key(65537, 1024)))  # noqa: S505 - too short on purpose
    assert caught.value.code == Code.WRONG_CARD


@pytest.mark.parametrize("octets", [b"", b"\x30\x82\x00\x00", bytes(1000)])
def test_what_is_no_certificate_is_a_fault(octets: bytes) -> None:
    """CARD_FAULT, not a crash."""
    with pytest.raises(Refused) as caught:
        scheme_of(octets)
    assert caught.value.code == Code.CARD_FAULT


def test_a_certificate_of_no_version_is_a_fault_too() -> None:
    """The parser has an error of its own for it."""
    version = bytes.fromhex("a003020102")
    octets = certificate_for(ec.generate_private_key(ec.SECP384R1())).replace(version, b"\xa0\x03\x02\x01\x27")
    with pytest.raises(Refused) as caught:
        scheme_of(octets)
    assert caught.value.code == Code.CARD_FAULT
