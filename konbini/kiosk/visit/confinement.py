"""What the process of a visit gives up before it serves anybody: writing to files, cores, being looked into.

Landlock (kernel 5.13; `landlock(7)`) refuses every write to the file system from here on, in this process and its
threads. Connecting to sockets stays possible: card, printer, coin device and the long-lived process are reached so.
What the kernel lacks is said in the log, and never silently.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct

from konbini.process.log import logger

__all__ = ["confine"]

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 38, 4

# linux/landlock.h: everything that changes the file system, by the version of the interface that knows it.
_WRITE_FILE = 1 << 1
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE = sum(1 << bit for bit in range(6, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_BY_VERSION = ((1, _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE), (2, _REFER), (3, _TRUNCATE))

_log = logger("konbini.kiosk.visit.confinement")


def confine() -> bool:
    """Give everything up.

    Returns:
        Whether the kernel refuses writes from here on; the rest always holds.

    Raises:
        OSError: the kernel has Landlock and would not take it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc.prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)
    _call(libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if version < 1:
        _log.error("no landlock in this kernel", detail="a visit could write to files")
        return False
    handled = sum(rights for since, rights in _BY_VERSION if version >= since)
    attributes = struct.pack("Q", handled)
    ruleset = _call(libc.syscall, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        _call(libc.syscall, _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> int:
    result: int = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
