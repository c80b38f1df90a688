"""A page taken apart: what stands where, in points, for those who draw it again with other libraries.

Read from the content streams of our own drawing, once, before anything is measured: peers are given the finished
layout and need not measure or break a text, which is to their advantage. Static shapes are the form's own and the
same for every document of a template; values are one document's.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

__all__ = ["Frame", "Page", "Placed", "Rule", "Text", "png", "take_apart"]

_N: Final = r"(-?[\d.]+)"
_RUN: Final = rf"1 0 0 1 {_N} {_N} Tm <([0-9A-F]*)> Tj"
_TEXT: Final = re.compile(rf"BT /\w+ {_N} Tf (.*) ET")
_RUNS: Final = re.compile(_RUN)
_LABEL: Final = re.compile(rf"q BT /\w+ {_N} Tf {_N} Tc {_N} Tz {_RUN} ET Q")
_MARK: Final = re.compile(rf"q {_N} g BT /\w+ {_N} Tf {_N} {_N} {_N} {_N} {_N} {_N} Tm <([0-9A-F]*)> Tj ET Q")
_FRAME: Final = re.compile(rf"{_N} w {_N} {_N} {_N} {_N} re S")
_RULE: Final = re.compile(rf"{_N} w {_N} {_N} m {_N} {_N} l S")
_PLACE: Final = re.compile(rf"q 1 0 0 1 0 {_N} cm /(\w+) Do Q")
_PICTURE: Final = re.compile(rf"q {_N} 0 0 {_N} {_N} {_N} cm /(\w+) Do Q")
_MAPPED: Final = re.compile(r"^<([0-9A-F]{4})> <((?:[0-9A-F]{4})+)>$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text from a point on its baseline.

    `spacing` is added after each character, `narrowed` is the horizontal scale, `grey` 0 is black, and `turn` the
    cosine and sine of the baseline's direction.
    """

    left: float
    baseline: float
    size: float
    text: str
    spacing: float = 0.0
    narrowed: float = 1.0
    grey: float = 0.0
    turn: tuple[float, float] = (1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A ruled box."""

    width: float
    left: float
    bottom: float
    across: float
    high: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight rule from one point to another."""

    width: float
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture over a box, and the picture as a PNG."""

    png: bytes
    left: float
    bottom: float
    across: float
    high: float


Shape = Text | Frame | Rule | Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: the form's own shapes, the texts of one document, and where its code stands."""

    static: tuple[Shape, ...]
    values: tuple[Text, ...]
    code: Placed


def take_apart(pdf: bytes) -> Page:
    """Take the one page of an unsigned document of ours apart.

    Raises:
        ValueError: a line of a content stream is not understood.
    """
    page = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    parts, texts = page["/Resources"]["/XObject"], _texts(page["/Resources"]["/Font"]["/V"])
    static: list[Shape] = []
    values: list[Text] = []
    codes: list[Placed] = []
    for line in page["/Contents"].data.decode().split("\n"):
        placed = _PLACE.fullmatch(line)
        if placed:
            static += _part(parts[f"/{placed[2]}"], float(placed[1]))
        else:
            for shape in _shapes(line, texts, parts, 0.0):
                if isinstance(shape, Text):
                    values.append(shape)
                elif isinstance(shape, Placed):
                    codes.append(shape)
    (code,) = codes
    return Page(static=tuple(static), values=tuple(values), code=code)


def _part(part: generic.StreamObject, up: float) -> Iterator[Shape]:
    resources = part["/Resources"]
    texts = _texts(resources["/Font"]["/L"]) if "/Font" in resources else {}
    for line in part.data.decode().split("\n"):
        yield from _shapes(line, texts, resources["/XObject"], up)


def _texts(font: generic.DictionaryObject) -> dict[str, str]:
    """Return what each code of a font says."""
    mapped = font["/ToUnicode"].data.decode()
    return {code: bytes.fromhex(text).decode("utf-16-be") for code, text in _MAPPED.findall(mapped)}


def _shapes(line: str, texts: dict[str, str], pictures: generic.DictionaryObject, up: float) -> Iterator[Shape]:
    """Read one line; `up` moves all of it up the page."""
    if found := _TEXT.fullmatch(line):
        for left, baseline, codes in _RUNS.findall(found[2]):
            yield Text(float(left), float(baseline) + up, float(found[1]), _said(codes, texts))
    elif found := _LABEL.fullmatch(line):
        size, spacing, narrowed, left, baseline = map(float, found.groups()[:5])
        yield Text(left, baseline + up, size, _said(found[6], texts), spacing=spacing, narrowed=narrowed / 100)
    elif found := _MARK.fullmatch(line):
        grey, size, cosine, sine, _, _, left, baseline = map(float, found.groups()[:8])
        yield Text(left, baseline + up, size, _said(found[9], texts), grey=grey, turn=(cosine, sine))
    elif found := _FRAME.fullmatch(line):
        width, left, bottom, across, high = map(float, found.groups())
        yield Frame(width, left, bottom + up, across, high)
    elif found := _RULE.fullmatch(line):
        width, x1, y1, x2, y2 = map(float, found.groups())
        yield Rule(width, x1, y1 + up, x2, y2 + up)
    elif found := _PICTURE.fullmatch(line):
        across, high, left, bottom = map(float, found.groups()[:4])
        yield Placed(_png(pictures[f"/{found[5]}"]), left, bottom + up, across, high)
    else:
        raise ValueError("a line of a page that no way can draw")


def _said(codes: str, texts: dict[str, str]) -> str:
    return "".join(texts[codes[start : start + 4]] for start in range(0, len(codes), 4))


def _png(image: generic.StreamObject) -> bytes:
    """Write an image of ours as a PNG: its deflated, predicted rows are a PNG's own (`konbini.pdf.picture`)."""
    return png(image["/Width"], image["/Height"], image["/BitsPerComponent"], image.encoded_data)


def png(across: int, down: int, bits: int, rows: bytes) -> bytes:
    """Write a grey PNG of deflated rows."""
    header = struct.pack(">IIBBBBB", across, down, bits, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
