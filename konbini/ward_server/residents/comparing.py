"""The registry's side of a reconcile: its tree, its branches, its rows, to a follower that compares.

Invariants: the root is signed, with the question's nonce, and every branch and bucket that is given hashes up to it;
rows are given with the position of the feed at which they were read, in one moment.

Limits: the tree is built in chunks, so that no reader holds one moment of the file for minutes. What changes meanwhile
shows as a difference at first and not when the rows are compared at one position. Of a resident who was disposed of
nothing is held, here as at the followers. One tree is kept for each follower,
some 50 bytes for each resident, until its next question.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo, from_bytes, to_bytes
from konbini.ward_server.residents.held import HeldOf, HeldRow, held_bar, held_link, held_record, held_seal, leaf_of
from konbini.ward_server.residents.record import Presence, unchecked_record
from konbini.ward_server.residents.scribe import RecordPen
from konbini.ward_server.residents.seal import unchecked_seal
from konbini.ward_server.residents.store import RegistryReading, RegistryStore, StoredRecord
from konbini.ward_server.residents.tree import CHILDREN, DEPTH, Tree

__all__ = ["MOST_ROWS_OF", "Comparing", "HeldTree", "RowsOf", "root_of"]

MOST_ROWS_OF = 32
"""Residents in one question for rows."""
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTree:
    """The registry's signed word on what it holds: the root of its tree."""

    municipality: Line
    incarnation: Moment
    root: Digest
    nonce: Annotated[bytes, Sized(16)]

    def sign(self, key: SigningKey) -> bytes:
        """Sign with the registry's record key."""
        return key.sign(to_bytes(self), _context(self.municipality))

    @classmethod
    def open(cls, signed: bytes, key: VerifyingKey, municipality: str, nonce: bytes) -> HeldTree:
        """Check the signature and that it answers `nonce`.

        Raises:
            Refused: `FEED_NOT_SIGNED`.
        """
        try:
            held = from_bytes(cls, key.open(signed, _context(municipality)))
        except Refused as refused:
            raise Refused(Code.FEED_NOT_SIGNED, refused.detail) from refused
        if (held.municipality, held.nonce) != (municipality, nonce):
            raise Refused(Code.FEED_NOT_SIGNED, "a tree for another question")
        return held


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOf:
    """What the registry holds of some residents, and the newest entry of its feed at that moment."""

    number: Annotated[int, UpTo(2**53)]
    held: tuple[HeldOf, ...]


async def root_of(tree: Tree) -> bytes:
    """Hash a tree branch by branch: a large town's takes seconds, and others are served meanwhile."""
    for first in range(CHILDREN):
        tree.children(bytes([first]))
        await asyncio.sleep(0)
    return tree.root()


class Comparing:
    """Answers followers that compare."""

    def __init__(self, store: RegistryStore, pen: RecordPen) -> None:
        self._store = store
        self._pen = pen
        self._trees: dict[str, Tree] = {}

    async def tree(self, follower: str, nonce: bytes) -> bytes:
        """Build the tree of this moment for a follower, and give its signed root."""
        tree, after = Tree(), ""
        while chunk := await self._store.read(partial(self._chunk, after=after)):
            for resident, leaf in chunk:
                tree.add(resident, leaf)
            after = chunk[-1][0]
        self._trees[follower] = tree
        incarnation = await self._store.read(lambda reading: reading.incarnation())
        held = HeldTree(
            municipality=self._pen.municipality, incarnation=incarnation, root=await root_of(tree), nonce=nonce
        )
        return held.sign(self._pen.key)

    def children(self, follower: str, prefix: bytes) -> tuple[bytes, ...]:
        """Give the children of the root or of a branch.

        Raises:
            Refused: `MALFORMED`: not a place; no tree was built for this follower.
        """
        if len(prefix) >= DEPTH:
            raise Refused(Code.MALFORMED, "not the place of a branch")
        return self._tree(follower).children(prefix)

    def bucket(self, follower: str, place: bytes) -> tuple[tuple[str, bytes], ...]:
        """Give a bucket's residents with their leaves.

        Raises:
            Refused: `MALFORMED`: no tree was built for this follower.
        """
        return self._tree(follower).bucket(place)

    async def rows_of(self, residents: Sequence[str]) -> RowsOf:
        """Give the rows of some residents, of one moment."""
        wanted = residents[:MOST_ROWS_OF]
        return await self._store.read(
            lambda reading: RowsOf(
                number=reading.position().number,
                held=tuple(
                    HeldOf(resident=resident, rows=_rows_unless_disposed(reading, resident)) for resident in wanted
                ),
            )
        )

    def _tree(self, follower: str) -> Tree:
        tree = self._trees.get(follower)
        if tree is None:
            raise Refused(Code.MALFORMED, "no tree was asked for")
        return tree

    def _chunk(self, reading: RegistryReading, after: str) -> list[tuple[str, bytes]]:
        return [
            (stored.resident, leaf_of(_rows(reading, stored.resident, stored)))
            for stored in reading.records_after(after, _CHUNK)
        ]


def _rows_unless_disposed(reading: RegistryReading, resident: str) -> tuple[HeldRow, ...]:
    """Give what is held of a resident by name; a follower that holds more than nothing of a disposed one differs."""
    try:
        return _rows(reading, resident, reading.record(resident))
    except Refused as refused:
        if refused.code is not Code.RECORD_DISPOSED:
            raise
        return ()


def _rows(reading: RegistryReading, resident: str, stored: StoredRecord | None) -> tuple[HeldRow, ...]:
    """Give what is held of a resident, by the digests of what was signed; followers check the signatures."""
    rows = []
    if stored is not None:
        present = unchecked_record(stored.data).presence is Presence.PRESENT
        rows.append(held_record(stored.version, _digest(stored.data), stored.household, present=present))
    seal = reading.seal(resident)
    if seal is not None:
        rows.append(held_seal(seal.version, _digest(seal.data), in_force=unchecked_seal(seal.data).in_force))
    for link in reading.links(resident):
        ended = link.ended or link.withheld is not None
        rows.append(held_link(link.card, link.version, link.counts_from, link.valid_until, ended=ended))
    rows += [held_bar(one.kind, one.name, one.version, in_force=one.in_force) for one in reading.restrictions(resident)]
    return tuple(rows)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _context(municipality: str) -> Context:
    return Context(kind=MessageKind.HELD, sender=municipality, receiver=ANYONE)
