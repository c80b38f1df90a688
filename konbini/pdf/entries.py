"""Dictionaries and streams of a finished document, taken only where they have exactly the entries of our own hand.

Whatever is beside them refuses by `PAGE_MISMATCH`, which names the place and never what stands there.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from pyhanko.pdf_utils import generic

from konbini.protocol.errors import Code, Refused

__all__ = ["STREAM", "check_values", "mismatch", "take_content", "take_dictionary"]

STREAM: Final = frozenset(("/Length", "/Filter"))
_MOST_BYTES: Final = 4 << 20  # a stream, decoded


def mismatch(where: str) -> Refused:
    """Return the refusal of what is not as the form is made."""
    return Refused(Code.PAGE_MISMATCH, where)


def take_dictionary(holder: generic.PdfObject, keys: frozenset[str], where: str) -> generic.DictionaryObject:
    """Return a dictionary that has these keys, all of them and no other.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if not isinstance(holder, generic.DictionaryObject) or frozenset(holder.keys()) != keys:
        raise mismatch(f"{where}: other entries than the form's")
    return holder


def check_values(holder: generic.DictionaryObject, values: Mapping[str, object], where: str) -> None:
    """Compare entries by their names, which stand here without their slash.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    for name, value in values.items():
        if holder[f"/{name}"] != value:
            raise mismatch(f"{where}: another {name}")


def take_content(stream: generic.PdfObject, where: str) -> bytes:
    """Decode a stream: one deflated whole, of bounded length.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if not isinstance(stream, generic.StreamObject) or stream["/Filter"] != "/FlateDecode":
        raise mismatch(f"{where}: not a deflated stream")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream.encoded_data, _MOST_BYTES)
    except zlib.error as error:
        raise mismatch(f"{where}: a damaged stream") from error
    if not inflater.eof or inflater.unused_data.strip():
        raise mismatch(f"{where}: a stream cut short, too long, or with something behind it")
    return content
