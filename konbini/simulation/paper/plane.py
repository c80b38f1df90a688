"""The sheet as a plane of numbers: 1200 samples to the inch, fine enough for the dots of every engine here.

Owns the grid and the one blur that lens, laser spot and paper share. A plane's edges meet their opposite edges: what is
simulated is a piece of a pattern that goes on.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["GRID", "PER_MM", "Dots", "Plane", "blurred", "frequencies", "magnified"]

GRID: Final = 1200
"""Samples to the inch."""
PER_MM: Final = GRID / 25.4

Plane: TypeAlias = npt.NDArray[np.float64]
Dots: TypeAlias = npt.NDArray[np.bool_]
"""What an engine is told to mark, a sample a dot."""


def frequencies(shape: tuple[int, ...], per_unit: float) -> tuple[Plane, Plane]:
    """Return the frequencies of a real transform, down and across, in cycles of the unit.

    Args:
        shape: rows and columns of the plane.
        per_unit: samples in one unit of length.
    """
    down, across = np.fft.fftfreq(shape[0], 1 / per_unit), np.fft.rfftfreq(shape[1], 1 / per_unit)
    return down.astype(np.float64)[:, None], across.astype(np.float64)[None, :]


def blurred(plane: Plane, sigma: float, per_unit: float = PER_MM) -> Plane:
    """Blur with a bell of standard deviation `sigma`, in the unit that `per_unit` samples make up; mm if not said."""
    down, across = frequencies(plane.shape, per_unit)
    passed = np.exp(-2 * (np.pi * sigma) ** 2 * (down**2 + across**2))
    return np.fft.irfft2(np.fft.rfft2(plane) * passed, plane.shape)


def magnified(dots: npt.NDArray[np.generic], times: int) -> Dots:
    """Repeat each sample `times` in both directions."""
    return np.repeat(np.repeat(dots.astype(np.bool_), times, axis=0), times, axis=1)
