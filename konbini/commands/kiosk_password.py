"""`konbini kiosk-password NAME`: a maintainer's entry for a kiosk's file of maintainers, with a hash and no password.

The password is typed twice without being shown, or read from standard input where that is no terminal. What is printed
goes into the file that `[maintenance] maintainers` names; the kiosk reads it when it starts.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

from konbini.kiosk.maintenance.passwords import hashed, valid_name

__all__ = ["kiosk_password"]

_NOT_UNDERSTOOD = 2


def kiosk_password(given: Sequence[str]) -> int:
    """Print an entry; 2 where name or password cannot be used."""
    parser = argparse.ArgumentParser(prog="konbini kiosk-password", description="make a maintainer's entry")
    parser.add_argument("name", help="letters, digits and . _ -")
    name = parser.parse_args(given).name
    if not valid_name(name):
        sys.stderr.write("a maintainer's name has letters, digits and . _ - alone, 32 at most\n")
        return _NOT_UNDERSTOOD
    try:
        entry = hashed(_typed())
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return _NOT_UNDERSTOOD
    sys.stdout.write(f'[[maintainer]]\nname = "{name}"\nhash = "{entry}"\n')
    return 0


def _typed() -> str:
    """Read the password.

    Raises:
        ValueError: the second time it was another.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise ValueError("these were two passwords")
    return first
