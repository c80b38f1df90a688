"""Sealed fields open at their own place, under their own keys, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.storage.sealing import KeyEncryptionKeys, Place, Sealer

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
PLACE = Place(table="record", resident="000000000000001", version=3)
CONTENT = "東京都 葛󠄀飾".encode()


def sealer(*keys: bytes, municipality: str = "999001", seed: int = 1) -> Sealer:
    """Make a sealer with its own stream of chance."""
    return Sealer(KeyEncryptionKeys(keys or (OLD,)), municipality, SeededEntropy(seed))


def test_what_was_sealed_opens_at_its_place() -> None:
    """The content comes back, and does not stand in the sealed bytes."""
    ward = sealer()
    wrapped = ward.new_data_key(PLACE.resident)
    sealed = ward.seal(wrapped, PLACE, CONTENT)
    assert ward.open(wrapped, PLACE, sealed) == CONTENT
    assert CONTENT not in sealed


def test_the_bytes_are_those_that_the_module_describes() -> None:
    """Opened by hand, with the associated data written out: data of older stores open as long as this holds."""
    wrapped = sealer().new_data_key(PLACE.resident)
    sealed = sealer(seed=2).seal(wrapped, PLACE, CONTENT)
    wrapping, key_id, nonce, content = wrapped[:8], wrapped[8:16], wrapped[16:28], wrapped[28:]
    associated = encode([f"{PROTOCOL} data key", wrapping, key_id, "999001", PLACE.resident])
    key = AESGCM(OLD).decrypt(nonce, content, associated)
    assert (len(key), sealed[:8]) == (32, key_id)
    associated = encode([f"{PROTOCOL} sealed field", key_id, PLACE.table, "999001", PLACE.resident, PLACE.version])
    assert AESGCM(key).decrypt(sealed[8:20], sealed[20:], associated) == CONTENT


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACE, resident="000000000000002"),
        replace(PLACE, version=4),
        replace(PLACE, table="feed"),
    ],
    ids=["resident", "version", "table"],
)
def test_a_record_that_was_moved_does_not_open(other: Place) -> None:
    """Another resident's id, another version or another table: refused, with the data key that sealed it."""
    ward = sealer()
    wrapped = ward.new_data_key(PLACE.resident)
    sealed = ward.seal(wrapped, PLACE, CONTENT)
    with pytest.raises(Refused) as refusal:
        ward.open(wrapped, other, sealed)
    assert refusal.value.code is Code.SEAL_BROKEN


def test_a_record_that_was_moved_with_its_data_key_does_not_open() -> None:
    """Swapping both rows of two residents helps nobody: the data key is bound to its resident too."""
    ward = sealer()
    wrapped = ward.new_data_key(PLACE.resident)
    sealed = ward.seal(wrapped, PLACE, CONTENT)
    victim = replace(PLACE, resident="000000000000002")
    with pytest.raises(Refused, match="data key"):
        ward.open(wrapped, victim, sealed)


def test_another_data_key_of_the_same_resident_does_not_open() -> None:
    """A destroyed data key is not made up for by a new one."""
    ward = sealer()
    sealed = ward.seal(ward.new_data_key(PLACE.resident), PLACE, CONTENT)
    with pytest.raises(Refused, match="another data key"):
        ward.open(ward.new_data_key(PLACE.resident), PLACE, sealed)


def test_another_municipality_does_not_open() -> None:
    """Two wards on one machine do not read each other's rows, even with one key."""
    ward = sealer()
    wrapped = ward.new_data_key(PLACE.resident)
    sealed = ward.seal(wrapped, PLACE, CONTENT)
    with pytest.raises(Refused):
        sealer(municipality="999002").open(wrapped, PLACE, sealed)


def test_an_older_key_still_opens_and_the_newer_one_wraps() -> None:
    """A key-encryption key is replaced by putting the new one in front."""
    before = sealer(OLD)
    wrapped = before.new_data_key(PLACE.resident)
    sealed = before.seal(wrapped, PLACE, CONTENT)
    after = sealer(NEW, OLD)
    assert after.open(wrapped, PLACE, sealed) == CONTENT
    fresh = after.new_data_key(PLACE.resident)
    with pytest.raises(Refused, match="not here"):
        before.open(fresh, PLACE, after.seal(fresh, PLACE, CONTENT))


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_is_refused(position: int, bit: int) -> None:
    """Wherever it is: in the frame, the nonce or the content."""
    ward = sealer()
    wrapped = ward.new_data_key(PLACE.resident)
    sealed = bytearray(ward.seal(wrapped, PLACE, CONTENT))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(Refused) as refusal:
        ward.open(wrapped, PLACE, bytes(sealed))
    assert refusal.value.code is Code.SEAL_BROKEN


@pytest.mark.parametrize("keys", [(), (OLD, OLD), (OLD[:16],)], ids=["none", "twice", "short"])
def test_nonsense_keys_stop_the_start(keys: tuple[bytes, ...]) -> None:
    """No key, the same key twice, or a short one."""
    with pytest.raises(ValueError, match="key-encryption key"):
        KeyEncryptionKeys(keys)


def test_keys_do_not_show_in_their_text() -> None:
    """What a traceback or a log would print."""
    assert OLD.hex() not in repr(KeyEncryptionKeys((OLD,)))
