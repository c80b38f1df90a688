"""The parts of the simulation: blur, engine, scanner, eye."""

from __future__ import annotations

import numpy as np
import pytest

from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.paper.copier import FINE_COPIER, SHOP_COPIER
from konbini.simulation.paper.engine import COARSE_ENGINE, FINE_ENGINE, PAPER_WHITE, Engine
from konbini.simulation.paper.eye import ARMS_LENGTH, seen
from konbini.simulation.paper.plane import GRID, PER_MM, blurred, magnified


def test_blurring_keeps_the_mean_and_widens_a_point() -> None:
    """A bell: the mean stays, and a point's variance becomes the bell's."""
    plane = np.zeros((256, 256))
    plane[128, 128] = 1.0
    spread = blurred(plane, 0.1)
    places = (np.arange(256) - 128) / PER_MM
    assert spread.sum() == pytest.approx(1.0)
    assert (spread.sum(axis=0) * places**2).sum() == pytest.approx(0.1**2, rel=1e-3)


@pytest.mark.parametrize("engine", [COARSE_ENGINE, FINE_ENGINE], ids=["300", "600"])
def test_paper_stays_white_and_areas_go_black(engine: Engine) -> None:
    """No dots, the paper; all dots, a density over 1.3 above it."""
    none = np.zeros((64, 64), dtype=np.bool_)
    assert engine.print_sheet(none) == pytest.approx(PAPER_WHITE)
    assert engine.print_sheet(~none).max() < PAPER_WHITE / 20


@pytest.mark.parametrize("engine", [COARSE_ENGINE, FINE_ENGINE], ids=["300", "600"])
def test_lone_dots_gain_other_than_broad_ones(engine: Engine) -> None:
    """Of one area, dots of 85 µm and of 169 µm: a coarse engine thins the small ones, a fine one thickens them more."""
    small, broad = np.zeros((48, 48), dtype=np.bool_), np.zeros((48, 48), dtype=np.bool_)
    small[::6, ::6] = True
    for row in (0, 1):
        for column in (0, 1):
            broad[row::12, column::12] = True
    assert small.sum() == broad.sum()
    times = engine.dots_per_inch // 300
    tones = [1 - float(engine.print_sheet(magnified(dots, times)).mean()) / PAPER_WHITE for dots in (small, broad)]
    assert (tones[0] < tones[1]) is (engine.dots_per_inch == 300)


def test_a_scan_is_the_sheet_with_noise() -> None:
    """An even sheet comes back as it is, within the sensor's noise, at the copier's pitch; one seed, one scan."""
    sheet = np.full((400, 400), 0.5)
    for copier in (SHOP_COPIER, FINE_COPIER):
        side = 400 * copier.engine.dots_per_inch // GRID
        scanned = copier.scan(sheet, SeededEntropy(1))
        assert scanned.shape == (side, side)
        assert scanned.mean() == pytest.approx(0.5, abs=0.002)
        assert scanned.std() == pytest.approx(copier.noise, rel=0.1)
        assert (scanned == copier.scan(sheet, SeededEntropy(1))).all()
        assert (scanned != copier.scan(sheet, SeededEntropy(2))).any()


def _grating(cycles_in_a_degree: float, contrast: float) -> float:
    """The eye's response to an upright grating, in thresholds."""
    degrees = 6.0
    samples = round(degrees * np.radians(1) * ARMS_LENGTH * PER_MM)
    wave = np.cos(2 * np.pi * round(cycles_in_a_degree * degrees) * np.arange(samples) / samples)
    return float(np.abs(seen(np.tile(0.5 * (1 + contrast * wave), (64, 1)))).max())


def test_the_eye_sees_middle_frequencies_best() -> None:
    """At its best near 3 cycles in a degree, a two-hundredth suffices; fine and broad gratings need far more."""
    assert _grating(3, 1 / 200) == pytest.approx(1.0, rel=0.15)
    assert _grating(30, 0.05) < 1 < _grating(30, 0.5)
    assert _grating(3, 0.01) > 2 * _grating(0.5, 0.01)
    assert _grating(3, 0.01) > 10 * _grating(25, 0.01)
