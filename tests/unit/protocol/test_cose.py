"""Signatures: each holds in its one context, under its one key, in its one encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.protocol.codec import decode
from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
CONTEXT = Context(
    kind=MessageKind.MENU, sender="999999", receiver="K-0001", visit=bytes(32), ordinal=1, key_id=bytes(8)
)
SIGNED = KEY.sign(b"payload", CONTEXT)


def refused(message: bytes, context: Context = CONTEXT, key: SigningKey = KEY) -> Code:
    """Give the code that refuses."""
    with pytest.raises(Refused) as caught:
        key.verifying.open(message, context)
    return caught.value.code


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_a_signed_payload_is_read_back(payload: bytes) -> None:
    """Checked or, where its own content names the key, before."""
    signed = KEY.sign(payload, CONTEXT)
    assert KEY.verifying.open(signed, CONTEXT) == payload
    assert unchecked_payload(signed) == payload


@pytest.mark.parametrize(
    "change",
    [
        {"kind": MessageKind.DOCUMENT},
        {"sender": "999998"},
        {"receiver": "K-0002"},
        {"visit": b"\1" * 32},
        {"visit": b""},
        {"ordinal": 2},
        {"key_id": b"\1" * 8},
    ],
)
def test_no_signature_passes_in_another_context(change: dict[str, Any]) -> None:
    """Kind, from, to, visit, ordinal, key: one part other is enough."""
    assert refused(SIGNED, replace(CONTEXT, **change)) is Code.SIGNATURE_INVALID


def test_the_context_is_the_documented_array() -> None:
    """Protocol, kind, from, to, v, ordinal, suite, key id."""
    array = ["konbini/1", 41, "999999", "K-0001", bytes(32), 1, 1, bytes(8)]
    assert decode(CONTEXT.to_bytes(), 1000) == array


def test_no_signature_passes_under_another_key() -> None:
    """Nor one made by another key for this context."""
    assert refused(SIGNED, key=OTHER) is Code.SIGNATURE_INVALID
    assert refused(OTHER.sign(b"payload", CONTEXT)) is Code.SIGNATURE_INVALID


@settings(max_examples=60)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(place: int, change: int) -> None:
    """Anywhere: header, payload, signature."""
    changed = bytearray(SIGNED)
    changed[place] ^= change
    assert refused(bytes(changed)) is Code.SIGNATURE_INVALID


def test_one_message_has_one_envelope() -> None:
    """Trailing bytes, lengths longer than need be, an unprotected header, no tag: the same signature, and refused."""
    start, payload, signature = SIGNED[:7], b"payload", SIGNED[-64:]
    assert start + b"\x47" + payload + b"\x58\x40" + signature == SIGNED
    for other in (
        SIGNED + b"\0",
        start + b"\x58\x07" + payload + b"\x58\x40" + signature,
        start + b"\x47" + payload + b"\x59\x00\x40" + signature,
        start + b"\x5f\x47" + payload + b"\xff\x58\x40" + signature,
        bytes.fromhex("d28443a10126a10440") + b"\x47" + payload + b"\x58\x40" + signature,
        SIGNED[1:],
        b"",
        start,
    ):
        assert refused(other) is Code.SIGNATURE_INVALID
        with pytest.raises(Refused) as caught:
            unchecked_payload(other)
        assert caught.value.code is Code.MALFORMED


def test_a_signature_in_der_is_refused() -> None:
    """COSE signatures are r and s, 32 bytes each."""
    r, s = (int.from_bytes(SIGNED[place : place + 32]) for place in (-64, -32))
    der = encode_dss_signature(r, s)
    assert decode_dss_signature(der) == (r, s)
    assert refused(SIGNED[:15] + b"\x58" + bytes([len(der)]) + der) is Code.SIGNATURE_INVALID


def test_keys_are_points_of_p256() -> None:
    """Another length, the point at infinity, off the curve, compressed, another curve, another scheme."""
    point = KEY.verifying.point
    for wrong in (b"", point[:-1], b"\0" * 65, b"\x04" + bytes(64), b"\x02" + point[1:33], b"\x05" + point[1:]):
        with pytest.raises(Refused) as caught:
            VerifyingKey(wrong)
        assert caught.value.code is Code.MALFORMED
    with pytest.raises(ValueError, match="P-256"):
        SigningKey(ec.generate_private_key(ec.SECP384R1()))
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="P-256"):
        SigningKey.from_pem(pem)


def test_a_key_is_read_from_its_file() -> None:
    """PKCS#8, unencrypted."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert SigningKey.from_pem(pem).verifying.key_id == SigningKey(private).verifying.key_id
