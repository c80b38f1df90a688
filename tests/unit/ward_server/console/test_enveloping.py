"""Encrypted to a receiver: it opens with OpenSSL and the receiver's key, and with nothing else."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from konbini.protocol.errors import Code, Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.console.enveloping import Receiver, seal_to
from tests.receivers import NOW, ReceiverKey, certificate_of

CONTENT = "開示する内容".encode() * 50


@pytest.fixture(scope="module")
def receiver_key() -> ReceiverKey:
    """Return a receiver with a key and a certificate."""
    return ReceiverKey.make()


def _open(sealed: bytes, key: ReceiverKey, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Open it as a receiver would, at a command line."""
    return key.open_with_openssl(sealed, folder)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_the_receiver_opens_it_with_openssl(receiver_key: ReceiverKey, tmp_path: Path) -> None:
    """What comes out is what went in."""
    receiver = Receiver.of_text(receiver_key.pem)
    sealed = seal_to(receiver, CONTENT, SeededEntropy(1))
    assert CONTENT[:12] not in sealed
    opened = _open(sealed, receiver_key, tmp_path)
    assert (opened.returncode, opened.stdout) == (0, CONTENT), opened.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_another_key_and_a_changed_file_do_not_open(receiver_key: ReceiverKey, tmp_path: Path) -> None:
    """The last byte of the content, the tag, and somebody else."""
    sealed = seal_to(Receiver.of_text(receiver_key.pem), CONTENT, SeededEntropy(1))
    for place in (-1, -30):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert _open(bytes(changed), receiver_key, tmp_path).returncode != 0
    assert _open(sealed, ReceiverKey.make(), tmp_path).returncode != 0


def test_a_receiver_is_read_once_and_shown(receiver_key: ReceiverKey) -> None:
    """Its name and its fingerprint, from text and from bytes."""
    receiver = Receiver.of_text(receiver_key.pem)
    again = Receiver.of_bytes(receiver.data)
    assert (again.name, again.fingerprint) == (receiver.name, receiver.fingerprint)
    assert receiver.name == "CN=請求者"
    receiver.check_valid(NOW)
    for moment in (NOW - 400 * 86_400_000, NOW + 400 * 86_400_000):
        with pytest.raises(Refused) as refusal:
            receiver.check_valid(moment)
        assert refusal.value.code is Code.CHANGE_INVALID


def test_what_cannot_be_encrypted_to_is_refused(receiver_key: ReceiverKey) -> None:
    """No certificate, a key of another kind or too short, a certificate for signing alone."""
    curve = ec.generate_private_key(ec.SECP256R1())
    signing = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    refused = (
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        certificate_of(curve, NOW).public_bytes(Encoding.PEM).decode(),
        certificate_of(receiver_key.key, NOW, signing).public_bytes(Encoding.PEM).decode(),
    )
    for text in refused:
        with pytest.raises(Refused) as refusal:
            Receiver.of_text(text)
        assert refusal.value.code is Code.CHANGE_INVALID


@pytest.mark.parametrize(
    ("part", "other"),
    [
        pytest.param("2a864886f70d010101", "2a864886f70d010163", id="a key of a kind that nobody knows"),
        pytest.param("0603551d25", "0603551d0f", id="an extension twice"),
        pytest.param("a003020102", "a003020107", id="of another version"),
    ],
)
def test_what_the_parser_gives_up_on_is_refused_too(receiver_key: ReceiverKey, part: str, other: str) -> None:
    """The library has errors of its own beside the one for what is no certificate."""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    der = certificate_of(receiver_key.key, NOW, usage, purpose).public_bytes(Encoding.DER)
    assert bytes.fromhex(part) in der
    spoilt = der.replace(bytes.fromhex(part), bytes.fromhex(other))
    with pytest.raises(Refused) as kept:
        Receiver.of_bytes(spoilt)
    with pytest.raises(Refused) as pasted:
        Receiver.of_text(ssl.DER_cert_to_PEM_cert(spoilt))
    assert {kept.value.code, pasted.value.code} == {Code.CHANGE_INVALID}


def test_a_number_that_is_no_modulus_is_refused_before_anybody_approves(receiver_key: ReceiverKey) -> None:
    """An even one: what is in the certificate reads as a key, and nothing can be encrypted under it."""
    der = receiver_key.certificate.public_bytes(Encoding.DER)
    modulus = receiver_key.key.public_key().public_numbers().n
    spoilt = der.replace(modulus.to_bytes(256), (modulus - 1).to_bytes(256))
    assert spoilt != der
    with pytest.raises(Refused) as refusal:
        Receiver.of_bytes(spoilt)
    assert refusal.value.code is Code.CHANGE_INVALID


def test_a_name_that_is_no_text_is_refused_before_it_is_shown(receiver_key: ReceiverKey) -> None:
    """The parser reads it only when it is asked for."""
    der = receiver_key.certificate.public_bytes(Encoding.DER)
    named = "請求者".encode()
    with pytest.raises(Refused) as refusal:
        Receiver.of_bytes(der.replace(named, b"\xff" * len(named)))
    assert refusal.value.code is Code.CHANGE_INVALID
