"""How often a dishonest center does what to a message that passes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace

__all__ = ["Dishonest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dishonest:
    """Chances for each message: kept, handed on twice, later than others, changed, another's in its place.

    False where it does nothing. The fields are named as the kinds of trouble that they make.
    """

    lost: float = 0.0
    repeated: float = 0.0
    reordered: float = 0.0
    altered: float = 0.0
    misdirected: float = 0.0

    def __bool__(self) -> bool:
        """Whether it does anything."""
        return any(getattr(self, one.name) for one in fields(self))

    def without(self, kinds: AbstractSet[str]) -> Dishonest:
        """Give the same without some kinds."""
        return replace(self, **{one.name: 0.0 for one in fields(self) if one.name in kinds})
