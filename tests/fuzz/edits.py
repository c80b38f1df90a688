"""Inputs that are changes of something genuine: small, and past its checks of form by how they are made.

An input is a row of edits, each `which (1) place (3) removed (2) length (1) inserted`: in part `which` of what is
edited, at `place`, so many bytes are removed and others stand there instead. Places wrap around, so that every input
means something.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

__all__ = ["Document", "Edit", "edited", "edits", "written"]

_HEAD: Final = 7
_OBJECT: Final = re.compile(rb"[0-9]+ 0 obj\n([^\n]*)(?:\nstream\n(.*?)\nendstream)?\nendobj\n", re.DOTALL)
_TRAILER: Final = re.compile(rb"trailer\n([^\n]+)\n")
_LINES: Final = 128
_LENGTH: Final = re.compile(rb"/Length [0-9]+")


class Edit(NamedTuple):
    """One change."""

    which: int
    place: int
    removed: int
    inserted: bytes


def edits(data: bytes) -> Iterator[Edit]:
    """Read edits; the last one may be cut short."""
    at = 0
    while at + _HEAD <= len(data):
        end = at + _HEAD + data[at + 6]
        yield Edit(
            which=data[at],
            place=int.from_bytes(data[at + 1 : at + 4]),
            removed=int.from_bytes(data[at + 4 : at + 6]),
            inserted=data[at + _HEAD : end],
        )
        at = end


def written(*changes: Edit) -> bytes:
    """Write edits as `edits` reads them."""
    return b"".join(
        bytes((one.which,))
        + one.place.to_bytes(3)
        + one.removed.to_bytes(2)
        + bytes((len(one.inserted),))
        + one.inserted
        for one in changes
    )


def edited(content: bytes, one: Edit) -> bytes:
    """Change bytes."""
    place = one.place % (len(content) + 1)
    return content[:place] + one.inserted + content[place + one.removed :]


class _Part(NamedTuple):
    """An object: its line, and its stream as it stands in the file until it is edited, inflated from then on."""

    line: bytes
    stream: bytes | None
    edited: bool

    def changed(self, one: Edit) -> _Part:
        if self.stream is None or one.which >= _LINES:
            return self._replace(line=edited(self.line, one))
        stream = zlib.decompress(self.stream) if self._deflated and not self.edited else self.stream
        return self._replace(stream=edited(stream, one), edited=True)

    def body(self) -> bytes:
        if self.stream is None:
            return self.line
        stream = zlib.compress(self.stream, 1) if self.edited and self._deflated else self.stream
        line = _LENGTH.sub(b"/Length %d" % len(stream), self.line, count=1) if self.edited else self.line
        return line + b"\nstream\n" + stream + b"\nendstream"

    @property
    def _deflated(self) -> bool:
        return b"/FlateDecode" in self.line


class Document:
    """A file of ours (`konbini.pdf.file_structure`) taken apart: each object's line, and its stream inflated.

    What is edited is written again with the lengths and the cross-reference table that it then has.
    """

    def __init__(self, pdf: bytes) -> None:
        trailer = _TRAILER.search(pdf)
        if trailer is None:
            raise ValueError("not a document of ours")
        self._trailer = trailer[1]
        self._start = pdf[: pdf.index(b"1 0 obj\n")]
        self._parts = [_Part(found[1], found[2], edited=False) for found in _OBJECT.finditer(pdf)]

    def __len__(self) -> int:
        return len(self._parts)

    def edited(self, changes: Iterable[Edit]) -> bytes:
        """Write the file with changes: `which` below 128 is an object's stream, where it has one, else its line."""
        parts = list(self._parts)
        trailer = self._trailer
        for one in changes:
            at = one.which % _LINES % (len(parts) + 1)
            if at == len(parts):
                trailer = edited(trailer, one)
                continue
            parts[at] = parts[at].changed(one)
        return self._assembled(parts, trailer)

    def _assembled(self, parts: Sequence[_Part], trailer: bytes) -> bytes:
        out, places = bytearray(self._start), []
        for number, part in enumerate(parts, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, part.body())
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n"
        return bytes(out + end % (len(places) + 1, table, trailer, len(out)))
