"""A finished, unsigned document read byte for byte: one revision of numbered objects, and not a byte beside them.

The clerk's own reader of PDF syntax (ISO 32000-1, 7.3 and 7.5), written apart from what writes documents and narrower
than any library: a closed grammar in which each thing has one spelling. A file is header, objects 1, 2, 3, ..., one
cross-reference table, trailer, end, in this order and touching one another. An object is one line, or one line and a
stream of the length that the line says. So there is nothing to find between objects, behind a stream or after the end,
no second object of a number, no object stream, no comment, no escape and no other white space than single spaces.
Invariants: each object is reached from the catalogue, each reference names an object that is there, no dictionary has a
key twice. `tests/unit/pdf/test_file_structure.py` holds it against pyHanko's reader: what is taken here reads the same
there. Limit: what the objects mean is for who asks.

Values are Python's: `str` for a name with its slash, `bytes` for a string, `int`, `float`, `bool`, `list`, `dict`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from konbini.protocol.errors import Code, Refused

__all__ = ["Dictionary", "File", "Reference", "Stream", "Value", "read_file"]


class Reference(NamedTuple):
    """An indirect reference; the generation is always 0."""

    number: int


class Stream(NamedTuple):
    """A stream: its dictionary, and its bytes as they stand in the file."""

    entries: Dictionary
    data: bytes


Value: TypeAlias = "str | bytes | int | float | Reference | list[Value] | dict[str, Value] | Stream"
Dictionary: TypeAlias = dict[str, Value]

_HEADER: Final = re.compile(rb"%PDF-1\.7\n%[\x80-\xff]{4}\n")
_END: Final = re.compile(rb"trailer\n([^\n]+)\nstartxref\n([1-9][0-9]{1,8})\n%%EOF\n")
_FREE: Final = b"0000000000 65535 f \n"
_STREAM, _STREAM_END, _OBJECT_END = b"\nstream\n", b"\nendstream\nendobj\n", b"\nendobj\n"
_ENDED: Final = rb"(?=[ \]]|\Z)"  # what would go on without a delimiter
_INTEGER: Final = rb"-?(?:0|[1-9][0-9]{0,9})"
_TOKEN: Final = re.compile(
    b" ?(?:"
    + b"|".join(
        (
            rb"/[A-Za-z0-9_+.-]{1,127}" + _ENDED,
            rb"<<|>>",
            rb"[1-9][0-9]{0,6} 0 R" + _ENDED,
            rb"\[" + _INTEGER + rb"(?: " + _INTEGER + rb")*\]",  # a font's widths: many, and one token
            rb"[\[\]]",
            _INTEGER + rb"(?:\.[0-9]{1,6})?" + _ENDED,
            rb"\([A-Za-z0-9 :'+-]{0,127}\)",
            rb"<(?:[0-9A-F]{2}){0,4096}>",
            rb"(?:true|false)" + _ENDED,
        )
    )
    + b")"
)
_SAYING: Final = re.compile(rb"[(]|<[0-9A-F>]")  # a string
_BRACKETS: Final = {b"<<": b">>", b"[": b"]"}
_CLOSING: Final = frozenset(_BRACKETS.values())
_BOOLEANS: Final = {b"true": True, b"false": False}
_DEEPEST: Final = 8
_MOST_OBJECTS: Final = 4096


class File(NamedTuple):
    """One document.

    Attributes:
        trailer: its entries.
        objects: every object, in the order of the numbers, the first one being 1.
    """

    trailer: Dictionary
    objects: tuple[Value, ...]

    def of(self, value: Value) -> Value:
        """Follow a reference; return what is none as it is."""
        return self.objects[value.number - 1] if isinstance(value, Reference) else value


def read_file(pdf: bytes) -> File:
    """Read a file.

    Raises:
        Refused: `PAGE_MISMATCH`: it is not written as a document of ours, saying at which object.
    """
    if pdf.count(b"startxref") != 1:
        raise _not("not of one revision")
    header = _HEADER.match(pdf)
    if header is None:
        raise _not("another header")
    objects: list[Value] = []
    starts: list[int] = []
    named: list[list[int]] = []
    place = header.end()
    while not pdf.startswith(b"xref", place):
        starts.append(place)
        found, place = _object(pdf, place, len(starts), named)
        objects.append(found)
    trailer, names = _trailer(pdf, place, starts)
    _check_reached(names, named)
    return File(trailer, tuple(objects))


def _not(why: str) -> Refused:
    return Refused(Code.PAGE_MISMATCH, f"the document is not written as ours are: {why}")


def _object(pdf: bytes, start: int, number: int, named: list[list[int]]) -> tuple[Value, int]:
    """Read object `number`, note what it refers to, and return it with the place behind it."""
    head, where = b"%d 0 obj\n" % number, f"object {number}"
    if number > _MOST_OBJECTS or not pdf.startswith(head, start):
        raise _not(f"{where}: missing, out of order, or something before it")
    start += len(head)
    end = pdf.find(b"\n", start)
    line = pdf[start:end]
    value, references = _read_line(line, where) if _SAYING.search(line) else _structural(line, where)
    named.append(references)
    if pdf.startswith(_OBJECT_END, end):
        return value, end + len(_OBJECT_END)
    length = value.get("/Length") if isinstance(value, dict) else None
    if not isinstance(value, dict) or type(length) is not int or length < 0 or not pdf.startswith(_STREAM, end):
        raise _not(f"{where}: neither one value nor a stream")
    start, end = end + len(_STREAM), end + len(_STREAM) + length
    if not pdf.startswith(_STREAM_END, end):
        raise _not(f"{where}: a stream of another length than it says")
    return Stream(value, pdf[start:end]), end + len(_STREAM_END)


def _trailer(pdf: bytes, place: int, starts: list[int]) -> tuple[Dictionary, list[int]]:
    """Read cross-reference table and trailer, which stand at `place`, and return the trailer and what it names."""
    entries = b"".join([b"%010d 00000 n \n" % start for start in starts])
    table = b"xref\n0 %d\n%b%b" % (len(starts) + 1, _FREE, entries)
    if not pdf.startswith(table, place):
        raise _not("a cross-reference table that is not of its objects")
    end = _END.fullmatch(pdf, place + len(table))
    if end is None or int(end[2]) != place:
        raise _not("another end than a trailer's")
    trailer, names = _read_line(end[1], "trailer")
    if not isinstance(trailer, dict) or trailer.keys() != {"/Size", "/Root", "/ID"}:
        raise _not("trailer: other entries than the form's")
    if trailer["/Size"] != len(starts) + 1 or not isinstance(trailer["/Root"], Reference):
        raise _not("trailer: not of these objects")
    return trailer, names


def _check_reached(first: list[int], named: list[list[int]]) -> None:
    """Refuse an object that nothing from the trailer on leads to, and a reference to none."""
    reached: set[int] = set()
    ahead = list(first)
    while ahead:
        number = ahead.pop()
        if number > len(named):
            raise _not(f"a reference to object {number}, which is missing")
        if number not in reached:
            reached.add(number)
            ahead += named[number - 1]
    if len(reached) != len(named):
        raise _not("an object that nothing refers to")


@lru_cache(maxsize=1024)
def _structural(line: bytes, where: str) -> tuple[Value, list[int]]:
    """Read a line without strings: most of a form's come again in every document, and nobody changes what was read."""
    return _read_line(line, where)


