"""Logs as others hold them out: notes, keys, checkpoints, requests, policies, tiles, bundles."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from konbini.protocol.errors import Refused
from konbini.protocol.merkle import EMPTY_ROOT, leaf_hash, root_by_path
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.commitments import read_bundle, write_bundle
from konbini.protocol.tlog.notes import Note, NoteKey, NoteSigner, SignatureType, signature_lines
from konbini.protocol.tlog.tiles import TILE, TileTree
from konbini.verifier.logs.policy import read_policy
from tests.fuzz.keys import ed25519
from tests.fuzz.mutating import lines
from tests.fuzz.target import Target

__all__ = ["bundles", "notes", "policies", "tiles"]

_ORIGIN: Final = "konbini/131997/issuing"
_LOG = NoteSigner(_ORIGIN, SignatureType.ED25519, ed25519("log"))
_WITNESS = NoteSigner("konbini/center/witness", SignatureType.COSIGNATURE, ed25519("witness"))
_WORDS: Final = (
    "— ".encode(),
    b"\n\n",
    b"old ",
    str(_LOG.key.key_id).encode(),
    b"+",
    b"cosignature/v1",
    b"all",
    b"any",
)
_HASH: Final = 32


def _note(size: int) -> Note:
    root = EMPTY_ROOT if not size else bytes(range(_HASH))
    text = Checkpoint(origin=_ORIGIN, size=size, root=root).text
    return Note(text=text, signatures=(_LOG.sign(text), _WITNESS.sign(text, 1_795_000_000)))


def notes() -> Target:
    """A note, a request and a key as they come, and a text of anything, rightly signed."""

    def whole(data: bytes) -> None:
        note = Note.from_bytes(data)
        if note.to_bytes() != data:
            raise AssertionError("a note is written otherwise than it was read")
        note.times((_LOG.key, _WITNESS.key))
        Checkpoint.of(note)

    def right(data: bytes) -> None:
        text = data.decode("utf-8", "ignore")
        note = Note.from_bytes(Note(text=text, signatures=(_LOG.sign(text),)).to_bytes())
        note.require(_LOG.key)
        Checkpoint.of(note)

    def request(data: bytes) -> None:
        if (read := CheckpointRequest.from_bytes(data)).to_bytes() != data:
            raise AssertionError(f"a request of {read.old_size} is written otherwise than it was read")

    def key(data: bytes) -> None:
        text = data.decode("utf-8", "ignore")
        if str(NoteKey.parse(text)) != text:
            raise AssertionError("a key of two writings")

    def signatures(data: bytes) -> None:
        signature_lines(data.decode("utf-8", "ignore"))

    return Target(run=_each(whole, right, request, key, signatures), seeds=_notes, mutate=lines, words=_WORDS)


def _notes() -> Iterator[bytes]:
    yield _note(0).to_bytes()
    yield _note(20_852_163).to_bytes()
    yield CheckpointRequest(old_size=7, proof=(bytes(_HASH), bytes(_HASH)), note=_note(9)).to_bytes()
    yield str(_LOG.key).encode()
    yield str(_WITNESS.key).encode()
    yield f"{_ORIGIN}\n7\n{base64.b64encode(bytes(_HASH)).decode()}\n".encode()


def _each(*ways: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        for way in ways:
            try:
                way(data)
            except Refused:
                continue

    return run


def policies() -> Target:
    """A policy, and what it makes of witnesses."""

    def run(data: bytes) -> None:
        try:
            policy = read_policy(data.decode("utf-8", "replace"))
        except Refused:
            return
        policy.enough(())
        policy.enough(frozenset(policy.witnesses.values()))

    def seeds() -> Iterator[bytes]:
        yield f"log {_LOG.key}\nwitness center {_WITNESS.key}\ngroup both all center\nquorum both\n".encode()
        yield b"# a comment\nquorum none\n"

    return Target(run=run, seeds=seeds, mutate=lines, words=_WORDS)


def bundles() -> Target:
    """A bundle of leaves."""

    def run(data: bytes) -> None:
        try:
            leaves = read_bundle(data)
        except Refused:
            return
        if write_bundle(leaves) != data:
            raise AssertionError("a bundle is written otherwise than it was read")

    def seeds() -> Iterator[bytes]:
        yield write_bundle([bytes(_HASH)] * 3)
        yield write_bundle([])

    return Target(run=run, seeds=seeds)


def tiles() -> Target:
    """A tree over tiles that somebody else keeps: a size of anything, tiles cut anywhere, a proof of anything."""

    def run(data: bytes) -> None:
        size, index, content = int.from_bytes(data[:7]), int.from_bytes(data[7:14]), data[14:]
        hashes = [content[place : place + _HASH].ljust(_HASH, b"\0") for place in range(0, len(content), _HASH)]

        def tile(level: int, number: int) -> Sequence[bytes]:
            width = min(TILE, max(size - number * TILE, 0)) if level or number else len(hashes)
            return (hashes * (width // max(len(hashes), 1) + 1))[:width]

        tree = TileTree(size, tile)
        for ask in (
            lambda: tree.root,
            lambda: tree.path(index),
            lambda: tree.consistency(index),
            lambda: root_by_path(leaf_hash(content), index, size, tuple(hashes[:70])),
        ):
            try:
                ask()
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        yield (3).to_bytes(7) + (1).to_bytes(7) + bytes(3 * _HASH)
        yield (2**53).to_bytes(7) + (2**52).to_bytes(7) + bytes(2 * _HASH)

    return Target(run=run, seeds=seeds)
