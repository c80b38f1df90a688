"""Who has what in a list of any length: what stands twice, and households that do not fit together.

Each row claims what nobody else may have (its resident number, its cards, ...) and its place in a household. A claim is
a keyed hash with the row's place in the list; the key lives as long as the import. Claims are spread over partitions by
their hash, kept in one unnamed file, and judged a partition at a time, so that memory does not grow with the list:
about 100 bytes a row are on disk, a few MB are in memory.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, unique
from pathlib import Path
from typing import Self

__all__ = ["ClaimKind", "Claimant", "Claims", "Conflict", "Standing"]

_HASH_BYTES = 16
_HEAD_BYTES = 8
_PARTITIONS = 64
_MOST_WAITING = 4 << 20
_CLAIM = struct.Struct(">16sBIHB8s")


@unique
class ClaimKind(IntEnum):
    """What is claimed."""

    RESIDENT = 1
    """宛名番号."""
    RESIDENT_CODE = 2
    """住民票コード."""
    INDIVIDUAL_NUMBER = 3
    """個人番号."""
    CARD = 4
    """コンビニ交付シリアル番号."""
    SEAL_NUMBER = 5
    """印鑑登録番号."""
    HOUSEHOLD = 9
    """A place in a household: not for one row alone."""


@unique
class Standing(IntEnum):
    """How a row stands in its household."""

    MEMBER = 0
    HEAD = 1
    UNREAD = 2
    """The row is bad, and nothing is said of its household."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What is wrong at a row's place (counted from 1), in words that name no one; `first` is the row it meets."""

    place: int
    reason: str
    kind: ClaimKind
    first: int


class Claimant:
    """Writes claims under a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._begun = {
            kind: hashlib.blake2b(key=key, digest_size=_HASH_BYTES, person=bytes([kind])) for kind in ClaimKind
        }
        self._begun_head = hashlib.blake2b(key=key, digest_size=_HEAD_BYTES)

    def __repr__(self) -> str:
        return "Claimant(...)"

    def only(self, kind: ClaimKind, what: bytes, place: int) -> bytes:
        """Claim something for one row alone."""
        return _CLAIM.pack(self._hash(kind, what), kind, place, 0, 0, b"")

    def member(self, household: str, place: int, *, order: int, standing: Standing, head: str) -> bytes:
        """Claim a place in a household whose head has a name."""
        named = self._begun_head.copy()
        named.update(head.encode(errors="replace"))
        whose = self._hash(ClaimKind.HOUSEHOLD, household.encode(errors="replace"))
        return _CLAIM.pack(whose, ClaimKind.HOUSEHOLD, place, order, standing, named.digest())

    def _hash(self, kind: ClaimKind, what: bytes) -> bytes:
        hashing = self._begun[kind].copy()
        hashing.update(what)
        return hashing.digest()


class Claims:
    """The claims of a whole list; closed, nothing of them is left.

    Args:
        folder: where the unnamed file is.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._waiting = [bytearray() for _ in range(_PARTITIONS)]
        self._waiting_bytes = 0
        self._written: list[list[tuple[int, int]]] = [[] for _ in range(_PARTITIONS)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, claims: bytes | bytearray) -> None:
        """Add claims, one after another."""
        waiting, size = self._waiting, _CLAIM.size
        for at in range(0, len(claims), size):
            waiting[claims[at] % _PARTITIONS] += claims[at : at + size]
        self._waiting_bytes += len(claims)
        if self._waiting_bytes > _MOST_WAITING:
            self._spill()

    def conflicts(self) -> Iterator[Conflict]:
        """Give what is wrong, a partition at a time: all but the first of what stands twice, households' faults."""
        for same in self._groups():
            yield from _household(same) if same[0][1] == ClaimKind.HOUSEHOLD else _repeated(same)

    def left_with(self, bad: Callable[[int], bool]) -> Iterator[Conflict]:
        """Give the rows of each household that has a bad row, but for the bad ones."""
        for same in self._groups():
            first = next((claim[2] for claim in same if bad(claim[2])), None)
            if same[0][1] != ClaimKind.HOUSEHOLD or first is None:
                continue
            for claim in same:
                if not bad(claim[2]):
                    yield _of_household(claim[2], f"of the household of row {first}, which is not taken over", first)

    def _groups(self) -> Iterator[list[_Claim]]:
        """Give the claims of one thing together, a partition at a time."""
        self._spill()
        for runs in self._written:
            claims = sorted(self._read(runs))
            for _, group in itertools.groupby(map(_CLAIM.unpack, claims), key=lambda claim: claim[:2]):
                yield list(group)

    def _spill(self) -> None:
        for partition, waiting in enumerate(self._waiting):
            if waiting:
                self._written[partition].append((self._file.tell(), len(waiting)))
                self._file.write(waiting)
                waiting.clear()
        self._waiting_bytes = 0

    def _read(self, runs: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        for begin, length in runs:
            self._file.seek(begin)
            run = self._file.read(length)
            yield from (run[at : at + _CLAIM.size] for at in range(0, length, _CLAIM.size))


_Claim = tuple[bytes, int, int, int, int, bytes]


def _repeated(same: Sequence[_Claim]) -> Iterator[Conflict]:
    first = same[0][2]
    for claim in same[1:]:
        what = ClaimKind(claim[1]).name.lower().replace("_", " ")
        yield Conflict(place=claim[2], reason=f"the {what} of row {first} again", kind=ClaimKind(claim[1]), first=first)


def _household(members: Sequence[_Claim]) -> Iterator[Conflict]:
    if any(claim[4] == Standing.UNREAD for claim in members):
        return
    heads = [claim for claim in members if claim[4] == Standing.HEAD]
    if not heads:
        yield _of_household(members[0][2], "a household without a head", members[0][2])
        return
    first = heads[0]
    for head in heads[1:]:
        yield _of_household(head[2], f"a second head of the household of row {first[2]}", first[2])
    orders: dict[int, int] = {}
    for _, _, place, order, _, named in members:
        if order in orders:
            yield _of_household(place, f"the order in the household that row {orders[order]} has", orders[order])
        elif named != first[5]:
            yield _of_household(place, f"another head's name than in row {first[2]} of the household", first[2])
        orders.setdefault(order, place)


def _of_household(place: int, reason: str, first: int) -> Conflict:
    return Conflict(place=place, reason=reason, kind=ClaimKind.HOUSEHOLD, first=first)
