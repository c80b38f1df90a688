"""A stored stream is what the library stores, and inflates to what went in."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.stored import stored


@given(st.binary(max_size=4096))
def test_it_is_what_the_library_stores(content: bytes) -> None:
    """Byte for byte, where one block holds it."""
    assert stored(content) == zlib.compress(content, 0)


@pytest.mark.parametrize("length", [65534, 65535, 65536, 131070, 131071, 300000])
def test_long_content_is_stored_in_blocks(length: int) -> None:
    """Whole, and with nothing behind it."""
    content = random.Random(length).randbytes(length)  # noqa: S311 - any bytes
    inflating = zlib.decompressobj()
    assert inflating.decompress(stored(content)) == content
    assert inflating.eof
    assert inflating.unused_data == b""
