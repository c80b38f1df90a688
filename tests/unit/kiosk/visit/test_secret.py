"""The memory of one document: what it holds, that it is wiped, and what it refuses."""

from __future__ import annotations

import hashlib

import pytest

from konbini.kiosk.visit.secret import SecretMemory
from konbini.protocol.errors import Code, Refused


def test_a_document_is_read_where_it_lies() -> None:
    """The view is the document, by value, by hash and in part."""
    memory, document = SecretMemory.map(4096), b"%PDF-1.7 " + bytes(range(256))
    memory.hold(document)
    assert bytes(memory.view) == document
    assert hashlib.sha256(memory.view).digest() == hashlib.sha256(document).digest()


def test_the_next_document_leaves_nothing_of_the_last() -> None:
    """A shorter one follows a longer one: the rest is zeros, also in a view that somebody kept."""
    memory = SecretMemory.map(4096)
    memory.hold(b"x" * 4096)
    kept = memory.view
    memory.hold(b"short")
    assert bytes(memory.view) == b"short"
    assert bytes(kept) == b"short" + bytes(4091)


def test_wiping_leaves_zeros() -> None:
    """A view that somebody still has reads zeros, and a new one is empty."""
    memory = SecretMemory.map(4096)
    memory.hold(b"x" * 100)
    kept = memory.view
    memory.wipe()
    assert bytes(kept) == bytes(100)
    assert bytes(memory.view) == b""


def test_a_document_that_does_not_fit_is_refused() -> None:
    """What is held stays."""
    memory = SecretMemory.map(4096)
    memory.hold(b"held")
    with pytest.raises(Refused) as refused:
        memory.hold(bytes(4097))
    assert refused.value.code is Code.OVERSIZE
    assert bytes(memory.view) == b"held"
