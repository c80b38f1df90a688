"""Documents with one thing changed, as an attacker inside the ward would hand them to the clerk.

Whatever is changed is written anew in the one syntax that the clerk reads, so that the change itself is what is found.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

__all__ = ["assembled", "at", "edited", "rewritten", "syntax"]

_PLAIN = re.compile(rb"[A-Za-z0-9 :'+-]*")


def rewritten(pdf: bytes, change: Callable[[PdfFileWriter], None]) -> bytes:
    """The document with something changed, written anew as one revision."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    change(writer)
    identity = PdfFileReader(io.BytesIO(pdf)).trailer["/ID"][0].original_bytes
    return _Anew(writer).file(identity)


class _Anew:
    """What a writer holds, numbered as it is met from the catalogue on; what nothing leads to is left."""

    def __init__(self, writer: PdfFileWriter) -> None:
        self._writer = writer
        self._numbers: dict[generic.Reference, int] = {}
        self._ahead: list[generic.Reference] = []

    def file(self, identity: bytes) -> bytes:
        root = self._value(generic.IndirectObject(self._writer.root_ref.idnum, 0, self._writer))  # type: ignore[no-untyped-call]
        bodies: list[bytes] = []
        while len(bodies) < len(self._ahead):
            bodies.append(self._body(self._ahead[len(bodies)].get_object()))
        file_id = f"[<{identity.hex().upper()}> <{identity.hex().upper()}>]".encode()
        return assembled(bodies, b"<< /Size %d /Root %s /ID %s >>" % (len(bodies) + 1, root, file_id))

    def _body(self, found: generic.PdfObject) -> bytes:
        if not isinstance(found, generic.StreamObject):
            return self._value(found)
        data = found.encoded_data
        entries = {key: found.raw_get(key) for key in found if key != "/Length"}
        return b"%s\nstream\n%s\nendstream" % (self._entries({"/Length": len(data), **entries}), data)

    def _entries(self, entries: dict[str, object]) -> bytes:
        return (
            b"<< " + b"".join(b"%s %s " % (key.encode(), self._value(value)) for key, value in entries.items()) + b">>"
        )

    def _value(self, value: object) -> bytes:
        if isinstance(value, generic.IndirectObject):
            if value.reference not in self._numbers:
                self._ahead.append(value.reference)
                self._numbers[value.reference] = len(self._ahead)
            return b"%d 0 R" % self._numbers[value.reference]
        if isinstance(value, generic.DictionaryObject):
            return self._entries({key: value.raw_get(key) for key in value})
        if isinstance(value, generic.ArrayObject):
            return b"[" + b" ".join(self._value(value.raw_get(place)) for place in range(len(value))) + b"]"
        if isinstance(value, generic.TextStringObject | generic.ByteStringObject):
            data = value.original_bytes
            return b"(%s)" % data if _PLAIN.fullmatch(data) else b"<%s>" % data.hex().upper().encode()
        if isinstance(value, generic.BooleanObject):
            return b"true" if value.value else b"false"
        return str(value).encode()


def assembled(bodies: list[bytes], trailer: bytes) -> bytes:
    """A file of these objects, which are numbered from 1 on, in the one spelling that the clerk reads."""
    out, places = bytearray(b"%PDF-1.7\n%\xe5\x9b\xbd\xe5\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out + end % (len(places) + 1, table, trailer, len(out)))


def at(writer: PdfFileWriter, path: str) -> generic.DictionaryObject:
    """Follow a path of names and places from the catalogue."""
    found: generic.PdfObject = writer.root
    for step in path.split():
        assert isinstance(found, generic.DictionaryObject | generic.ArrayObject)
        found = found[int(step)] if isinstance(found, generic.ArrayObject) else found[f"/{step}"]
    assert isinstance(found, generic.DictionaryObject)
    return found


def edited(pdf: bytes, path: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The document with one stream's content edited."""

    def change(writer: PdfFileWriter) -> None:
        stream = at(writer, path)
        assert isinstance(stream, generic.StreamObject)
        content = edit(stream.data)
        assert content != stream.data
        stream._data = content
        stream._encoded_data = None
        if "/Length1" in stream:
            stream[generic.pdf_name("/Length1")] = generic.NumberObject(len(content))  # type: ignore[no-untyped-call]

    return rewritten(pdf, change)


def syntax(text: bytes) -> generic.PdfObject:
    """Read a piece of PDF syntax."""
    found = generic.read_object(io.BytesIO(text + b" "), generic.TrailerReference(None))  # type: ignore[no-untyped-call]
    assert isinstance(found, generic.PdfObject)
    return found
