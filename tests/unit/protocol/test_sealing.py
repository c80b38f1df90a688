"""Seals: each opens in its one context with its one key, and its length says nothing but its kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.protocol.cose import Context
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import PUBLIC_BYTES, SEAL_BYTES, OpeningKey, SealedSize, SealingKey

KEY = OpeningKey.generate()
CONTEXT = Context(kind=MessageKind.MENU, sender="999999", receiver="K-0001", visit=bytes(32), ordinal=1)
SMALL, MEDIUM = SealedSize.SMALL, SealedSize.MEDIUM
SEALED = KEY.sealing.seal(b"content", CONTEXT, SMALL)


def refused(sealed: bytes, context: Context = CONTEXT, key: OpeningKey = KEY) -> Code:
    """Give the code that refuses."""
    with pytest.raises(Refused) as caught:
        key.open(sealed, context)
    return caught.value.code


@settings(max_examples=30)
@given(st.binary(max_size=SMALL - 4))
def test_what_is_sealed_opens_and_has_the_size_of_all(content: bytes) -> None:
    """Nothing but the size that was asked for shows."""
    sealed = KEY.sealing.seal(content, CONTEXT, SMALL)
    assert KEY.open(sealed, CONTEXT) == content
    assert len(sealed) == SMALL + SEAL_BYTES


@pytest.mark.parametrize(
    ("length", "size"), [(0, SMALL), (SMALL - 4, SMALL), (SMALL - 3, MEDIUM), (MEDIUM - 4, MEDIUM)]
)
def test_the_first_size_that_holds_it_is_taken(length: int, size: SealedSize) -> None:
    """A size is chosen by the content's length only where two are allowed."""
    sealed = KEY.sealing.seal(bytes(length), CONTEXT, SMALL, MEDIUM)
    assert len(sealed) == size + SEAL_BYTES
    assert KEY.open(sealed, CONTEXT) == bytes(length)


def test_what_no_size_holds_is_oversize() -> None:
    """It is never sealed in pieces."""
    with pytest.raises(Refused) as caught:
        KEY.sealing.seal(bytes(MEDIUM - 3), CONTEXT, SMALL, MEDIUM)
    assert caught.value.code is Code.OVERSIZE


@pytest.mark.parametrize(
    "change",
    [
        {"kind": MessageKind.DOCUMENT},
        {"sender": "999998"},
        {"receiver": "K-0002"},
        {"visit": b"\1" * 32},
        {"ordinal": 2},
        {"key_id": b"\1" * 8},
    ],
)
def test_no_seal_opens_in_another_context(change: dict[str, Any]) -> None:
    """One part other is enough."""
    assert refused(SEALED, replace(CONTEXT, **change)) is Code.MALFORMED


def test_no_seal_opens_with_another_key() -> None:
    """Nor after a change of any part, nor in another length."""
    assert refused(SEALED, key=OpeningKey.generate()) is Code.MALFORMED
    for wrong in (b"", SEALED[:-1], SEALED + b"\0", SEALED[:SEAL_BYTES]):
        assert refused(wrong) is Code.MALFORMED


@settings(max_examples=40)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(place: int, change: int) -> None:
    """Encapsulated key, ciphertext, tag."""
    changed = bytearray(SEALED)
    changed[place] ^= change
    assert refused(bytes(changed)) is Code.MALFORMED


@pytest.mark.parametrize("share", [bytes(32), b"\1" + bytes(31)])
def test_a_point_of_small_order_is_refused(share: bytes) -> None:
    """In what arrives, and in a key that one is asked to seal to (RFC 7748, section 6.1)."""
    assert refused(SEALED[:1088] + share + SEALED[1120:]) is Code.MALFORMED
    with pytest.raises(Refused) as caught:
        SealingKey(KEY.sealing.public[:1184] + share).seal(b"content", CONTEXT, SMALL)
    assert caught.value.code is Code.MALFORMED


def padded_otherwise(padded: bytes) -> bytes:
    """Seal bytes as they are, as a sender of another make could."""
    public = KEY.sealing.public
    key = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
    )
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    return suite.encrypt(padded, key, CONTEXT.to_bytes())


def test_padding_is_nought_and_the_length_true() -> None:
    """There is no room for a second message in the padding."""
    assert KEY.open(padded_otherwise((7).to_bytes(4) + b"content" + bytes(SMALL - 11)), CONTEXT) == b"content"
    for padded in (
        (7).to_bytes(4) + b"content" + bytes(SMALL - 12) + b"\1",
        (6).to_bytes(4) + b"content" + bytes(SMALL - 11),
        (SMALL).to_bytes(4) + bytes(SMALL - 4),
        (2**32 - 1).to_bytes(4) + bytes(SMALL - 4),
        (7).to_bytes(4) + b"content" + bytes(SMALL - 10),
    ):
        assert refused(padded_otherwise(padded)) is Code.MALFORMED


def test_keys_have_their_form() -> None:
    """A public key of 1,216 bytes whose lattice half is in range; a private one of 96."""
    public = KEY.sealing.public
    assert len(public) == PUBLIC_BYTES == 1216
    for wrong in (b"", public[:-1], public + b"\0", b"\xff" * 1184 + public[1184:]):
        with pytest.raises(Refused) as caught:
            SealingKey(wrong)
        assert caught.value.code is Code.MALFORMED
    again = OpeningKey.from_bytes(KEY.to_bytes())
    assert again.open(SEALED, CONTEXT) == b"content"
    assert again.sealing.key_id == KEY.sealing.key_id
    for short in (b"", KEY.to_bytes()[:-1], KEY.to_bytes() + b"\0"):
        with pytest.raises(ValueError, match=r"."):
            OpeningKey.from_bytes(short)
