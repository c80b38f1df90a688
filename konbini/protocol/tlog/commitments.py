"""Salted commitments, the leaves of our logs' trees, and the bundles in which they are published (C2SP tlog-tiles).

A commitment is SHA-256(salt | entry) over a salt of 32 random bytes. Whoever has not the salt learns nothing of the
entry from it, and cannot try out entries; whoever has both sees that they belong to it. A bundle is a sequence of
leaves, each after its length in two bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from konbini.protocol.errors import Code, Refused

__all__ = ["SALT_BYTES", "commit_to", "read_bundle", "write_bundle"]

SALT_BYTES: Final = 32
_LENGTH_BYTES: Final = 2


def commit_to(salt: bytes, entry: bytes) -> bytes:
    """Give the commitment to an entry."""
    return hashlib.sha256(salt + entry).digest()


def write_bundle(leaves: Iterable[bytes]) -> bytes:
    """Write leaves one after another."""
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES) + leaf for leaf in leaves)


def read_bundle(data: bytes) -> list[bytes]:
    """Read them.

    Raises:
        Refused: `MALFORMED`: the last one is cut short.
    """
    found, place = [], 0
    while place < len(data):
        begin = place + _LENGTH_BYTES
        place = begin + int.from_bytes(data[place:begin])
        if place > len(data) or begin > len(data):
            raise Refused(Code.MALFORMED, "a bundle that is cut short")
        found.append(data[begin:place])
    return found
