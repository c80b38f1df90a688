"""Sealing of personal fields at rest: AES-256-GCM under a data key of the record's own, wrapped by a key of the ward.

    data key of one resident   id of the key-encryption key (8) | data key id (8) | nonce (12) | AES-256-GCM (48)
    sealed field               data key id (8) | nonce (12) | AES-256-GCM of the content

Associated data are framed arrays (CBOR): for a data key [domain, key-encryption key id, data key id, municipality,
resident], for a field [domain, data key id, table, municipality, resident, version]. What was moved to another table,
resident or version does not open, and neither does a data key that was moved to another resident.

A store keeps wrapped data keys apart from what they seal, so that destroying one (at the end of a retention) makes
every copy of the record unreadable, those in backups included (docs/adr/0013-a-key-that-is-destroyed.md). Individual
numbers are sealed with data keys of their own, under another key-encryption key.

Key-encryption keys are changed while a process runs: `Sealer.take` puts a new list in the place of the old one, and
`Sealer.wrapped_anew` wraps a data key by the current one. The data key itself stays, and with it all that it seals.

Source: NIST SP 800-38D. Nonces are random; a data key seals far fewer than 2^32 fields.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from konbini.process.entropy import Entropy
from konbini.protocol.codec import encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL

__all__ = ["DESTROYED", "WRAPPING_ID_BYTES", "DataKey", "KeyEncryptionKeys", "Place", "Sealer", "wrapping_key_of"]

DESTROYED = b""
"""What stands in the place of a wrapped data key that was destroyed: nothing that it sealed opens ever again."""

WRAPPING_ID_BYTES = 8
"""Of the id of a key-encryption key, with which what it wraps begins."""

_KEY_BYTES = 32
_ID_BYTES = WRAPPING_ID_BYTES
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ARRAY_OF_FIVE, _ARRAY_OF_SIX = b"\x85", b"\x86"
_DATA_KEY = _ARRAY_OF_FIVE + encode(f"{PROTOCOL} data key")
_SEALED_FIELD = _ARRAY_OF_SIX + encode(f"{PROTOCOL} sealed field")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sealed field stands: nowhere else does it open."""

    table: str
    resident: str
    version: int


class KeyEncryptionKeys:
    """The keys that wrap data keys: the first wraps, all unwrap. Known by the first bytes of their hash."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        """Take keys of 32 bytes, the current one first.

        Raises:
            ValueError: no key, one of another length, or one that stands twice.
        """
        listed = tuple(keys)
        if not listed or any(len(key) != _KEY_BYTES for key in listed):
            raise ValueError("a key-encryption key has 32 bytes, and there is at least one")
        self._by_id = {_key_id(key): AESGCM(key) for key in listed}
        if len(self._by_id) != len(listed):
            raise ValueError("a key-encryption key stands twice")
        self.current = _key_id(listed[0])

    def __repr__(self) -> str:
        return f"KeyEncryptionKeys({', '.join(key_id.hex() for key_id in self._by_id)})"

    @property
    def ids(self) -> frozenset[bytes]:
        """The ids of all of them."""
        return frozenset(self._by_id)

    @property
    def listed(self) -> tuple[bytes, ...]:
        """The ids of all of them in their order, the current one first."""
        return tuple(self._by_id)

    def named(self, key_id: bytes) -> AESGCM:
        """Find a key.

        Raises:
            Refused: `SEAL_BROKEN`: this process does not hold it.
        """
        key = self._by_id.get(key_id)
        if key is None:
            raise Refused(Code.SEAL_BROKEN, f"wrapped by a key that is not here: {key_id.hex()}")
        return key


class DataKey:
    """An unwrapped data key of one resident: seals and opens that resident's fields."""

    def __init__(self, key_id: bytes, key: AESGCM, resident: str, whose: bytes, entropy: Entropy) -> None:
        self._key_id = key_id
        self._key = key
        self._resident = resident
        self._entropy = entropy
        # The associated data's array of six, but for the table and the version: encodings stand one after another.
        self._before_table = _SEALED_FIELD + encode(key_id)
        self._whose = whose

    def __repr__(self) -> str:
        return "DataKey(...)"

    def seal(self, place: Place, content: bytes) -> bytes:
        """Seal content for its place."""
        nonce = self._entropy.token(_NONCE_BYTES)
        return self._key_id + nonce + self._key.encrypt(nonce, content, self._associate(place))

    def open(self, place: Place, sealed: bytes) -> bytes:
        """Open what was sealed for this very place.

        Raises:
            Refused: `SEAL_BROKEN`: another place, another key, or changed.
        """
        if sealed[:_ID_BYTES] != self._key_id or len(sealed) < _ID_BYTES + _NONCE_BYTES + _TAG_BYTES:
            raise Refused(Code.SEAL_BROKEN, f"{place.table}: sealed under another data key")
        nonce, content = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        return _decrypt(self._key, nonce, content, self._associate(place), place.table)

    def _associate(self, place: Place) -> bytes:
        if place.resident != self._resident:
            raise Refused(Code.SEAL_BROKEN, f"{place.table}: a field of another resident")
        return self._before_table + encode(place.table) + self._whose + encode(place.version)


