"""A copying machine: a sheet in, another sheet out.

It looks through a lens (a bell-shaped modulation transfer; half the contrast is left at 3.7 to 5 cycles in a mm, which
brackets what flatbed scanners of 300 and 600 dots to the inch are measured at with ISO 16067-1 targets), takes the mean
over each sample, adds the sensor's noise, sharpens (unsharp mask), cuts off what is lighter than its threshold, as text
modes do so that a paper's tint does not come along, and prints with its own engine. All figures are assumptions of
that order; the tests look at several machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from konbini.process.entropy import Entropy
from konbini.simulation.paper.engine import COARSE_ENGINE, FINE_ENGINE, PAPER_WHITE, Engine
from konbini.simulation.paper.plane import GRID, Plane, blurred

__all__ = ["FINE_COPIER", "SHARP_COPIER", "SHOP_COPIER", "Copier"]

_LEVELS: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Copier:
    """One machine.

    Attributes:
        engine: prints the copy; the sheet is scanned with its pitch.
        lens: standard deviation of the lens's blur, in mm.
        noise: standard deviation of the sensor's noise, in reflectance.
        sharpening: how much of the difference to a blurred image is added.
        radius: of that blur, in samples.
        threshold: what is lighter is left white, of the paper's reflectance.
    """

    engine: Engine
    lens: float
    noise: float = 0.01
    sharpening: float = 1.0
    radius: float = 1.0
    threshold: float = 0.45

    def copy(self, sheet: Plane, entropy: Entropy) -> Plane:
        """Copy a sheet; the noise comes from `entropy`."""
        seen = self.scan(sheet, entropy)
        sharpened = seen + self.sharpening * (seen - blurred(seen, self.radius, per_unit=1.0))
        return self.engine.print_sheet(sharpened < self.threshold * PAPER_WHITE)

    def scan(self, sheet: Plane, entropy: Entropy) -> Plane:
        """Return what the sensor reads, in 256 levels of reflectance."""
        step = GRID // self.engine.dots_per_inch
        rows, columns = (size // step for size in sheet.shape)
        through_lens = blurred(sheet, self.lens)[: rows * step, : columns * step]
        means = through_lens.reshape(rows, step, columns, step).mean(axis=(1, 3))
        chance = np.random.default_rng(int.from_bytes(entropy.token(16)))
        noisy = means + chance.normal(0.0, self.noise, means.shape)
        levels: Plane = np.round(np.clip(noisy, 0.0, 1.0) * _LEVELS) / _LEVELS
        return levels


SHOP_COPIER: Final = Copier(engine=COARSE_ENGINE, lens=0.050)
"""300 dots to the inch, text mode."""
FINE_COPIER: Final = Copier(engine=FINE_ENGINE, lens=0.043, sharpening=0.5)
"""600 dots to the inch, text mode."""
SHARP_COPIER: Final = Copier(engine=FINE_ENGINE, lens=0.037)
"""600 dots to the inch, a better lens and twice the sharpening."""
