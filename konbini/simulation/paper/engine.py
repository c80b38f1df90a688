"""A laser printer's engine: dots in, reflectance of the sheet out.

The beam exposes the drum with a spot broader than the dot's pitch; toner sticks where the charge passes a threshold, so
that lone dots shrink or vanish and broad ones grow (dot gain); in the paper light spreads sideways and darkens the rims
(optical dot gain, after Yule and Nielsen, 1951: light enters through the toner's coverage, spreads, leaves through it).

The parameters are assumptions within what is published of such engines: spots of 60 to 120 µm (between the points of
1/e², four standard deviations), black of optical density 1.0 to 1.4, a spread of light of some 0.03 mm in office paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from konbini.simulation.paper.plane import GRID, Dots, Plane, blurred, magnified

__all__ = ["COARSE_ENGINE", "FINE_ENGINE", "PAPER_WHITE", "Engine"]

PAPER_WHITE: Final = 0.85
"""Reflectance of office paper."""
_THROUGH_TONER: Final = 0.2  # of the light, once: 0.2 twice and the paper give a density of 1.5
_LIGHT_SPREAD: Final = 0.03  # mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine.

    Attributes:
        dots_per_inch: its pitch; a divisor of `GRID`.
        spot: standard deviation of the laser's spot, in mm.
        threshold: exposure from which toner sticks, of a full area's.
        softness: how gradually it does.
    """

    dots_per_inch: int
    spot: float
    threshold: float = 0.5
    softness: float = 0.08

    def print_sheet(self, dots: Dots) -> Plane:
        """Return the reflectance of a sheet marked with dots of the engine's pitch."""
        exposure = blurred(magnified(dots, GRID // self.dots_per_inch).astype(np.float64), self.spot)
        lowest, highest = self._developed(np.zeros(1)), self._developed(np.ones(1))
        toner = (self._developed(exposure) - lowest) / (highest - lowest)
        through = 1 - toner * (1 - _THROUGH_TONER)
        return PAPER_WHITE * through * blurred(through, _LIGHT_SPREAD)

    def _developed(self, exposure: Plane) -> Plane:
        return 1 / (1 + np.exp((self.threshold - exposure) / self.softness))


COARSE_ENGINE: Final = Engine(dots_per_inch=300, spot=0.030)
"""300 dots to the inch, a spot of 120 µm."""
FINE_ENGINE: Final = Engine(dots_per_inch=600, spot=0.018)
"""600 dots to the inch, a spot of 72 µm."""
