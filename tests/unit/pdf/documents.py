"""Documents with one thing changed, as an attacker inside the ward would hand them to the clerk."""

from __future__ import annotations

import io
from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

__all__ = ["at", "edited", "rewritten", "syntax"]


def rewritten(pdf: bytes, change: Callable[[PdfFileWriter], None]) -> bytes:
    """The document with something changed, written anew as one revision."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    return out.getvalue()


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

    return rewritten(pdf, change)


def syntax(text: bytes) -> generic.PdfObject:
    """Read a piece of PDF syntax."""
    found = generic.read_object(io.BytesIO(text + b" "), generic.TrailerReference(None))  # type: ignore[no-untyped-call]
    assert isinstance(found, generic.PdfObject)
    return found
