"""The print command of `ippeveprinter`: brings each document to the engine and repeats its words.

Started as `python -ISs command.py ENGINE-SOCKET DOCUMENT`; needs nothing but the standard library, so that it starts
in a few milliseconds. The document is unlinked before anything else, so that its bytes live as long as this process:
the engine is told where they are open (process id and descriptor), with the job's number and name.
The engine answers with lines for `ippeveprinter` (ATTR, STATE), and ends with "DONE" or "FAILED".
"""

from __future__ import annotations

import os
import socket
import sys

_UNUSUAL_END = 1


def main() -> int:
    """Run one job and return the exit status: 0 when the engine is through with it, 1 when it gave up."""
    engine, document = sys.argv[1:3]
    held = os.open(document, os.O_RDONLY)
    os.unlink(document)  # noqa: PTH108 - pathlib costs more than this program's whole run
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(engine)
        name = os.environ.get("IPP_JOB_NAME", "-").strip('"')
        link.sendall(f"{os.getpid()} {held} {os.environ['IPP_JOB_ID']} {name}\n".encode())
        return repeat(link)


def repeat(link: socket.socket) -> int:
    """Copy the engine's lines to standard error until its last word."""
    with link.makefile("r", encoding="utf-8") as lines:
        for line in lines:
            if line == "DONE\n":
                return 0
            sys.stderr.write(line)
            sys.stderr.flush()
    return _UNUSUAL_END


if __name__ == "__main__":
    sys.exit(main())
