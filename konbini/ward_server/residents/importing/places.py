"""Places of a list that were named, a bit for each, so that a list of any length fits; and the list without them."""

from __future__ import annotations

from collections.abc import Iterator

from konbini.ward_server.residents.importing.files import Chunk

__all__ = ["Places", "without"]


class Places:
    """Places of a list, each named once. `count` says how many."""

    def __init__(self) -> None:
        self.count = 0
        self._bits = bytearray()

    def __contains__(self, place: int) -> bool:
        byte, bit = place // 8, 1 << place % 8
        return byte < len(self._bits) and bool(self._bits[byte] & bit)

    def add(self, place: int) -> bool:
        """Name a place; say whether it was not named before."""
        if place in self:
            return False
        byte = place // 8
        self._bits.extend(bytes(max(0, byte + 1 - len(self._bits))))
        self._bits[byte] |= 1 << place % 8
        self.count += 1
        return True


def without(chunks: Iterator[Chunk], places: Places) -> Iterator[Chunk]:
    """Give a list's chunks without the rows at these places."""
    for chunk in chunks:
        yield Chunk(rows=tuple(row for row in chunk.rows if row[0] not in places))
