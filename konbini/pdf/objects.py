"""PDF syntax (ISO 32000-1, 7.3 and 7.5): numbered objects in, the bytes of one revision out.

Small on purpose: a cross-reference table, no object streams, no encryption, so that equal objects give equal bytes
and the file keeps PDF/A's rules of syntax (ISO 19005-2, 6.1: a binary comment in the header, a line end before
`endstream`, an `/ID`). Whoever adds an object writes its body; nothing here knows what a page or a font is.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from konbini.pdf.stored import stored

__all__ = ["ONCE", "Beginning", "ObjectId", "Revision", "StreamBody", "hex_string", "text_string"]

_END = b"\nendobj\n"
_HEADER = b"%PDF-1.7\n%\xe5\x9b\xbd\xe5\n"
_FREE = b"0000000000 65535 f \n"
ONCE = 9
"""zlib's level for what is made once and written into every document."""
_QUICK = 1  # of zlib: half the time of its usual 6, for a file that is 2 % larger


@dataclass(frozen=True, slots=True)
class ObjectId:
    """The number of an indirect object; the generation is always 0."""

    number: int

    def __str__(self) -> str:
        return f"{self.number} 0 R"


@dataclass(frozen=True, slots=True)
class StreamBody:
    """A stream ready to be written: made once where its content never changes (7.3.8)."""

    data: bytes

    @classmethod
    def compressed(cls, content: bytes, entries: str = "", *, level: int = _QUICK) -> StreamBody:
        """Deflate `content`; `entries` are the dictionary's other entries, `level` is zlib's (0 to 9)."""
        return cls.filtered(zlib.compress(content, level), f"/Filter /FlateDecode {entries}")

    @classmethod
    def stored(cls, content: bytes, entries: str = "") -> StreamBody:
        """Take `content` without deflating it, behind the same filter."""
        return cls.filtered(stored(content), f"/Filter /FlateDecode {entries}")

    @classmethod
    def filtered(cls, content: bytes, entries: str) -> StreamBody:
        """Take `content` as it is; `entries` say how it is encoded."""
        head = f"<< /Length {len(content)} {entries.strip()} >>\nstream\n".encode()
        return cls(b"".join((head, content, b"\nendstream")))


@dataclass(frozen=True, slots=True)
class Beginning:
    """A file's first objects as they are written, 1 and up: made once where many files begin alike.

    Attributes:
        data: the file so far, its header first.
        table: what the cross-reference table says of the objects.
        next: the number of the next object.
    """

    data: bytes = _HEADER
    table: bytes = _FREE
    next: int = 1


_EMPTY = Beginning()


class Revision:
    """The objects of one revision, in the order in which they were added.

    Args:
        first: the first new object's number.
        after: in place of `first`, what a file begins with.
    """

    __slots__ = ("_after", "_bodies", "_next")

    def __init__(self, first: int = 1, *, after: Beginning = _EMPTY) -> None:
        self._after = after
        self._next = max(first, after.next)
        self._bodies: dict[int, bytes] = {}

    def beginning(self) -> Beginning:
        """Return what other files may go on from; every numbered object has its body."""
        pieces, table, _ = self._file()
        return Beginning(b"".join(pieces), b"".join(table), self._next)

    def reserve(self) -> ObjectId:
        """Number an object that is written later."""
        number, self._next = self._next, self._next + 1
        return ObjectId(number)

    def put(self, where: ObjectId, body: str | StreamBody) -> None:
        """Give a numbered object its body."""
        self._bodies[where.number] = body.data if isinstance(body, StreamBody) else body.encode()

    def add(self, body: str | StreamBody) -> ObjectId:
        """Number an object and give it its body."""
        where = self.reserve()
        self.put(where, body)
        return where

    def to_file(self, *, root: ObjectId, identity: bytes) -> bytes:
        """Write a whole file; `identity` (16 bytes) stands twice in the trailer's `/ID` (14.4)."""
        pieces, table, place = self._file()
        identity_twice = f"[{hex_string(identity)} {hex_string(identity)}]"
        trailer = f"<< /Size {self._next} /Root {root} /ID {identity_twice} >>"
        return b"".join((*pieces, b"xref\n0 %d\n" % self._next, *table, _end(trailer, place)))

    def to_update(self, *, after: int, previous_xref: int, root: ObjectId, file_id: str) -> bytes:
        """Write an incremental update (7.5.6) to follow `after` bytes; returns the update alone.

        Args:
            after: length of the file that is updated.
            previous_xref: where its newest cross-reference table stands.
            root: the catalogue.
            file_id: the new `/ID` array, as PDF syntax.
        """
        trailer = f"<< /Size {self._next} /Root {root} /Prev {previous_xref} /ID {file_id} >>"
        pieces, table, place = self._written(sorted(self._bodies), after)
        sections = b"".join(
            b"%d %d\n%b" % (first, len(entries), b"".join(entries)) for first, entries in _runs(self._bodies, table)
        )
        return b"".join((*pieces, b"xref\n", sections, _end(trailer, place)))

    def _file(self) -> tuple[list[bytes], list[bytes], int]:
        """Write a file's objects from the first to the last, as `_written` does, and what comes before them."""
        after = self._after
        pieces, table, place = self._written(range(after.next, self._next), len(after.data))
        return [after.data, *pieces], [after.table, *table], place

    def _written(self, numbers: Iterable[int], place: int) -> tuple[list[bytes], list[bytes], int]:
        """Write objects from a place on: give the pieces, an entry of the table for each, and the place behind them."""
        pieces: list[bytes] = []
        table: list[bytes] = []
        for number in numbers:
            head, body = b"%d 0 obj\n" % number, self._bodies[number]
            table.append(b"%010d 00000 n \n" % place)
            pieces += (head, body, _END)
            place += len(head) + len(body) + len(_END)
        return pieces, table, place


def _runs(numbers: Iterable[int], entries: list[bytes]) -> list[tuple[int, list[bytes]]]:
    """Divide entries into those of numbers that follow one another: each run's first number, and its entries."""
    found: list[tuple[int, list[bytes]]] = []
    for number, entry in zip(sorted(numbers), entries, strict=True):
        if not found or found[-1][0] + len(found[-1][1]) != number:
            found.append((number, []))
        found[-1][1].append(entry)
    return found


def _end(trailer: str, place: int) -> bytes:
    return f"trailer\n{trailer}\nstartxref\n{place}\n%%EOF\n".encode()


def hex_string(data: bytes) -> str:
    """Write bytes as a hexadecimal string (7.3.4.3)."""
    return f"<{data.hex().upper()}>"


def text_string(text: str) -> str:
    """Write a text string in UTF-16BE (7.9.2.2)."""
    return hex_string(b"\xfe\xff" + text.encode("utf-16-be"))
