"""What can be wrong with a log, each under its own word, and how two sequences of leaves differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["Difference", "Finding", "Flaw", "difference"]


@unique
class Flaw(Enum):
    """The word under which something is reported."""

    MALFORMED = "malformed"
    """A file is missing, or is none of its kind."""
    SIGNATURE = "signature"
    """The log's own signature is missing or does not hold."""
    COSIGNATURE = "co-signature"
    """A co-signature does not hold, or there are fewer than the policy asks for."""
    TIME_STAMP = "time-stamp"
    """A time-stamp is of other bytes or of nobody who was pinned, or there is none though somebody was."""
    CHANGED = "changed"
    """A leaf is another than the one that was signed."""
    REMOVED = "removed"
    """Leaves that were signed are missing in the middle."""
    INSERTED = "inserted"
    """Leaves that were not signed stand in the middle."""
    REORDERED = "reordered"
    """The signed leaves stand in another order."""
    TRUNCATED = "truncated"
    """Leaves that were signed are missing at the end."""
    ROLLED_BACK = "rolled back"
    """A checkpoint of before has more leaves than the newest."""
    SPLIT_VIEW = "split view"
    """Two signed checkpoints of which one does not begin the other."""
    NOT_INCLUDED = "not included"
    """An entry is not the one that the log has at its place, or nothing is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: in which log, under which word, and where."""

    log: str
    flaw: Flaw
    detail: str

    def __str__(self) -> str:
        return f"{self.log}: {self.flaw.value}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Difference:
    """How a sequence differs first from the one that it should be, and where."""

    flaw: Flaw
    position: int


def difference(right: Sequence[bytes], found: Sequence[bytes]) -> Difference | None:
    """Say how a sequence of leaves differs from the right one; None where it does not.

    Leaves are all unlike, as salted commitments are.
    """
    same = next(
        (place for place, (one, other) in enumerate(zip(right, found, strict=False)) if one != other),
        min(len(right), len(found)),
    )
    rest, there = right[same:], found[same:]
    return Difference(_how(rest, there), same) if rest or there else None


def _how(rest: Sequence[bytes], there: Sequence[bytes]) -> Flaw:
    """Say how what follows differs from what should follow; their first leaves are unlike, or one has none."""
    if not there:
        return Flaw.TRUNCATED
    if rest and Counter(rest) == Counter(there):
        return Flaw.REORDERED
    if not rest or _goes_on(rest, there):
        return Flaw.INSERTED
    return Flaw.REMOVED if _goes_on(there, rest) else Flaw.CHANGED


def _goes_on(short: Sequence[bytes], long: Sequence[bytes]) -> bool:
    """Say whether one sequence stands in another a few places on."""
    later = next((place for place, one in enumerate(long) if one == short[0]), None)
    return later is not None and list(long[later : later + len(short)]) == list(short[: len(long) - later])
