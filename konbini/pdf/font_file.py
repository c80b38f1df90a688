"""A TrueType file as the clerk reads it: tables, character map, widths, and each glyph's outline as a digest.

Written apart from the library that cuts the fonts of documents, so that one defect does not both draw and judge
(ISO/IEC 14496-22: `cmap` formats 12 and 14, `glyf`, `head`, `hhea`, `hmtx`, `loca`, `maxp`). An outline's digest holds
what a rasteriser draws from: the advance, the left side bearing, the box, each contour's points, and of a composite
glyph each component's outline with its place; never hinting instructions, padding or glyph numbers.
Invariants: every offset is checked before it is followed, and a file that says a thing twice or in two ways is refused.
Limits: outlines of `glyf` alone; the encoding of a contour's points counts, so the same shape written with other flags
is another outline.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import gt
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["CharacterMap", "FontFile", "FontInvalid", "GlyphRecord", "Outline"]

_TRUE_TYPE: Final = 0x00010000
_MAGIC: Final = 0x5F0F3CF5
_PADDING: Final = 4  # a glyph's data may end with fewer zero bytes than this
_HEAD_THAT_VARIES: Final = ((8, 12), (50, 52))  # the file's checksum, and how wide its offsets are
_DEEPEST: Final = 4  # composites of composites
_MOST_POINTS: Final = 1 << 14
_NEGATIVE: Final = 0x80  # of a number's first byte

_SHORT_X, _SHORT_Y, _REPEATED, _SAME_X, _SAME_Y, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
_COORDINATES = tuple(
    (1 if flag & _SHORT_X else 0 if flag & _SAME_X else 2) + (1 if flag & _SHORT_Y else 0 if flag & _SAME_Y else 2)
    for flag in range(0x100)
)
"""How many bytes a point's coordinates take, by its flag."""
_WORDS, _ARE_OFFSETS, _ROUND, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 0x01, 0x02, 0x04, 0x08, 0x20, 0x40, 0x80
_INSTRUCTED, _METRICS, _SCALED_OFFSET, _UNSCALED_OFFSET = 0x100, 0x200, 0x800, 0x1000
_COMPONENT_FLAGS: Final = 0x1FFF ^ 0x10  # every defined one, OVERLAP_COMPOUND among them
_THAT_COUNT: Final = (
    _WORDS | _ARE_OFFSETS | _ROUND | _SCALE | _TWO_SCALES | _MATRIX | _METRICS | _SCALED_OFFSET | _UNSCALED_OFFSET
)


class FontInvalid(ValueError):  # noqa: N818 - it names a file's state
    """The file is no font that this reader takes; the text says where."""


class Outline(NamedTuple):
    """How one glyph looks: the digest, and how many bytes its flags and coordinates take (0: none, or a composite)."""

    digest: bytes
    body: int


class GlyphRecord(NamedTuple):
    """A glyph as it stands in the file: advance and left side bearing, two bytes each, and its data."""

    metrics: bytes
    data: bytes

    @property
    def is_simple(self) -> bool:
        """Say whether the bytes alone decide how it looks; a composite's name other glyphs by their numbers."""
        return not self.data or self.data[0] < _NEGATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metrics:
    glyphs: int
    long_metrics: int
    wide_offsets: bool
    units: int


