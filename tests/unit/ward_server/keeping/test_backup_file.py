"""A sealed file opens whole or not at all: cut, changed, reordered or sealed to somebody else, each is told apart."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.keeping.backup_file import SealedReader, SealedWriter

KEY = OpeningKey.generate()
FRAME = 64 * 1024 + 16
START = 17 + 4 + len(b"header") + 4096 + 1136


def sealed(content: bytes, header: bytes = b"header") -> bytes:
    """Seal content."""
    file = io.BytesIO()
    writer = SealedWriter(file, header, KEY.sealing, SeededEntropy(1))
    for begin in range(0, len(content), 50_000):
        writer.write(content[begin : begin + 50_000])
    writer.close()
    return file.getvalue()


def opened(data: bytes, key: OpeningKey = KEY) -> bytes:
    """Open a file whole."""
    return b"".join(SealedReader(io.BytesIO(data)).open(key))


def refusal(data: bytes, key: OpeningKey = KEY) -> Code:
    """Give the code with which a file is refused."""
    with pytest.raises(Refused) as refused:
        opened(data, key)
    return refused.value.code


LONG = bytes(range(256)) * 800
SEALED = sealed(LONG)


@pytest.mark.parametrize("size", [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 2 * 64 * 1024, 200_000])
def test_what_was_sealed_opens(size: int) -> None:
    """At the edges of frames too."""
    content = bytes(size)
    assert opened(sealed(content)) == content


@given(st.integers(0, len(SEALED) - 1), st.integers(0, 7))
def test_a_bit_that_was_changed_is_found(place: int, bit: int) -> None:
    """Wherever it is: in the header, the file key, a frame, or the end mark."""
    changed = bytearray(SEALED)
    changed[place] ^= 1 << bit
    code = refusal(bytes(changed))
    if place >= START + 8 and place < len(SEALED) - 8:
        assert code is Code.BACKUP_DAMAGED
    else:
        assert code in {Code.BACKUP_NOT_OPENED, Code.BACKUP_TRUNCATED, Code.BACKUP_DAMAGED}


@given(st.integers(0, len(SEALED) - 1))
def test_a_file_that_was_cut_is_found(length: int) -> None:
    """Wherever it ends."""
    code = refusal(SEALED[:length])
    assert code is (Code.BACKUP_NOT_OPENED if length < 17 else Code.BACKUP_TRUNCATED)


def test_frames_neither_go_missing_nor_change_places() -> None:
    """A whole frame left out, at the end or in the middle, with the end mark put back; two that changed places."""
    first, second = SEALED[START : START + FRAME], SEALED[START + FRAME : START + 2 * FRAME]
    end = SEALED[-8:]
    assert refusal(SEALED[: START + 2 * FRAME] + end) is Code.BACKUP_TRUNCATED
    assert refusal(SEALED[:START] + second + SEALED[START + 2 * FRAME :]) is Code.BACKUP_DAMAGED
    assert refusal(SEALED[:START] + second + first + SEALED[START + 2 * FRAME :]) is Code.BACKUP_DAMAGED
    assert refusal(SEALED[:-8] + bytes(16) + end) is Code.BACKUP_DAMAGED


def test_another_key_and_another_header_open_nothing() -> None:
    """The header is bound into the seal of the file key."""
    assert refusal(SEALED, OpeningKey.generate()) is Code.BACKUP_NOT_OPENED
    assert refusal(SEALED.replace(b"header", b"HEADER", 1)) is Code.BACKUP_NOT_OPENED
    assert refusal(b"PK\x03\x04 something else") is Code.BACKUP_NOT_OPENED
