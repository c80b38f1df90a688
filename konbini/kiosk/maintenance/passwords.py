"""Who may maintain the kiosk: names and Argon2id hashes of passwords (RFC 9106), from a file.

    [[maintainer]]
    name = "sagyo-1"
    hash = "$argon2id$..."

Invariants: the file holds no password; an unknown name takes as long as a known one. A hash costs 19 MiB and two passes
(OWASP's figures), as memory is what a kiosk has least of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from konbini.process.config import read_table

__all__ = ["LEAST_LENGTH", "Maintainers", "hashed", "read_maintainers", "valid_name"]

LEAST_LENGTH = 12
"""Characters that a password has at least."""
_MOST_LENGTH = 256
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def valid_name(name: str) -> bool:
    """Whether a maintainer may have this name: it stands in entries and in the log."""
    return _NAME.fullmatch(name) is not None


def hashed(password: str) -> str:
    """Give a password's hash, with a salt of its own.

    Raises:
        ValueError: it is too short, or longer than anybody types.
    """
    if not LEAST_LENGTH <= len(password) <= _MOST_LENGTH:
        raise ValueError(f"a password has {LEAST_LENGTH} to {_MOST_LENGTH} characters")
    return _HASHER.hash(password)


class Maintainers:
    """The maintainers of one kiosk, by name."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        """Take the hashes.

        Raises:
            ValueError: nobody could sign in, a name has an odd character, or a hash is none of Argon2id.
        """
        if not hashes or not all(map(valid_name, hashes)):
            raise ValueError("a service page needs maintainers with names of letters, digits and . _ -")
        if not all(one.startswith("$argon2id$") for one in hashes.values()):
            raise ValueError("a maintainer's hash is not Argon2id")
        self._hashes = dict(hashes)
        self._nobody = _HASHER.hash("nobody's password")

    def knows(self, name: str) -> bool:
        """Whether there is a maintainer of this name."""
        return name in self._hashes

    def verify(self, name: str, password: str) -> bool:
        """Whether name and password belong together; takes tens of milliseconds, on a thread of its own."""
        try:
            right = _HASHER.verify(self._hashes.get(name, self._nobody), password[:_MOST_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
        return right and name in self._hashes


def read_maintainers(path: Path) -> Maintainers:
    """Read the file.

    Raises:
        ConfigRefused: it cannot be read.
        ValueError: see `Maintainers`, or a name stands in it twice.
    """
    hashes: dict[str, str] = {}
    with read_table(path) as table:
        for part in table.parts("maintainer"):
            with part as maintainer:
                name = maintainer.text("name")
                if name in hashes:
                    raise ValueError(f"two maintainers are called {name}")
                hashes[name] = maintainer.text("hash")
    return Maintainers(hashes)
