"""The registry as a witness of its followers: what each told last of how far it is, durably.

A follower that comes back behind what it told was restored from a backup, or lost its file: the registry remembers what
the follower forgot. `Told` is what a follower says with every word on its position; the registry keeps the last one and
refuses one that goes back within the same life. A new life begins by two persons' word at the follower alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import UpTo

__all__ = ["NO_RANGES", "RANGES", "Told", "check_can_be", "free_range"]

RANGES: Final = 10
"""Ranges of issuance numbers of a ward, over all its servers and all time: the first digit of the serial."""
NO_RANGES: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a follower is.

    Attributes:
        life: of its store: the moment at which it began, or was said to be restored; Unix milliseconds.
        number: the newest entry of the feed that it applied.
        newest: its hash; empty where nothing was applied.
        entries: of its audit log.
        log_hash: the root over these (RFC 6962); empty where there is none.
        ranges: of issuance numbers that it used in any life, one bit each.
    """

    life: Annotated[int, UpTo(2**53)]
    number: Annotated[int, UpTo(2**53)]
    newest: Annotated[bytes, UpTo(32)]
    entries: Annotated[int, UpTo(2**53)]
    log_hash: Annotated[bytes, UpTo(32)]
    ranges: Annotated[int, UpTo(2**RANGES - 1)]


def check_can_be(told: Told, before: Told | None, written: bytes | None) -> None:
    """Refuse what a follower cannot be at.

    Args:
        told: what it tells.
        before: what it told before.
        written: the hash of the entry that the registry has under that number, None where it has none.

    Raises:
        Refused: `REGISTRY_BEHIND`: it applied what the registry never wrote; `FEED_FORKED`: it applied another entry of
            that number; `WARD_RESTORED`: it forgot something.
    """
    if told.number and written is None:
        raise Refused(Code.REGISTRY_BEHIND, f"{told.number} applied, the feed does not go that far")
    if told.number and told.newest != written:
        raise Refused(Code.FEED_FORKED, f"another entry {told.number} was applied")
    if before is None or told.life > before.life:
        return
    if told.life < before.life:
        raise Refused(Code.WARD_RESTORED, "an earlier life of its store")
    if told.number < before.number or told.entries < before.entries:
        raise Refused(Code.WARD_RESTORED, f"it told {before.number} and {before.entries} entries before")


def free_range(allowed: tuple[int, ...], used: int) -> int:
    """Give the first range that nobody used.

    Raises:
        Refused: `RANGE_CLOSED`: there is none left.
    """
    for one in allowed:
        if not used >> one & 1:
            return one
    raise Refused(Code.RANGE_CLOSED, "every range of numbers that this server may use is used")
