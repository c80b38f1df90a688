"""The axes that a system grows along, and what was measured at their sizes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["AXES", "CENTER", "QUICK", "WARD", "Axis", "Grown", "Sized"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    Attributes:
        name: what grows.
        where: whose cost is counted: the ward's `issuing`, or the center.
        sizes: the smallest first.
    """

    name: str
    where: str
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """One size: CPU milliseconds of an issue, round by round."""

    size: int
    cpu_ms: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One axis as it was measured, the smallest size first."""

    axis: Axis
    sizes: Sequence[Sized]


WARD, CENTER = "ward", "center"
AXES: Final = (
    Axis(name="residents", where=WARD, sizes=(10_000, 50_000, 250_000)),
    Axis(name="entries of the audit log", where=WARD, sizes=(0, 50_000, 500_000)),
    Axis(name="days of history", where=WARD, sizes=(0, 60, 365)),
    Axis(name="kiosks", where=CENTER, sizes=(100, 5_000, 56_000)),
    Axis(name="wards", where=CENTER, sizes=(1, 100, 1_300)),
)
QUICK: Final = (
    Axis(name="residents", where=WARD, sizes=(1_000, 4_000, 16_000)),
    Axis(name="entries of the audit log", where=WARD, sizes=(0, 5_000, 50_000)),
    Axis(name="days of history", where=WARD, sizes=(0, 20, 60)),
    Axis(name="kiosks", where=CENTER, sizes=(100, 2_000, 20_000)),
    Axis(name="wards", where=CENTER, sizes=(1, 100, 1_300)),
)
