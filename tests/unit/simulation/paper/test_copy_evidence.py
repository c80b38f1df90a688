"""Print, look, copy, look again: 複写 is below the threshold of seeing at arm's length, and far above it on a copy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from konbini.pdf.forms import copy_evident
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.paper.copier import FINE_COPIER, SHARP_COPIER, SHOP_COPIER, Copier
from konbini.simulation.paper.engine import COARSE_ENGINE, FINE_ENGINE, PAPER_WHITE, Engine
from konbini.simulation.paper.eye import grain, reflectance_contrast, visibility
from konbini.simulation.paper.swatch import Swatch, first_letter, whole_word

_ENGINES = {300: COARSE_ENGINE, 600: FINE_ENGINE}
_COPIERS = {300: SHOP_COPIER, 600: FINE_COPIER}


@pytest.fixture(scope="module")
def letter() -> Swatch:
    """複 with a little ground around it."""
    return first_letter()


@pytest.mark.parametrize("engine", _ENGINES.values(), ids=_ENGINES)
def test_the_first_print_shows_an_even_tint(letter: Swatch, engine: Engine) -> None:
    """From a 300 and a 600 dpi engine: light, and the strokes under the eye's threshold at 600 mm, to either side."""
    sheet = letter.printed(engine)
    assert 0.03 < 1 - sheet.mean() / PAPER_WHITE < 0.08
    assert abs(visibility(sheet, letter.strokes)) < 1
    assert abs(reflectance_contrast(sheet, letter.strokes)) < 0.01


@pytest.mark.parametrize("engine", _ENGINES.values(), ids=_ENGINES)
def test_both_screens_have_a_like_grain(letter: Swatch, engine: Engine) -> None:
    """The ground's dots stand in loose fours, so that its grain comes near that of the letters' wide dots."""
    sheet = letter.printed(engine)
    assert grain(sheet, letter.strokes) < 1.7 * grain(sheet, ~letter.strokes)


@pytest.mark.parametrize(
    ("printed_at", "copied_at"),
    [
        pytest.param(*each, marks=() if each == (600, 300) else pytest.mark.long)
        for each in product((300, 600), repeat=2)
    ],
)
def test_a_copy_shows_the_word(letter: Swatch, printed_at: int, copied_at: int) -> None:
    """Each copier over each engine's print: at least four thresholds, five times what the first print shows."""
    sheet = letter.printed(_ENGINES[printed_at])
    copied = _COPIERS[copied_at].copy(sheet, SeededEntropy(20261122))
    shown = visibility(copied, letter.strokes)
    assert shown > 4
    assert shown > 5 * abs(visibility(sheet, letter.strokes))
    assert reflectance_contrast(copied, letter.strokes) > 0.03


@pytest.mark.parametrize(
    ("copier", "seed"),
    [
        pytest.param(SHOP_COPIER, 1, marks=pytest.mark.long),
        pytest.param(SHOP_COPIER, 2, marks=pytest.mark.long),
        (FINE_COPIER, 3),
        pytest.param(FINE_COPIER, 4, marks=pytest.mark.long),
    ],
)
def test_the_sensors_noise_does_not_decide(letter: Swatch, copier: Copier, seed: int) -> None:
    """Another chance, another copy, the same word."""
    assert visibility(copier.copy(letter.printed(FINE_ENGINE), SeededEntropy(seed)), letter.strokes) > 4


def test_a_copy_of_a_copy_still_shows_it(letter: Swatch) -> None:
    """The second generation of a shop's machine keeps the word."""
    first = SHOP_COPIER.copy(letter.printed(FINE_ENGINE), SeededEntropy(5))
    assert visibility(SHOP_COPIER.copy(first, SeededEntropy(6)), letter.strokes) > 4


def test_a_machine_that_keeps_single_dots_does_not_show_it(letter: Swatch) -> None:
    """The limit that the pattern's module names: with such a lens, over a fine print, nothing stands out."""
    copied = SHARP_COPIER.copy(letter.printed(FINE_ENGINE), SeededEntropy(7))
    assert abs(visibility(copied, letter.strokes)) < 2
    assert visibility(SHARP_COPIER.copy(letter.printed(COARSE_ENGINE), SeededEntropy(7)), letter.strokes) > 4


def test_an_even_screen_shows_nothing_anywhere(letter: Swatch) -> None:
    """The measure can say no: where the strokes are printed as ground, neither print nor copy shows a word."""
    cells = [pixels // side for pixels, side in zip(letter.dots.shape, reversed(copy_evident.CELL), strict=True)]
    rows = copy_evident.screen(["." * cells[1]] * cells[0])
    ground = Swatch(dots=np.array([[pixel == "1" for pixel in row] for row in rows]), strokes=letter.strokes)
    sheet = ground.printed(FINE_ENGINE)
    assert abs(visibility(sheet, letter.strokes)) < 0.3
    assert abs(visibility(SHOP_COPIER.copy(sheet, SeededEntropy(8)), letter.strokes)) < 0.3


def test_the_measure_sees_what_everybody_sees(letter: Swatch) -> None:
    """A word a twentieth darker, evenly, is seen."""
    sheet = letter.printed(FINE_ENGINE)
    sheet[letter.strokes] *= 0.95
    assert visibility(sheet, letter.strokes) > 4


@pytest.mark.long
@pytest.mark.parametrize(("printed_at", "copied_at"), list(product((300, 600), repeat=2)))
def test_the_whole_word_prints_even_and_copies_dark(printed_at: int, copied_at: int) -> None:
    """複写 whole, with the space that follows it."""
    word = whole_word()
    sheet = word.printed(_ENGINES[printed_at])
    assert abs(visibility(sheet, word.strokes)) < 1
    assert visibility(_COPIERS[copied_at].copy(sheet, SeededEntropy(9)), word.strokes) > 4
