"""Subsets of one face: cut by HarfBuzz, and put together again from glyphs that it cut before.

A cut glyph's bytes do not depend on which glyphs are cut with it, unless it is composite and names others by their
numbers. So a subset all of whose glyphs were cut before is put together from them (ISO/IEC 14496-22: `glyf`, `head`,
`hhea`, `hmtx`, `loca`, `maxp`), and every other is HarfBuzz's own. Invariant: both ways give the same bytes
(`tests/unit/pdf/test_font_cutting.py`), so that equal texts give equal documents whatever was drawn before.
Limit: a subset with long offsets, with a composite glyph or without an outline is always HarfBuzz's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, count, pairwise
from typing import Final, NamedTuple

__all__ = ["Cutting", "Subsetter"]

Subsetter = Callable[[set[int]], tuple[bytes, dict[int, int]]]
"""Cuts a font file with some glyphs, and says where each of them stands in it."""

_TABLES: Final = ("glyf", "head", "hhea", "hmtx", "loca", "maxp")
_MOST_KEPT: Final = 1 << 13
_MOST_HALVES: Final = 0x7FFF  # of outlines; HarfBuzz writes short offsets up to twice as many
_HEADER: Final = struct.Struct(">4s4H")
_ENTRY: Final = struct.Struct(">4s3I")
_LONG_OFFSETS: Final = struct.Struct(">H")
_LONG_OFFSETS_AT: Final = 50  # in `head`
_ADJUSTMENT: Final = slice(8, 12)  # in `head`: what brings the whole file's sum to a fixed one
_WHOLE_SUM: Final = 0xB1B0AFBA
_COUNT_AT: Final = slice(4, 6)  # in `maxp`
_LONGS_AT: Final = slice(34, 36)  # in `hhea`
_NEGATIVE: Final = 0x80  # of a composite glyph's first byte
_WORD: Final = 0xFFFFFFFF


class _Glyph(NamedTuple):
    """A glyph as it was cut.

    Attributes:
        data: of an even length.
        halves: that length, in steps of two.
        advance: two bytes.
        bearing: two bytes.
        sums: what it adds to its table's checksum, where it begins at a multiple of four and where it does not.
    """

    data: bytes
    halves: int
    advance: bytes
    bearing: bytes
    sums: tuple[int, int]


class _Frame(NamedTuple):
    """What is the same in every subset of a face: the tables that say how many glyphs there are, and no more."""

    head: bytes
    hhea: bytes
    maxp: bytes


class Cutting:
    """The subsets of one face, from any thread.

    Args:
        library: cuts anew.
    """

    __slots__ = ("_frame", "_kept", "_library")

    def __init__(self, library: Subsetter) -> None:
        self._library = library
        self._kept: dict[int, _Glyph] = {}
        self._frame: _Frame | None = None

    def cut(self, glyphs: set[int]) -> tuple[bytes, dict[int, int]]:
        """Return a font file with these glyphs only, and where each of them stands in it."""
        order = sorted({0, *glyphs})  # glyph 0, of what is missing, is in every file
        kept, frame = [glyph for glyph in map(self._kept.get, order) if glyph is not None], self._frame
        if frame is not None and len(kept) == len(order) and 0 < sum([glyph.halves for glyph in kept]) <= _MOST_HALVES:
            return _put_together(kept, frame), dict(zip(order[1:], count(1)))
        program, places = self._library(glyphs)
        self._learn(program, {0: 0, **places})
        return program, places

    def _learn(self, program: bytes, places: Mapping[int, int]) -> None:
        """Keep the glyphs of a file, if it has no others: those of a composite's parts are not asked for."""
        tables = _tables(program)
        (long_offsets,) = _LONG_OFFSETS.unpack_from(tables["head"], _LONG_OFFSETS_AT)
        if long_offsets or len(tables["loca"]) != 2 * len(places) + 2:
            return
        if len(self._kept) + len(places) > _MOST_KEPT:
            self._kept.clear()
        glyphs = list(_glyphs(tables))
        self._kept |= {number: glyphs[place] for number, place in places.items() if _is_simple(glyphs[place].data)}
        head = bytearray(tables["head"])
        head[_ADJUSTMENT] = bytes(4)
        self._frame = _Frame(bytes(head), tables["hhea"], tables["maxp"])


