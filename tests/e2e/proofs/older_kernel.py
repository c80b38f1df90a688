"""The kiosk's long-lived process on a kernel without secret memory, taking the marked card; run by the proofs.

    python -m tests.e2e.proofs.older_kernel CONFIG

A filter of system calls (seccomp(2)) has the kernel answer memfd_secret(2) as one that does not know it, to this
process and to all that it starts; everything else is the service as it is. So the document lies in memory that root can
read, and a search for it can find it: what secret memory hides from everybody, it would hide from a proof too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from dataclasses import replace
from functools import partial

from konbini.kiosk.host.main import SERVICE, serve
from konbini.process.service import run_service

__all__ = ["forget_secret_memory"]

_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_MEMFD_SECRET = 447
_LOAD_NUMBER, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ERRNO, _ALLOW = 0x00050000, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forget_secret_memory() -> None:
    """Have the kernel not know memfd_secret(2) from here on, in this process and its children.

    Raises:
        OSError: the kernel takes no filter.
    """
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD_NUMBER, 0, 0, 0),
            (_IF_EQUAL, 0, 1, _MEMFD_SECRET),
            (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    libc = ctypes.CDLL(None, use_errno=True)
    filtering = _Program(len(program) // 8, program)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_SECCOMP, _FILTER, ctypes.byref(filtering), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    forget_secret_memory()
    marked = replace(SERVICE, serve=partial(serve, visit="tests.e2e.proofs.marked_visit"))
    sys.exit(run_service(marked, None))
