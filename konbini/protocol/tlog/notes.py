r"""Signed notes (C2SP signed-note): a text, a blank line, and signature lines, with the keys that make and check them.

    — <key name> base64(4 bytes of key id | signature)
    key id = SHA-256(key name | 0x0A | type | public key)[:4]

Two types of signature are known here, both Ed25519: 0x01, over the text; 0x04, a co-signature (C2SP tlog-cosignature):
eight bytes of POSIX time before it, over "cosignature/v1\\ntime <time>\\n" and the text.

Invariants: a signature of a key that nobody named is passed over; one of a named key that does not hold refuses the
whole note; what was read is what is written again, byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, unique
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from konbini.protocol.errors import Code, Refused

__all__ = [
    "MOST_NOTE_BYTES",
    "Note",
    "NoteKey",
    "NoteSigner",
    "SignatureLine",
    "SignatureType",
    "decoded",
    "from_base64",
    "signature_lines",
]

MOST_NOTE_BYTES: Final = 128 * 1024
"""Room for sixteen signatures of the longest kind that the specification knows."""
_MOST_SIGNATURES: Final = 64
_DASH: Final = "\N{EM DASH} "
_ID_BYTES, _TIME_BYTES, _KEY_BYTES, _SIGNATURE_BYTES = 4, 8, 32, 64
_MOST_TIME: Final = 2**63 - 1


@unique
class SignatureType(IntEnum):
    """The registered byte of a kind of signature."""

    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """One signature as it stands: whose it claims to be, and its bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A public key of a known name and type, written as a vkey: <name>+<id>+<base64(type | key)>."""

    name: str
    kind: SignatureType
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> NoteKey:
        """Read a vkey.

        Raises:
            Refused: `MALFORMED`.
        """
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = from_base64(encoded)
        if not _is_name(name) or len(material) != 1 + _KEY_BYTES or material[0] not in set(SignatureType):
            raise Refused(Code.MALFORMED, "not a verifier key of a kind that is known here")
        key = cls(name=name, kind=SignatureType(material[0]), public=material[1:])
        if key.key_id.hex() != key_id:
            raise Refused(Code.MALFORMED, f"the verifier key of {name} does not have the id that it names")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names the key."""
        named = self.name.encode() + b"\n" + bytes((self.kind,)) + self.public
        return hashlib.sha256(named).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes((self.kind,)) + self.public)}"

    def time_of(self, text: str, signature: bytes) -> int:
        """Check a signature over a text, and give its time; 0 where its type has none.

        Raises:
            Refused: `SIGNATURE_INVALID`.
        """
        time, bare = 0, signature
        if self.kind is SignatureType.COSIGNATURE:
            time, bare = int.from_bytes(signature[:_TIME_BYTES]), signature[_TIME_BYTES:]
        if len(bare) != _SIGNATURE_BYTES or time > _MOST_TIME:
            raise Refused(Code.SIGNATURE_INVALID, f"the signature of {self.name} has another length")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(bare, _signed(self.kind, text, time))
        except InvalidSignature as error:
            raise Refused(Code.SIGNATURE_INVALID, f"the signature of {self.name} does not hold") from error
        return time


class NoteSigner:
    """A private key of a known name and type."""

    def __init__(self, name: str, kind: SignatureType, private: Ed25519PrivateKey) -> None:
        if not _is_name(name):
            raise ValueError(f"not the name of a note's key: {name!r}")
        self._private = private
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.key = NoteKey(name=name, kind=kind, public=public)

    @classmethod
    def from_pem(cls, name: str, kind: SignatureType, pem: bytes) -> NoteSigner:
        """Read an unencrypted PKCS#8 key.

        Raises:
            ValueError: not an Ed25519 private key.
        """
        private = serialization.load_pem_private_key(pem, None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("a log's notes are signed with Ed25519")  # noqa: TRY004 - what is wrong is the file's content
        return cls(name, kind, private)

    def sign(self, text: str, time: int = 0) -> SignatureLine:
        """Sign a text; a co-signature bears its time (Unix seconds)."""
        stamp = time.to_bytes(_TIME_BYTES) if self.key.kind is SignatureType.COSIGNATURE else b""
        signature = stamp + self._private.sign(_signed(self.key.kind, text, time))
        return SignatureLine(name=self.key.name, key_id=self.key.key_id, signature=signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text and who signed it, none of whom is believed before `times` has checked."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, written: str) -> Note:
        """Read a note.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`.
        """
        if len(written) > MOST_NOTE_BYTES:
            raise Refused(Code.OVERSIZE, "a note")
        text, parted, lines = written.rpartition("\n\n")
        if not parted or any(ord(one) < ord(" ") and one != "\n" for one in written):
            raise Refused(Code.MALFORMED, "not a signed note")
        return cls(text=f"{text}\n", signatures=signature_lines(lines))

    @classmethod
    def from_bytes(cls, data: bytes) -> Note:
        """Read a note in UTF-8.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`.
        """
        return cls.parse(decoded(data))

    def to_bytes(self) -> bytes:
        """Encode."""
        return str(self).encode()

    def signed_by(self, *lines: SignatureLine) -> Note:
        """Give the note with more signatures; of a key that had signed it before the newer one stands."""
        newer = {(line.name, line.key_id) for line in lines}
        kept = (line for line in self.signatures if (line.name, line.key_id) not in newer)
        return replace(self, signatures=(*kept, *lines))

    def times(self, keys: Iterable[NoteKey]) -> Mapping[NoteKey, int]:
        """Give which of these keys signed, each with the latest time of its co-signature, 0 for a bare signature.

        Raises:
            Refused: `SIGNATURE_INVALID`: a signature that names one of them does not hold.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found: dict[NoteKey, int] = {}
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is not None:
                found[key] = max(found.get(key, 0), key.time_of(self.text, line.signature))
        return found

    def require(self, key: NoteKey) -> int:
        """Hold that a key signed, and give the time.

        Raises:
            Refused: `SIGNATURE_INVALID`.
        """
        times = self.times((key,))
        if key not in times:
            raise Refused(Code.SIGNATURE_INVALID, f"not signed by {key.name}")
        return times[key]


def signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Read signature lines, at least one.

    Raises:
        Refused: `MALFORMED`.
    """
    lines = text.split("\n")
    if lines.pop() or not 1 <= len(lines) <= _MOST_SIGNATURES:
        raise Refused(Code.MALFORMED, "signature lines")
    return tuple(map(_line, lines))


def decoded(data: bytes) -> str:
    """Read UTF-8.

    Raises:
        Refused: `MALFORMED`.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(Code.MALFORMED, "not UTF-8") from error


def _line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(data) <= _ID_BYTES:
        raise Refused(Code.MALFORMED, "a signature line")
    return SignatureLine(name=name, key_id=data[:_ID_BYTES], signature=data[_ID_BYTES:])


def _signed(kind: SignatureType, text: str, time: int) -> bytes:
    return (f"cosignature/v1\ntime {time}\n{text}" if kind is SignatureType.COSIGNATURE else text).encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(one.isspace() or ord(one) < ord(" ") for one in name)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(encoded: str) -> bytes:
    """Read base64 that is written as it is written again.

    Raises:
        Refused: `MALFORMED`.
    """
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(Code.MALFORMED, "base64") from error
    if _base64(data) != encoded:
        raise Refused(Code.MALFORMED, "base64 of another form")
    return data