def _is_simple(data: bytes) -> bool:
    return not data or data[0] < _NEGATIVE


def _tables(program: bytes) -> dict[str, bytes]:
    """Give the tables of a file of HarfBuzz's making."""
    _, number, *_ = _HEADER.unpack_from(program)
    entries = _ENTRY.iter_unpack(program[_HEADER.size : _HEADER.size + number * _ENTRY.size])
    tables = {tag.decode("ascii"): program[start : start + length] for tag, _, start, length in entries}
    if tuple(sorted(tables)) != _TABLES:
        raise ValueError("a subset of other tables than outlines need")
    return tables


def _glyphs(tables: Mapping[str, bytes]) -> Iterable[_Glyph]:
    """Give a file's glyphs in their order."""
    outlines, metrics = tables["glyf"], tables["hmtx"]
    offsets = [2 * half for (half,) in struct.iter_unpack(">H", tables["loca"])]
    longs = int.from_bytes(tables["hhea"][_LONGS_AT])
    last = metrics[4 * longs - 4 : 4 * longs - 2]
    for place, (start, end) in enumerate(pairwise(offsets)):
        at = 4 * place + 2 if place < longs else 4 * longs + 2 * (place - longs)
        advance = metrics[4 * place : 4 * place + 2] if place < longs else last
        data = outlines[start:end]
        yield _Glyph(data, len(data) // 2, advance, metrics[at : at + 2], (_sum(data), _sum(bytes(2) + data)))


def _sum(table: bytes) -> int:
    """Return the sum of a table's words of four bytes; what lacks at the end is nought."""
    padded = table + bytes(-len(table) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}I", padded))


def _put_together(glyphs: list[_Glyph], frame: _Frame) -> bytes:
    """Write a file of glyphs as HarfBuzz writes it: its small tables before its large ones."""
    data, halves, advances, bearings, sums = zip(*glyphs, strict=True)
    offsets = list(accumulate(halves, initial=0))
    outlines_sum = sum([pair[offset & 1] for pair, offset in zip(sums, offsets, strict=False)])
    longs = _longs(advances)
    number = len(glyphs)
    small = {
        b"head": frame.head,
        b"hhea": frame.hhea[: _LONGS_AT.start] + longs.to_bytes(2),
        b"hmtx": b"".join([one + other for one, other in zip(advances[:longs], bearings, strict=False)])
        + b"".join(bearings[longs:]),
        b"loca": struct.pack(f">{number + 1}H", *offsets),
        b"maxp": frame.maxp[: _COUNT_AT.start] + number.to_bytes(2) + frame.maxp[_COUNT_AT.stop :],
    }
    tables = {b"glyf": (b"".join(data), outlines_sum)} | {tag: (table, _sum(table)) for tag, table in small.items()}
    return _file(tables)


def _longs(advances: tuple[bytes, ...]) -> int:
    """Return how many metrics have an advance of their own: behind them all have the last one's."""
    last, longs = advances[-1], len(advances)
    while longs > 1 and advances[longs - 2] == last:
        longs -= 1
    return longs


def _file(tables: Mapping[bytes, tuple[bytes, int]]) -> bytes:
    """Write tables, each with its checksum, and their directory, by their tags."""
    place = _HEADER.size + len(tables) * _ENTRY.size
    entries: dict[bytes, bytes] = {}
    pieces: list[bytes] = []
    for tag, (table, checksum) in sorted(tables.items(), key=lambda one: (len(one[1][0]), one[0])):
        entries[tag] = _ENTRY.pack(tag, checksum & _WORD, place, len(table))
        pieces += (table, bytes(-len(table) % 4))
        place += len(table) + -len(table) % 4
    directory = b"".join((_HEADER_OF_SIX, *[entries[tag] for tag in sorted(entries)]))
    whole = _sum(directory) + sum([checksum for _, checksum in tables.values()])
    adjustment = (_WHOLE_SUM - whole & _WORD).to_bytes(4)
    head = pieces.index(tables[b"head"][0])
    pieces[head] = pieces[head][: _ADJUSTMENT.start] + adjustment + pieces[head][_ADJUSTMENT.stop :]
    return b"".join((directory, *pieces))


_HEADER_OF_SIX: Final = _HEADER.pack(b"\0\1\0\0", len(_TABLES), 64, 2, 32)
