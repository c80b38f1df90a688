"""Dictionaries and streams of a finished document, taken only where they have exactly the entries of our own hand.

Whatever is beside them refuses by `PAGE_MISMATCH`, which names the place and never what stands there.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from konbini.pdf.file_structure import Dictionary, Stream, Value
from konbini.protocol.errors import Code, Refused

__all__ = ["STREAM", "check_values", "mismatch", "take_content", "take_dictionary", "take_list", "take_stream"]

STREAM: Final = frozenset(("/Length", "/Filter"))
_MOST_BYTES: Final = 4 << 20  # a stream, decoded


def mismatch(where: str) -> Refused:
    """Return the refusal of what is not as the form is made."""
    return Refused(Code.PAGE_MISMATCH, where)


def take_dictionary(holder: Value, keys: frozenset[str], where: str) -> Dictionary:
    """Return a dictionary that has these keys, all of them and no other.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if not isinstance(holder, dict) or holder.keys() != keys:
        raise mismatch(f"{where}: other entries than the form's")
    return holder


def take_stream(holder: Value, keys: frozenset[str], where: str) -> Stream:
    """Return a stream whose dictionary has these keys, all of them and no other.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if not isinstance(holder, Stream):
        raise mismatch(f"{where}: not a stream")
    take_dictionary(holder.entries, keys, where)
    return holder


def take_list(holder: Value, where: str) -> list[Value]:
    """Return an array.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if not isinstance(holder, list):
        raise mismatch(f"{where}: not an array")
    return holder


def check_values(holder: Dictionary, values: Mapping[str, object], where: str) -> None:
    """Compare entries by their names, which stand here without their slash; a boolean is no number.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    for name, value in values.items():
        found = holder[f"/{name}"]
        if type(found) is not type(value) or found != value:
            raise mismatch(f"{where}: another {name}")


def take_content(stream: Stream, where: str) -> bytes:
    """Decode a stream: one deflated whole, of bounded length, and nothing behind it.

    Raises:
        Refused: `PAGE_MISMATCH`.
    """
    if stream.entries["/Filter"] != "/FlateDecode":
        raise mismatch(f"{where}: not a deflated stream")
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream.data, _MOST_BYTES)
    except zlib.error as error:
        raise mismatch(f"{where}: a damaged stream") from error
    if not inflater.eof or inflater.unused_data:
        raise mismatch(f"{where}: a stream cut short, too long, or with something behind it")
    return content