class CharacterMap:
    """Which glyph each character and each variation sequence has (`cmap`)."""

    __slots__ = ("_ends", "_glyphs", "_starts", "_variations")

    def __init__(self, table: bytes) -> None:
        plain, variations = _subtables(table)
        count = _unpack(">I", plain, 12)[0]
        groups = _unpack(f">{3 * count}I", plain, 16)
        self._starts, self._ends, self._glyphs = groups[0::3], groups[1::3], groups[2::3]
        if any(end >= start for end, start in zip(self._ends, self._starts[1:], strict=False)):
            raise FontInvalid("cmap: groups out of order")
        self._variations = _read_variations(variations)

    def glyph(self, sequence: str) -> int | None:
        """Return the glyph of a sequence, or None where the font has none for exactly this sequence."""
        base = ord(sequence[0])
        if len(sequence) == 1:
            return self._nominal(base)
        found = self._variations.get((base, ord(sequence[1]))) if len(sequence) == 2 else None  # noqa: PLR2004 - base and selector
        return self._nominal(base) if found == 0 else found

    def _nominal(self, point: int) -> int | None:
        place = bisect_right(self._starts, point) - 1
        if place < 0 or point > self._ends[place]:
            return None
        return (self._glyphs[place] + point - self._starts[place]) or None


def _unpack(form: str, data: bytes | mmap.mmap, offset: int = 0) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, offset)
    except struct.error as error:
        raise FontInvalid("a table is cut short") from error


def _subtables(table: bytes) -> tuple[bytes, bytes]:
    """Return the whole-Unicode map (format 12) and the variation sequences (format 14, empty where there are none)."""
    count = _unpack(">2H", table)[1]
    found: dict[int, bytes] = {}
    for index in range(count):
        platform, encoding, offset = _unpack(">HHI", table, 4 + 8 * index)
        form = _unpack(">H", table, offset)[0]
        if (platform, encoding, form) in ((3, 10, 12), (0, 5, 14)):
            found[form] = table[offset:]
    if 12 not in found:  # noqa: PLR2004 - a format
        raise FontInvalid("cmap: no map of all Unicode")
    return found[12], found.get(14, b"")


def _read_variations(table: bytes) -> dict[tuple[int, int], int]:
    """Read format 14: (base, selector) to its glyph, or to 0 where it is the base's own."""
    found: dict[tuple[int, int], int] = {}
    count = _unpack(">I", table, 6)[0] if table else 0
    for index in range(count):
        high, low, defaults, others = _unpack(">BHII", table, 10 + 11 * index)
        selector = high << 16 | low
        for place in range(_unpack(">I", table, defaults)[0] if defaults else 0):
            high, low, more = _unpack(">BHB", table, defaults + 4 + 4 * place)
            start = high << 16 | low
            found.update(((base, selector), 0) for base in range(start, start + more + 1))
        for place in range(_unpack(">I", table, others)[0] if others else 0):
            high, low, glyph = _unpack(">BHH", table, others + 4 + 5 * place)
            found[high << 16 | low, selector] = glyph
    return found


