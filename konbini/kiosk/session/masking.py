"""Names as they stand on a screen that others may see."""

from __future__ import annotations

__all__ = ["masked"]

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors (Unicode 15.0, blocks FE00 and E0100): they belong to the character before them."""


def masked(name: str) -> str:
    """Return `name` with each part's first character and one ＊ for all that follow it, whatever their number.

    A variant character keeps its selector, so that the mask shows the resident's own form of it.
    """
    return "　".join(_masked_part(part) for part in name.split())


def _masked_part(part: str) -> str:
    end = 1
    while end < len(part) and any(ord(part[end]) in block for block in _SELECTORS):
        end += 1
    return part[:end] + ("＊" if end < len(part) else "")
