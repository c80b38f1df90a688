"""Bytes stored as a zlib stream that deflates nothing (RFC 1950, RFC 1951 3.2.4), for what deflate would not shorten.

The library's level 0 gives such a stream too, and clears a quarter of a megabyte of tables for it each time.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

__all__ = ["stored"]

_HEAD: Final = b"\x78\x01"
_MOST: Final = 0xFFFF  # bytes of one block


def stored(content: bytes) -> bytes:
    """Wrap bytes so that inflating gives them again."""
    starts = range(0, max(len(content), 1), _MOST)
    blocks = [_block(content[start : start + _MOST], last=start == starts[-1]) for start in starts]
    return b"".join((_HEAD, *blocks, struct.pack(">I", zlib.adler32(content))))


def _block(part: bytes, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, len(part), len(part) ^ _MOST) + part
