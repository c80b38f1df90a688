"""Checks one published log: signatures, co-signatures, the whole tree, and that it goes on from what was seen before.

1. the checkpoint is the log's and has its quorum; 2. tiles and bundles are one sequence of leaves, and its root is the
one that was signed; 3. the tiles above are that tree's; 4. each checkpoint that was published or seen before begins it,
those that were time-stamped among them; 5. each time-stamp is over its checkpoint, under an authority that is pinned.

What is found is named (`Flaw`). Where tiles and bundles differ, the one whose root was signed is the right one; where
neither is, a copy of before says what was changed, and without one nobody can say more than that something was.
Limit: all leaves' hashes are in memory at once, 32 bytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import leaf_hash, root_by_path, root_of
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.commitments import commit_to
from konbini.protocol.tlog.notes import Note, NoteKey
from konbini.protocol.tlog.tiles import TILE, TileTree
from konbini.time_stamps.judging import judged_at
from konbini.verifier.logs.files import LogFiles
from konbini.verifier.logs.findings import Finding, Flaw, difference
from konbini.verifier.logs.policy import Policy

__all__ = ["CheckedLog", "check_log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLog:
    """What was found of a log.

    Attributes:
        checkpoint: the newest; None where none could be read.
        cosigned: who co-signed it, with the time (Unix seconds).
        tree: the tree that was signed; None where nobody can say what it is.
        stamped: the largest checkpoint whose time-stamp holds: how many leaves, and when (Unix seconds).
        findings: what is wrong.
    """

    name: str
    checkpoint: Checkpoint | None
    cosigned: Mapping[NoteKey, int]
    tree: TileTree | None
    findings: tuple[Finding, ...]
    stamped: tuple[int, int] | None = None

    def includes(self, position: int, salt: bytes, entry: bytes) -> Finding | None:
        """Hold that the signed tree has an entry at its place, by the path from there to the signed root."""
        if self.checkpoint is None or self.tree is None:
            return self._missing(f"entry {position}: there is no tree to hold it against")
        leaf = leaf_hash(commit_to(salt, entry))
        try:
            root = root_by_path(leaf, position, self.tree.size, self.tree.path(position))
        except Refused as refused:
            return self._missing(f"entry {position}: {refused.detail}")
        return None if root == self.checkpoint.root else self._missing(f"entry {position} is another")

    def _missing(self, detail: str) -> Finding:
        return Finding(log=self.name, flaw=Flaw.NOT_INCLUDED, detail=detail)


def check_log(
    files: LogFiles,
    policy: Policy,
    before: LogFiles | None = None,
    seen: Iterable[Note] = (),
    authorities: Sequence[bytes] = (),
) -> CheckedLog:
    """Check a log.

    Args:
        files: as they lie there.
        policy: whose signatures count.
        before: the same log as it lay somewhere earlier; believed only as far as its own checkpoint is signed.
        seen: checkpoints of this log that somebody kept.
        authorities: DER: under whom time-stamps are believed; without any, none is judged and none is asked for.
    """
    return _Check(files, policy, before, tuple(seen), authorities).run()


class _Check:
    def __init__(
        self,
        files: LogFiles,
        policy: Policy,
        before: LogFiles | None,
        seen: tuple[Note, ...],
        authorities: Sequence[bytes],
    ) -> None:
        self._files = files
        self._policy = policy
        self._before = before
        self._seen = seen
        self._authorities = authorities
        self._name = files.name
        self._findings: list[Finding] = []

    def run(self) -> CheckedLog:
        """Go through the steps."""
        checkpoint, cosigned = self._signed()
        tree = None
        if checkpoint is not None:
            self._name = checkpoint.origin
            leaves = self._leaves(checkpoint)
            if leaves is not None:
                levels = _levels(leaves)
                self._above(levels)
                tree = TileTree(len(leaves), lambda level, number: levels[level][number * TILE : (number + 1) * TILE])
            self._begins(checkpoint, tree)
        stamped = self._time_stamps() if self._authorities else None
        return CheckedLog(
            name=self._name,
            checkpoint=checkpoint,
            cosigned=cosigned,
            tree=tree,
            findings=tuple(self._findings),
            stamped=stamped,
        )

    def _found(self, flaw: Flaw, detail: str) -> None:
        self._findings.append(Finding(log=self._name, flaw=flaw, detail=detail))

    def _signed(self) -> tuple[Checkpoint | None, Mapping[NoteKey, int]]:
        try:
            note = self._files.checkpoint()
            checkpoint = Checkpoint.of(note)
        except Refused as refused:
            self._found(Flaw.MALFORMED, refused.detail)
            return None, {}
        self._name = checkpoint.origin
        key = self._policy.logs.get(checkpoint.origin)
        try:
            if key is None:
                self._found(Flaw.SIGNATURE, "the policy knows no such log")
            else:
                note.require(key)
        except Refused as refused:
            self._found(Flaw.SIGNATURE, refused.detail)
        cosigned: Mapping[NoteKey, int] = {}
        try:
            cosigned = note.times(self._policy.witnesses.values())
        except Refused as refused:
            self._found(Flaw.COSIGNATURE, refused.detail)
        if not self._policy.enough(cosigned.keys()):
            self._found(Flaw.COSIGNATURE, f"{len(cosigned)} of the policy's witnesses co-signed, which is not enough")
        return checkpoint, cosigned

    def _leaves(self, checkpoint: Checkpoint) -> Sequence[bytes] | None:
        """Give the leaves of the signed tree, and report where tiles or bundles are not these."""
        tiles = self._read("tiles", self._files.leaves, checkpoint.size)
        bundles = self._read("entries", self._files.hashed, checkpoint.size)
        right = next((one for one in (tiles, bundles) if root_of(one) == checkpoint.root), None)
        if right is None:
            self._hold_against_before(tiles, bundles)
        else:
            self._differ(right, tiles, bundles)
        return right

    def _hold_against_before(self, tiles: Sequence[bytes], bundles: Sequence[bytes]) -> None:
        """Report, where neither is the signed tree, what a copy of before says of its beginning."""
        before = self._leaves_before()
        if before is None:
            self._found(Flaw.CHANGED, "neither tiles nor entries are the tree that the checkpoint signs")
        elif not self._differ(before, tiles[: len(before)], bundles[: len(before)]):
            self._found(Flaw.CHANGED, f"after {len(before)} entries, which are as they were")

    def _differ(self, right: Sequence[bytes], tiles: Sequence[bytes], bundles: Sequence[bytes]) -> bool:
        """Report where they are not the right leaves, and say whether either is not."""
        different = [(what, difference(right, leaves)) for what, leaves in (("tiles", tiles), ("entries", bundles))]
        for what, other in different:
            if other is not None:
                self._found(other.flaw, f"{what}, from {other.position} on")
        return any(other is not None for _what, other in different)

    def _read(self, what: str, read: Callable[[int], list[bytes]], size: int) -> list[bytes]:
        try:
            return read(size)
        except Refused as refused:
            self._found(Flaw.TRUNCATED, f"{what}: {refused.detail}")
            return []

    def _leaves_before(self) -> Sequence[bytes] | None:
        """Give the leaves of a copy of before, if they are what its checkpoint signs."""
        if self._before is None:
            return None
        try:
            note = self._before.checkpoint()
            checkpoint = Checkpoint.of(note)
            note.require(self._policy.logs[checkpoint.origin])
            leaves = self._before.leaves(checkpoint.size)
        except (Refused, KeyError):
            return None
        return leaves if root_of(leaves) == checkpoint.root else None

    def _above(self, levels: Sequence[Sequence[bytes]]) -> None:
        """Hold the tiles above the leaves."""
        for level, hashes in enumerate(levels[1:], 1):
            for number in range(-(-len(hashes) // TILE)):
                part = hashes[number * TILE : (number + 1) * TILE]
                try:
                    found = self._files.tile(level, number, len(part))
                except Refused as refused:
                    self._found(Flaw.TRUNCATED, f"tile {level}/{number}: {refused.detail}")
                    continue
                if found != part:
                    self._found(Flaw.CHANGED, f"tile {level}/{number}")

    def _begins(self, checkpoint: Checkpoint, tree: TileTree | None) -> None:
        """Hold that each signed checkpoint of before begins this tree."""
        for earlier in self._earlier(checkpoint.origin):
            if earlier.size > checkpoint.size:
                self._found(Flaw.ROLLED_BACK, f"{checkpoint.size} entries, and {earlier.size} were signed before")
            elif earlier.size == checkpoint.size and earlier.root != checkpoint.root:
                self._found(Flaw.SPLIT_VIEW, f"two roots of {earlier.size} entries")
            elif tree is not None and tree.root_at(earlier.size) != earlier.root:
                self._found(Flaw.SPLIT_VIEW, f"the checkpoint of {earlier.size} entries does not begin this tree")

    def _time_stamps(self) -> tuple[int, int] | None:
        """Judge the time-stamps, and give the size and the time of the largest that holds."""
        try:
            stamped = tuple(self._files.stamped())
        except Refused as refused:
            self._found(Flaw.TIME_STAMP, refused.detail)
            return None
        if not stamped:
            self._found(Flaw.TIME_STAMP, "no checkpoint has one")
        good: list[tuple[int, int]] = []
        for name, data, token in stamped:
            try:
                good.append((self._size_of(data), judged_at(token, data, self._authorities)))
            except Refused as refused:
                self._found(Flaw.TIME_STAMP, f"{name}: {refused.detail}")
        return max(good, default=None)

    def _size_of(self, data: bytes) -> int:
        """Give how many leaves a time-stamped checkpoint has.

        Raises:
            Refused: `MALFORMED`: it is none of this log.
        """
        stamped = Checkpoint.of(Note.from_bytes(data))
        if stamped.origin != self._name:
            raise Refused(Code.MALFORMED, f"a checkpoint of {stamped.origin}")
        return stamped.size

    def _earlier(self, origin: str) -> Iterator[Checkpoint]:
        """Give the checkpoints of before that this log signed; the signature of one that is none is reported."""
        for note in self._notes_before():
            try:
                found = Checkpoint.of(note)
                if found.origin == origin and origin in self._policy.logs:
                    note.require(self._policy.logs[origin])
                    yield found
            except Refused as refused:
                self._found(Flaw.SIGNATURE, f"a checkpoint of before: {refused.detail}")

    def _notes_before(self) -> Iterator[Note]:
        yield from self._seen
        try:
            yield from self._files.earlier()
            yield from (Note.from_bytes(data) for _name, data, _token in self._files.stamped())
            if self._before is not None:
                yield self._before.checkpoint()
        except Refused as refused:
            self._found(Flaw.MALFORMED, refused.detail)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Give the hashes of every eighth level, the leaves first; those above them are computed, never read."""
    levels = [list(leaves)]
    while len(below := levels[-1]) >= TILE:
        levels.append([root_of(below[place : place + TILE]) for place in range(0, len(below) - TILE + 1, TILE)])
    return levels
