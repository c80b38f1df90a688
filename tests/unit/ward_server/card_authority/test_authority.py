"""The ward's own card authority: what it certifies, what it does not, and what the operator is shown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from konbini.commands.ward import carry_out
from konbini.process.clock import SystemClock, to_seconds
from konbini.simulation.town.pki.authority import Authority, key_pem
from konbini.simulation.town.pki.cards import make_ward_card_authority
from konbini.simulation.town.ward import SUMIKAWA
from konbini.ward_server.asking.card import identify
from konbini.ward_server.card_authority.authority import WARD_CARD_POLICY, WardCardAuthority

MOMENT = 1_795_143_600
NOW = dt.datetime.fromtimestamp(MOMENT, dt.UTC)
YEAR = dt.timedelta(days=365)


@pytest.fixture(scope="module")
def files() -> Authority:
    """The authority's certificate and key."""
    return make_ward_card_authority(SUMIKAWA, MOMENT)


@pytest.fixture(scope="module")
def authority(files: Authority) -> WardCardAuthority:
    """The authority."""
    return WardCardAuthority(files.certificate_pem(), key_pem(files.key))


def public_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """The public half as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


P384 = public_of(ec.generate_private_key(ec.SECP384R1()))


@pytest.mark.parametrize("public", [P384, public_of(rsa.generate_private_key(65537, 2048))], ids=["P-384", "RSA"])
def test_a_certificate_names_nobody(authority: WardCardAuthority, files: Authority, public: bytes) -> None:
    """Its subject is its number; issuer, policy and serial are what wards and registry read."""
    issued = authority.issue(public, token=bytes(range(16)), begins=NOW, ends=NOW + YEAR)
    certificate = x509.load_der_x509_certificate(issued.certificate)
    certificate.verify_directly_issued_by(files.certificate)
    assert identify(issued.certificate) == issued.card
    assert [attribute.value for attribute in certificate.subject] == [f"{certificate.serial_number:x}"]
    (policy,) = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == WARD_CARD_POLICY
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW, NOW + YEAR)


@pytest.mark.parametrize("token", [bytes(16), b"\xff" * 16, b"\x80" + bytes(15)])
def test_serial_numbers_are_positive_and_of_one_length(authority: WardCardAuthority, token: bytes) -> None:
    """RFC 5280, 4.1.2.2; the registry knows the card by exactly these octets."""
    issued = authority.issue(P384, token=token, begins=NOW, ends=NOW + YEAR)
    assert len(issued.card.serial) == 16
    assert 0x40 <= issued.card.serial[0] < 0x80
    assert identify(issued.certificate) == issued.card


@pytest.mark.parametrize(
    ("public", "token", "begins", "ends"),
    [
        (public_of(rsa.generate_private_key(65537, 1024)), bytes(16), NOW, NOW + YEAR),  # noqa: S505 - too short
        (public_of(ec.generate_private_key(ec.SECP256R1())), bytes(16), NOW, NOW + YEAR),
        (P384, bytes(15), NOW, NOW + YEAR),
        (P384, bytes(16), NOW - 2 * YEAR, NOW),
        (P384, bytes(16), NOW, NOW + 13 * YEAR),
        (P384, bytes(16), NOW, NOW),
        (b"", bytes(16), NOW, NOW + YEAR),
    ],
    ids=["short RSA", "P-256", "short token", "too early", "too long", "no life", "no key"],
)
def test_what_is_not_certified(
    authority: WardCardAuthority, public: bytes, token: bytes, begins: dt.datetime, ends: dt.datetime
) -> None:
    """No kiosk could use it, or it would outlive the authority."""
    with pytest.raises(ValueError, match=r"\w"):
        authority.issue(public, token=token, begins=begins, ends=ends)


def test_files_that_are_no_authority(files: Authority, authority: WardCardAuthority) -> None:
    """Another key, another curve, a card's certificate."""
    other = make_ward_card_authority(SUMIKAWA, MOMENT)
    key = ec.generate_private_key(ec.SECP384R1())
    card = authority.issue(public_of(key), token=bytes(16), begins=NOW, ends=NOW + YEAR).certificate
    pem = x509.load_der_x509_certificate(card).public_bytes(serialization.Encoding.PEM)
    for certificate, private in (
        (files.certificate_pem(), key_pem(other.key)),
        (files.certificate_pem(), key_pem(ec.generate_private_key(ec.SECP256R1()))),
        (pem, key_pem(key)),
    ):
        with pytest.raises(ValueError, match="authority"):
            WardCardAuthority(certificate, private)


def test_the_command_writes_once_and_shows_what_is_entered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A certificate, and the card as CARD_LINKED takes it; an existing file stays."""
    files = make_ward_card_authority(SUMIKAWA, to_seconds(SystemClock().now()))
    for name, content in (("ca.pem", files.certificate_pem()), ("ca.key", key_pem(files.key)), ("card.pub", P384)):
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "card.cer"
    typed = (
        *("card-certificate", "--authority", str(tmp_path / "ca.pem"), "--key", str(tmp_path / "ca.key")),
        *("--public", str(tmp_path / "card.pub"), "--out", str(out)),
    )
    assert carry_out(typed) == 0
    card = identify(out.read_bytes())
    shown = capsys.readouterr().out
    assert f"card: {card.issuer_key_id.hex()} {card.serial.hex()}" in shown
    before = out.read_bytes()
    assert carry_out(typed) == 1
    assert out.read_bytes() == before
    assert "card.cer" in capsys.readouterr().err
