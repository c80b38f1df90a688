"""A sealed file: a header in the clear, a file key sealed to a public key, and frames under that file key.

    magic | length (4) | header | sealed file key (5,232) | frame ... frame | end mark (8)
    frame    AES-256-GCM of at most 64 KiB; nonce: place of the frame (11), 1 where it is the last one, else 0

The file key is fresh for each file and sealed by HPKE (`konbini.protocol.sealing`) in a context that holds the header's
digest: a header that was changed does not open. Nonces count, so frames neither leave their place nor go missing, and
the last one says that it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The
private half is on no machine that serves: whoever makes a backup cannot read it, nor can a thief of that machine. By
whom a file was sealed it does not prove; see `konbini.ward_server.keeping.restoring`.

Refusals: `BACKUP_NOT_OPENED` (no file of ours, another key, a changed header), `BACKUP_TRUNCATED` (it ends before its
end mark, or before its last frame), `BACKUP_DAMAGED` (a frame is not what was sealed).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from konbini.process.entropy import Entropy
from konbini.protocol.cose import Context
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import SEAL_BYTES, OpeningKey, SealedSize, SealingKey

__all__ = ["SealedReader", "SealedWriter"]

_MAGIC: Final = b"konbini backup 1\n"
_END: Final = b"\nend of "
_FRAME: Final = 64 * 1024
_TAG: Final = 16
_KEY_BYTES: Final = 32
_COUNTER_BYTES: Final = 11
_SEALED_KEY_BYTES: Final = SealedSize.SMALL + SEAL_BYTES
_MOST_HEADER: Final = 4096


class SealedWriter:
    """Writes one sealed file; `close` writes its end, and without it the file is none."""

    def __init__(self, file: BinaryIO, header: bytes, key: SealingKey, entropy: Entropy) -> None:
        """Write the header and the sealed file key."""
        file_key = entropy.token(_KEY_BYTES)
        self._file = file
        self._frames = _Frames(file_key)
        self._waiting = bytearray()
        file.write(_MAGIC + len(header).to_bytes(4) + header)
        file.write(key.seal(file_key, _context(header, key.key_id), SealedSize.SMALL))

    def write(self, content: bytes) -> None:
        """Add content; what fills a frame is sealed and written."""
        self._waiting += content
        while len(self._waiting) > _FRAME:
            self._file.write(self._frames.seal(bytes(self._waiting[:_FRAME]), last=False))
            del self._waiting[:_FRAME]

    def close(self) -> None:
        """Write the last frame and the end mark."""
        self._file.write(self._frames.seal(bytes(self._waiting), last=True) + _END)
        self._waiting.clear()


class SealedReader:
    """Reads one sealed file."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the header, which nothing vouches for before `open`.

        Raises:
            Refused: `BACKUP_NOT_OPENED`, `BACKUP_TRUNCATED`.
        """
        self._file = file
        if file.read(len(_MAGIC)) != _MAGIC:
            raise Refused(Code.BACKUP_NOT_OPENED, "no sealed file of ours")
        length = int.from_bytes(self._exactly(4))
        if length > _MOST_HEADER:
            raise Refused(Code.BACKUP_NOT_OPENED, "a header longer than any of ours")
        self.header = self._exactly(length)
        self._sealed_key = self._exactly(_SEALED_KEY_BYTES)

    def open(self, key: OpeningKey) -> Iterator[bytes]:
        """Open the file key, then give the content, frame after frame, each checked before it is given.

        Raises:
            Refused: `BACKUP_NOT_OPENED`, `BACKUP_TRUNCATED`, `BACKUP_DAMAGED`.
        """
        try:
            file_key = key.open(self._sealed_key, _context(self.header, key.sealing.key_id))
        except Refused as refused:
            raise Refused(Code.BACKUP_NOT_OPENED, "sealed to another key, or its header was changed") from refused
        return self._contents(_Frames(file_key))

    def _contents(self, frames: _Frames) -> Iterator[bytes]:
        """Read one frame ahead, to know the last one by the end mark behind it."""
        held = b""
        while block := self._file.read(_FRAME + _TAG):
            held += block
            while len(held) > _FRAME + _TAG + len(_END):
                yield frames.open(held[: _FRAME + _TAG])
                held = held[_FRAME + _TAG :]
        if not held.endswith(_END):
            raise Refused(Code.BACKUP_TRUNCATED, "it has no end")
        yield frames.open_last(held[: -len(_END)])

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise Refused(Code.BACKUP_TRUNCATED, "it ends in its header")
        return data


class _Frames:
    """Counts the frames of one file."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self._place = 0

    def seal(self, content: bytes, *, last: bool) -> bytes:
        """Seal the next frame."""
        sealed = self._key.encrypt(self._nonce(last=last), content, None)
        self._place += 1
        return sealed

    def open(self, sealed: bytes) -> bytes:
        """Open the next frame, which is not the last one."""
        content = self._decrypt(sealed, last=False)
        if content is None:
            raise Refused(Code.BACKUP_DAMAGED, f"frame {self._place} is not what was sealed")
        self._place += 1
        return content

    def open_last(self, sealed: bytes) -> bytes:
        """Open the frame before the end mark, which must be the last one."""
        content = self._decrypt(sealed, last=True)
        if content is not None:
            return content
        if self._decrypt(sealed, last=False) is not None:
            raise Refused(Code.BACKUP_TRUNCATED, f"frames are missing after frame {self._place}")
        raise Refused(Code.BACKUP_DAMAGED, f"frame {self._place} is not what was sealed")

    def _decrypt(self, sealed: bytes, *, last: bool) -> bytes | None:
        try:
            return self._key.decrypt(self._nonce(last=last), sealed, None)
        except InvalidTag:
            return None

    def _nonce(self, *, last: bool) -> bytes:
        return self._place.to_bytes(_COUNTER_BYTES) + bytes([last])


def _context(header: bytes, key_id: bytes) -> Context:
    return Context(
        kind=MessageKind.BACKUP, sender="", receiver="", visit=hashlib.sha256(header).digest(), key_id=key_id
    )