class FontFile:
    """One file's outlines, or one embedded subset's.

    Args:
        data: the file; may be a map of it.
        bare: whether hinting instructions are refused, which could move points after the outline is read.

    Raises:
        FontInvalid: it is none, or is cut short.
    """

    __slots__ = ("__dict__", "_bare", "_data", "_metrics", "_places")

    def __init__(self, data: bytes | mmap.mmap, *, bare: bool = False) -> None:
        self._data = data
        self._bare = bare
        self._places = _directory(data)
        self._metrics = self._read_metrics()

    @classmethod
    def open(cls, path: Path) -> FontFile:
        """Map a file into memory; what is never looked at takes none.

        Raises:
            FontInvalid, OSError: it cannot be read.
        """
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    @property
    def tables(self) -> frozenset[str]:
        """Name the tables that the file has."""
        return frozenset(self._places)

    @property
    def units(self) -> int:
        """Return the units of an em."""
        return self._metrics.units

    @property
    def heights(self) -> tuple[int, int]:
        """Return how far the em box reaches above and below the baseline, in units (`hhea`; the second is negative)."""
        above, below = _unpack(">2h", self._data, self._place("hhea")[0] + 4)
        return above, below

    def table(self, tag: str) -> bytes:
        """Return a table's bytes.

        Raises:
            FontInvalid: there is none.
        """
        start, length = self._place(tag)
        return self._data[start : start + length]

    @cached_property
    def characters(self) -> CharacterMap:
        """The character map, read when it is first asked for."""
        return CharacterMap(self.table("cmap"))

    def drawn_alike(self, other: FontFile) -> bool:
        """Say whether what the two files tell a rasteriser of all their glyphs (`head`) is the same."""
        one, another = bytearray(self.table("head")), bytearray(other.table("head"))
        for start, end in _HEAD_THAT_VARIES:
            one[start:end] = another[start:end] = bytes(end - start)
        return one == another

    def _place(self, tag: str) -> tuple[int, int]:
        if tag not in self._places:
            raise FontInvalid(f"{tag}: missing")
        return self._places[tag]

    def _read_metrics(self) -> _Metrics:
        head, hhea, maxp = self.table("head"), self.table("hhea"), self.table("maxp")
        (glyphs,), (longs,) = _unpack(">H", maxp, 4), _unpack(">H", hhea, 34)
        (magic,), (units,), (wide,) = _unpack(">I", head, 12), _unpack(">H", head, 18), _unpack(">H", head, 50)
        if magic != _MAGIC or wide not in (0, 1) or not units or not 0 < longs <= glyphs:
            raise FontInvalid("head, hhea or maxp: not of a font")
        if self._place("loca")[1] != (glyphs + 1) * (4 if wide else 2):
            raise FontInvalid("loca: not as long as the font has glyphs")
        if self._place("hmtx")[1] < 4 * longs + 2 * (glyphs - longs):
            raise FontInvalid("hmtx: cut short")
        return _Metrics(glyphs=glyphs, long_metrics=longs, wide_offsets=bool(wide), units=units)

    def metrics(self, glyph: int) -> tuple[int, int]:
        """Return a glyph's advance and left side bearing in units.

        Raises:
            FontInvalid: there is no such glyph.
        """
        longs, start = self._metrics.long_metrics, self._place("hmtx")[0]
        if not 0 <= glyph < self._metrics.glyphs:
            raise FontInvalid("a glyph that the font has not")
        if glyph < longs:
            advance, bearing = _unpack(">Hh", self._data, start + 4 * glyph)
            return advance, bearing
        (advance,) = _unpack(">H", self._data, start + 4 * (longs - 1))
        (bearing,) = _unpack(">h", self._data, start + 4 * longs + 2 * (glyph - longs))
        return advance, bearing

    def records(self) -> list[GlyphRecord]:
        """Return every glyph as it stands.

        Raises:
            FontInvalid: one is beyond the outlines.
        """
        longs, widths = self._metrics.long_metrics, self.table("hmtx")
        last = widths[4 * longs - 4 : 4 * longs - 2]
        metrics = [widths[start : start + 4] for start in range(0, 4 * longs, 4)]
        metrics += [
            last + widths[start : start + 2]
            for start in range(4 * longs, 4 * longs + 2 * (self._metrics.glyphs - longs), 2)
        ]
        (outlines, length), places = self._place("glyf"), self._all_places()
        if places[-1] > length or any(map(gt, places, places[1:])):
            raise FontInvalid("loca: beyond the outlines")
        data = [self._data[outlines + start : outlines + end] for start, end in pairwise(places)]
        return list(map(GlyphRecord, metrics, data))

    def _all_places(self) -> list[int]:
        count, start = self._metrics.glyphs + 1, self._place("loca")[0]
        if self._metrics.wide_offsets:
            return list(_unpack(f">{count}I", self._data, start))
        return [2 * half for half in _unpack(f">{count}H", self._data, start)]

    def outline(self, glyph: int, body: int | None = None) -> Outline:
        """Return a glyph's outline.

        Args:
            glyph: its number.
            body: how many bytes flags and coordinates take, where the caller knows it of the outline that is due:
                then they are not walked, and another length gives another digest.

        Raises:
            FontInvalid: the glyph is missing, damaged, or followed by something that is no padding.
        """
        return self._outline(glyph, body, 0)

    def _outline(self, glyph: int, body: int | None, depth: int) -> Outline:
        advance, bearing = self.metrics(glyph)
        data = self._glyph_data(glyph)
        digest = hashlib.sha256(struct.pack(">HHh", self._metrics.units, advance, bearing))
        if not data:
            return Outline(digest.digest(), 0)
        (contours,) = _unpack(">h", data)
        if contours < 0:
            digest.update(data[:10])
            for part in self._components(data, depth):
                digest.update(part)
            return Outline(digest.digest(), 0)
        points_end = 10 + 2 * contours
        (instructions,) = _unpack(">H", data, points_end)
        if self._bare and instructions:
            raise FontInvalid("a glyph with instructions")
        start = points_end + 2 + instructions
        if body is None:
            body = _body_length(data, start, contours)
        rest = data[start + body :]
        if len(data) < start + body or len(rest) >= _PADDING or any(rest):
            raise FontInvalid("a glyph of another length than its points")
        digest.update(data[:points_end])
        digest.update(data[start : start + body])
        return Outline(digest.digest(), body)

    def _glyph_data(self, glyph: int) -> bytes:
        table, length = self._place("glyf")
        place = self._place("loca")[0]
        if self._metrics.wide_offsets:
            start, end = _unpack(">2I", self._data, place + 4 * glyph)
        else:
            start, end = (2 * half for half in _unpack(">2H", self._data, place + 2 * glyph))
        if not start <= end <= length:
            raise FontInvalid("loca: beyond the outlines")
        return self._data[table + start : table + end]

    def _components(self, data: bytes, depth: int) -> list[bytes]:
        """Describe each component: how it is placed, and its own outline."""
        if depth == _DEEPEST:
            raise FontInvalid("composites too deep in one another")
        found, offset, more = [], 10, True
        while more:
            flags, glyph = _unpack(">2H", data, offset)
            if flags & ~_COMPONENT_FLAGS or (self._bare and flags & _INSTRUCTED):
                raise FontInvalid("a component with unknown flags, or with instructions")
            places = (4 if flags & _WORDS else 2) + (
                2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
            )
            placed = data[offset + 4 : offset + 4 + places]
            if len(placed) != places:
                raise FontInvalid("a composite that is cut short")
            found.append(struct.pack(">H", flags & _THAT_COUNT) + placed + self._outline(glyph, None, depth + 1).digest)
            offset, more = offset + 4 + places, bool(flags & _MORE)
        return found


