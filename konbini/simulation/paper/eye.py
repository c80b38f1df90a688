"""An eye at arm's length: how far a word's tone stands out from its ground, in just noticeable differences.

The contrast sensitivity is that of Watson and Ahumada, A standard model for foveal detection of spatial contrast
(Journal of Vision 5(9), 2005): two hyperbolic secants and the loss on oblique directions, with the parameters fitted to
the ModelFest observers. It is absolute: after the filter a contrast of 1 is at the threshold of seeing.

Limits: a word is judged by the mean of its strokes against the mean of its ground. That the two screens differ in
grain is not judged by it; the grain is reported beside it (`grain`), and a patient reader at arm's length can see it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from konbini.simulation.paper.plane import PER_MM, Dots, Plane, frequencies

__all__ = ["ARMS_LENGTH", "grain", "reflectance_contrast", "seen", "visibility"]

ARMS_LENGTH: Final = 600.0
"""mm"""
_GAIN, _HIGH, _LOW, _WEIGHT, _POWER = 373.08, 4.1726, 1.3625, 0.8493, 0.7786
_OBLIQUE_FROM, _OBLIQUE_FALL = 3.48, 13.57  # cycles in a degree


def seen(sheet: Plane, distance: float = ARMS_LENGTH) -> Plane:
    """Return the sheet's contrast as the eye's filter passes it, in thresholds.

    Args:
        sheet: reflectance.
        distance: from the eye, in mm.
    """
    contrast = sheet / sheet.mean() - 1
    down, across = frequencies(sheet.shape, PER_MM / np.degrees(np.arctan(1 / distance)))
    return np.fft.irfft2(np.fft.rfft2(contrast) * _sensitivity(down, across), sheet.shape)


def _sensitivity(down: Plane, across: Plane) -> Plane:
    cycles = np.hypot(down, across)
    radial = _GAIN * (_sech((cycles / _HIGH) ** _POWER) - _WEIGHT * _sech(cycles / _LOW))
    fall = 1 - np.exp(-np.maximum(cycles - _OBLIQUE_FROM, 0) / _OBLIQUE_FALL)
    oblique: Plane = radial * (1 - fall * np.sin(2 * np.arctan2(down, across)) ** 2)
    return oblique


def _sech(values: Plane) -> Plane:
    return 1 / np.cosh(np.minimum(values, 300.0))


def visibility(sheet: Plane, strokes: Dots, distance: float = ARMS_LENGTH) -> float:
    """Say by how many thresholds the strokes look darker than their ground; below 1 they are not seen."""
    image = seen(sheet, distance)
    return float(image[~strokes].mean() - image[strokes].mean())


def grain(sheet: Plane, where: Dots, distance: float = ARMS_LENGTH) -> float:
    """Say how coarse a part of the sheet looks: the spread of its contrast, in thresholds."""
    return float(seen(sheet, distance)[where].std())


def reflectance_contrast(sheet: Plane, strokes: Dots) -> float:
    """Return by how much of their reflectance the strokes are darker than their ground."""
    ground = float(sheet[~strokes].mean())
    return (ground - float(sheet[strokes].mean())) / ground
