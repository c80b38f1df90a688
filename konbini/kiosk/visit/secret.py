"""Where a document lies while it is verified and printed: pages that no other process, dump or swap area gets.

`memfd_secret(2)` (Linux 5.14) gives pages that are outside the kernel's own map of memory: not even root reads them in
`/proc/PID/mem`. A kernel without it gives ordinary pages, locked (`mlock(2)`) and left out of dumps (MADV_DONTDUMP of
`madvise(2)`). Which of the two it is is said in the log.

Invariants: one document at a time; its octets are zeros once `wipe` returns; the mapping stays until the process ends,
so that nobody who still reads reads memory that is gone.

Limits: what carried the document here (the seal, its opening, the parser) made ordinary copies, and so does whoever
copies out of the view; these end with the process of the visit.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from enum import Enum, unique
from typing import Self

from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import SealedSize

__all__ = ["Kept", "SecretMemory"]

_MEMFD_SECRET = 447
_CLOSE_ON_EXEC = os.O_CLOEXEC
_DONT_DUMP = 16
_FAILED = ctypes.c_void_p(-1).value

_log = logger("konbini.kiosk.visit.secret")


@unique
class Kept(Enum):
    """How the pages are kept from others."""

    APART = "apart"
    """In secret memory."""
    LOCKED = "locked"
    """In ordinary memory."""


class SecretMemory:
    """Memory for one document at a time; see `map`."""

    def __init__(self, address: int, size: int, kept: Kept) -> None:
        self.kept = kept
        self._size = size
        self._used = 0
        self._octets = (ctypes.c_ubyte * size).from_address(address)

    @classmethod
    def map(cls, size: int = SealedSize.LARGE_DOCUMENT) -> Self:
        """Take pages from the kernel: secret ones where it has them, else locked ones.

        Args:
            size: octets; the default is what the largest document fits in.

        Raises:
            OSError: the kernel gives neither, or may lock no page (RLIMIT_MEMLOCK).
        """
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
        secret = libc.syscall(_MEMFD_SECRET, _CLOSE_ON_EXEC)
        if secret < 0:
            _log.error("no secret memory in this kernel", detail=os.strerror(ctypes.get_errno()))
            address = _mapped(libc, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1)
            _check(libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(size)))
            _check(libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), _DONT_DUMP))
            return cls(address, size, Kept.LOCKED)
        try:
            os.ftruncate(secret, size)
            address = _mapped(libc, size, mmap.MAP_SHARED, secret)
        finally:
            os.close(secret)  # a descriptor could be taken out of this process (pidfd_getfd(2)); a mapping cannot
        return cls(address, size, Kept.APART)

    def hold(self, document: bytes) -> None:
        """Take a document in the place of what is held.

        Raises:
            Refused: `OVERSIZE`.
        """
        if len(document) > self._size:
            raise Refused(Code.OVERSIZE, "document")
        self.wipe()
        ctypes.memmove(self._octets, document, len(document))
        self._used = len(document)

    @property
    def view(self) -> memoryview:
        """Give what is held, to be read where it is; writable because that is what pdfium reads without a copy."""
        return memoryview(self._octets).cast("B")[: self._used]

    def wipe(self) -> None:
        """Overwrite all of it with zeros."""
        ctypes.memset(self._octets, 0, self._size)
        self._used = 0


def _mapped(libc: ctypes.CDLL, size: int, flags: int, descriptor: int) -> int:
    address: int = libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, flags, descriptor, 0)
    if address == _FAILED:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return address


def _check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