def _directory(data: bytes | mmap.mmap) -> dict[str, tuple[int, int]]:
    version, count = _unpack(">IH", data)
    if version != _TRUE_TYPE:
        raise FontInvalid("not a TrueType file")
    found: dict[str, tuple[int, int]] = {}
    for index in range(count):
        name, _, start, length = _unpack(">IIII", data, 12 + 16 * index)
        tag = name.to_bytes(4, "big").decode("latin-1").rstrip(" ")
        if tag in found or start + length > len(data):
            raise FontInvalid("a table twice, or beyond the file")
        found[tag] = (start, length)
    return found


def _body_length(data: bytes, start: int, contours: int) -> int:
    """Walk the flags of a simple glyph and return how many bytes flags and coordinates take."""
    points = _unpack(">H", data, 8 + 2 * contours)[0] + 1 if contours else 0
    if points > _MOST_POINTS:
        raise FontInvalid("a glyph of too many points")
    place, seen, coordinates = start, 0, 0
    try:
        while seen < points:
            flag, times, place = data[place], 1, place + 1
            if flag & _RESERVED:
                raise FontInvalid("a point with unknown flags")
            if flag & _REPEATED:
                times, place = 1 + data[place], place + 1
            coordinates += times * _COORDINATES[flag]
            seen += times
    except IndexError as error:
        raise FontInvalid("a table is cut short") from error
    if seen != points:
        raise FontInvalid("a flag repeated beyond the points")
    return place + coordinates - start