class Sealer:
    """Seals and opens the fields of one municipality's residents."""

    def __init__(self, keys: KeyEncryptionKeys, municipality: str, entropy: Entropy) -> None:
        self._keys = keys
        self._municipality = encode(municipality)
        self._entropy = entropy

    @property
    def keys(self) -> KeyEncryptionKeys:
        """The key-encryption keys in use."""
        return self._keys

    def take(self, keys: KeyEncryptionKeys) -> None:
        """Use these key-encryption keys from here on, in every thread."""
        self._keys = keys

    def wrapped_anew(self, wrapped: bytes, resident: str) -> bytes:
        """Wrap a data key by the current key-encryption key; what it seals stays as it is.

        Raises:
            Refused: as `unwrap`.
        """
        keys = self._keys
        whose = self._whose(resident)
        key_id, key = self._unwrapped(keys, wrapped, whose)
        return self._wrap(keys, key_id, key, whose, self._entropy.token(_NONCE_BYTES))

    def new_data_key(self, resident: str) -> bytes:
        """Make a data key for a resident's fields and give it wrapped, for the store."""
        return self.fresh(resident)[0]

    def fresh(self, resident: str) -> tuple[bytes, DataKey]:
        """Make a data key for a resident's fields and give it wrapped, for the store, and open, for first fields."""
        drawn = self._entropy.token(_ID_BYTES + _NONCE_BYTES + _KEY_BYTES)
        key_id, nonce, key = drawn[:_ID_BYTES], drawn[_ID_BYTES:-_KEY_BYTES], drawn[-_KEY_BYTES:]
        whose = self._whose(resident)
        return self._wrap(self._keys, key_id, key, whose, nonce), self._data_key(key_id, key, resident, whose)

    def unwrap(self, wrapped: bytes, resident: str) -> DataKey:
        """Open a wrapped data key, for more than one field.

        Raises:
            Refused: `RECORD_DISPOSED`: it was destroyed; `SEAL_BROKEN`: wrapped for another resident, by a key that is
                not here, or changed.
        """
        whose = self._whose(resident)
        key_id, key = self._unwrapped(self._keys, wrapped, whose)
        return self._data_key(key_id, key, resident, whose)

    def seal(self, wrapped: bytes, place: Place, content: bytes) -> bytes:
        """Seal content for its place under a wrapped data key of the same resident.

        Raises:
            Refused: `SEAL_BROKEN`: the data key does not open.
        """
        return self.unwrap(wrapped, place.resident).seal(place, content)

    def open(self, wrapped: bytes, place: Place, sealed: bytes) -> bytes:
        """Open what was sealed for this very place.

        Raises:
            Refused: `SEAL_BROKEN`: another place, another key, or changed.
        """
        return self.unwrap(wrapped, place.resident).open(place, sealed)

    def _unwrapped(self, keys: KeyEncryptionKeys, wrapped: bytes, whose: bytes) -> tuple[bytes, bytes]:
        if wrapped == DESTROYED:
            raise Refused(Code.RECORD_DISPOSED)
        wrapping_key, key_id, nonce, content = _cut(wrapped, _ID_BYTES, _ID_BYTES, _NONCE_BYTES)
        associated = _associate_key(wrapping_key, key_id, whose)
        return key_id, _decrypt(keys.named(wrapping_key), nonce, content, associated, "data key")

    @staticmethod
    def _wrap(keys: KeyEncryptionKeys, key_id: bytes, key: bytes, whose: bytes, nonce: bytes) -> bytes:
        associated = _associate_key(keys.current, key_id, whose)
        return keys.current + key_id + nonce + keys.named(keys.current).encrypt(nonce, key, associated)

    def _data_key(self, key_id: bytes, key: bytes, resident: str, whose: bytes) -> DataKey:
        return DataKey(key_id, AESGCM(key), resident, whose, self._entropy)

    def _whose(self, resident: str) -> bytes:
        """Give the part of associated data that says whose: municipality and resident."""
        return self._municipality + encode(resident)


def _associate_key(wrapping_key: bytes, data_key: bytes, whose: bytes) -> bytes:
    return _DATA_KEY + encode(wrapping_key) + encode(data_key) + whose


def wrapping_key_of(wrapped: bytes) -> bytes:
    """Give the id of the key-encryption key that a data key is wrapped by."""
    return wrapped[:_ID_BYTES]


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(f"{PROTOCOL} key id".encode() + key).digest()[:_ID_BYTES]


def _cut(data: bytes, *lengths: int) -> tuple[bytes, ...]:
    """Cut fields of fixed lengths off the front; the rest, at least a tag, comes last."""
    if len(data) < sum(lengths) + _TAG_BYTES:
        raise Refused(Code.SEAL_BROKEN, "cut short")
    ends = (0, *itertools.accumulate(lengths), len(data))
    return tuple(data[begin:end] for begin, end in itertools.pairwise(ends))


def _decrypt(key: AESGCM, nonce: bytes, content: bytes, associated: bytes, what: str) -> bytes:
    try:
        return key.decrypt(nonce, content, associated)
    except InvalidTag as error:
        raise Refused(Code.SEAL_BROKEN, f"{what}: sealed for another place, or changed") from error
