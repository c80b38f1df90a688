"""Backups: the sealed file as it comes, and a content of anything, rightly sealed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress

from konbini.protocol.codec import encode
from konbini.protocol.errors import Refused
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.keeping.backing_up import MANIFEST
from konbini.ward_server.keeping.backup_file import SealedReader, SealedWriter
from konbini.ward_server.keeping.manifest import Manifest, read_header
from konbini.ward_server.keeping.restoring import _Items
from tests.fuzz.keys import opening_key
from tests.fuzz.messages import example
from tests.fuzz.target import Target

__all__ = ["backups"]

_TABLES, _WIDTH = 4, 3


def backups() -> Target:
    """By the first byte: a whole file; the content of one; the header of one."""
    key = opening_key("backup")
    genuine = _sealed(key, b"content")

    def file(data: bytes) -> bytes:
        if data[:1] == b"\1":
            return _sealed(key, data[1:])
        if data[:1] == b"\2":
            return _sealed(key, b"content", data[1:])
        return bytes(a ^ b for a, b in zip(genuine, data[1:].ljust(len(genuine), b"\0"), strict=False)) + data[5300:]

    def run(data: bytes) -> None:
        with suppress(Refused):
            _read(key, file(data))
        with suppress(Refused):
            read_header(data[1:])

    return Target(run=run, seeds=_backups, most=6000)


def _sealed(key: OpeningKey, content: bytes, header: bytes = b"header") -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, header, key.sealing, SeededEntropy(1))
    writer.write(content)
    writer.close()
    return file.getvalue()


def _read(key: OpeningKey, file: bytes) -> object:
    items = _Items(SealedReader(io.BytesIO(file)).open(key))
    for place in range(_TABLES):
        if any(len(row) != _WIDTH for row in items.rows_of(place, _WIDTH)):
            raise AssertionError("a row of another shape")
    return items.manifest()


def _backups() -> Iterator[bytes]:
    row = encode([1, "text", b"bytes"])
    yield b"\1" + _item(0, row) + _item(0, row) + _item(2, row) + _item(MANIFEST, example(Manifest))
    yield b"\0"
    yield b"\2header"


def _item(place: int, content: bytes) -> bytes:
    return bytes((place,)) + len(content).to_bytes(4) + content
