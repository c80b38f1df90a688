"""One signature over many payloads: each verifies alone, at its own place, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.batches import MOST_IN_A_BATCH, MOST_PROOF_BYTES, BatchOpener, sign_batch, unchecked_member
from konbini.protocol.codec import decode, encode
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.merkle import leaf_hash

KEY = SigningKey.generate()
CONTEXT = Context(kind=MessageKind.RECORD, sender="131997", receiver=ANYONE)
FAULTS = {Code.MALFORMED, Code.OVERSIZE, Code.SIGNATURE_INVALID}


def payloads_of(count: int) -> list[bytes]:
    """Write as many payloads."""
    return [f"payload {place}".encode() for place in range(count)]


def assert_refused(data: bytes, context: Context = CONTEXT) -> None:
    """Assert that nothing opens."""
    with pytest.raises(Refused) as refusal:
        BatchOpener(KEY.verifying, context).open(data)
    assert refusal.value.code in FAULTS


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, MOST_IN_A_BATCH - 1, MOST_IN_A_BATCH])
def test_each_of_a_batch_opens_alone(count: int) -> None:
    """With a proof of bounded length."""
    payloads = payloads_of(count)
    signed = sign_batch(payloads, KEY, CONTEXT)
    for payload, data in zip(payloads, signed, strict=True):
        assert BatchOpener(KEY.verifying, CONTEXT).open(data) == payload == unchecked_member(data)
        assert len(data) <= len(payload) + MOST_PROOF_BYTES


@pytest.mark.parametrize("count", [0, MOST_IN_A_BATCH + 1])
def test_a_batch_has_a_size(count: int) -> None:
    """None, and too many."""
    with pytest.raises(ValueError, match=r"batch|tree"):
        sign_batch(payloads_of(count), KEY, CONTEXT)


def test_a_batch_of_another_kind_or_sender_does_not_open() -> None:
    """The context is signed with the root."""
    (data,) = sign_batch([b"payload"], KEY, CONTEXT)
    assert_refused(data, replace(CONTEXT, kind=MessageKind.FEED))
    assert_refused(data, replace(CONTEXT, sender="131008"))
    (other,) = sign_batch([b"payload"], SigningKey.generate(), CONTEXT)
    assert_refused(other)
    plain = KEY.sign(encode(["konbini/1 something", 1, bytes(32)]), CONTEXT)
    assert_refused(encode([b"payload", 0, [], plain]))


@given(sizes=st.tuples(st.integers(1, 9), st.integers(1, 9)), choice=st.data())
def test_parts_of_two_proofs_do_not_make_a_third(sizes: tuple[int, int], choice: st.DataObject) -> None:
    """Payload, index, path and root belong together: mixed with another's they open only where nothing changed."""
    one = sign_batch(payloads_of(sizes[0]), KEY, CONTEXT)
    other = sign_batch([b"other " + payload for payload in payloads_of(sizes[1])], KEY, CONTEXT)
    left, right = (choice.draw(st.sampled_from((*one, *other))) for _ in range(2))
    parts = [decode(left, 1 << 16), decode(right, 1 << 16)]
    mixed = [parts[choice.draw(st.integers(0, 1))][field] for field in range(4)]  # type: ignore[index] # arrays
    data = encode(mixed)
    if data in one or data in other:
        assert BatchOpener(KEY.verifying, CONTEXT).open(data) == mixed[0]
    else:
        assert_refused(data)


@given(noise=st.binary(max_size=200), count=st.integers(1, 4), position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_noise_and_changed_bits_are_refused(noise: bytes, count: int, position: int, bit: int) -> None:
    """By name, and by an opener that has verified the root before, too."""
    assert_refused(noise)
    data = sign_batch(payloads_of(count), KEY, CONTEXT)[0]
    changed = bytearray(data)
    changed[position % len(changed)] ^= 1 << bit
    assert_refused(bytes(changed))
    opener = BatchOpener(KEY.verifying, CONTEXT)
    opener.open(data)
    with pytest.raises(Refused) as refusal:
        opener.open(bytes(changed))
    assert refusal.value.code in FAULTS


def test_a_node_does_not_pass_as_a_payload() -> None:
    """The two leaves' hashes, put together, are no leaf of a tree of one."""
    tree = decode(sign_batch([b"left", b"right"], KEY, CONTEXT)[0], 1 << 16)
    assert isinstance(tree, list)
    assert_refused(encode([leaf_hash(b"left") + leaf_hash(b"right"), 0, [], tree[3]]))