def _read_line(line: bytes, where: str) -> tuple[Value, list[int]]:
    """Read one value that fills a line; return it and the numbers that it refers to."""
    tokens = _TOKEN.findall(line)
    if b"".join(tokens) != line or line.startswith(b" "):
        raise _not(f"{where}: other syntax than ours")
    references: list[int] = []
    outside: list[tuple[bytes, list[Value]]] = []  # for each open bracket what closes it, and what stood before it
    values: list[Value] = []
    for token in map(bytes.strip, tokens):
        if token in _BRACKETS:
            outside.append((_BRACKETS[token], values))
            values = []
        elif token in _CLOSING:
            if not outside or outside[-1][0] != token or len(outside) > _DEEPEST:
                raise _not(f"{where}: brackets that do not match")
            whole: Value = _dictionary(values, where) if token == b">>" else values
            values = outside.pop()[1]
            values.append(whole)
        elif token.endswith(b" 0 R"):
            references.append(int(token[:-4]))
            values.append(Reference(references[-1]))
        else:
            values.append(_simple(token))
    if outside or len(values) != 1:
        raise _not(f"{where}: not one value")
    return values[0], references


def _simple(token: bytes) -> Value:
    """Give what one token says that is neither bracket nor reference."""
    first = token[:1]
    if first == b"/":
        return token.decode("ascii")
    if first == b"(":
        return token[1:-1]
    if first == b"<":
        return bytes.fromhex(token[1:-1].decode("ascii"))
    if first == b"[":
        return list(map(int, token[1:-1].split(b" ")))
    if token in _BOOLEANS:
        return _BOOLEANS[token]
    return float(token) if b"." in token else int(token)


def _dictionary(values: list[Value], where: str) -> Dictionary:
    """Make a dictionary of what stands between its brackets: names and values in turn, no name twice."""
    made: Dictionary = {}
    for key, value in zip(values[::2], values[1::2], strict=False):
        if not isinstance(key, str) or key in made:
            raise _not(f"{where}: a key that is none, or that stands twice")
        made[key] = value
    if len(values) % 2:
        raise _not(f"{where}: a key without a value")
    return made
