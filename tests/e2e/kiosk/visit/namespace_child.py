"""`issuing` in a network namespace of its own: on another machine, as far as the network is concerned.

    NETWORK=/run/netns/NAME python -m tests.e2e.kiosk.visit.namespace_child CONFIG

Files and UNIX sockets are where they were, so that registry and clerk stay beside it.
"""

from __future__ import annotations

import ctypes
import os
import sys

from konbini.ward_server.issuing.main import main

_CLONE_NEWNET = 0x40000000


def enter(path: str) -> None:
    """Go into a network namespace; whoever has threads by then leaves them behind.

    Raises:
        OSError: it cannot be entered.
    """
    namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(namespace, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    finally:
        os.close(namespace)


if __name__ == "__main__":
    enter(os.environ["NETWORK"])
    sys.exit(main(sys.argv[1:]))
