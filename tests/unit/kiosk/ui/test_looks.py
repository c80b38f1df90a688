"""The four contrasts: each pair of colours that text stands in has the contrast that WCAG asks for, in numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.kiosk.session.look import TextSize, Theme

STATIC = Path(__file__).parents[4] / "konbini" / "kiosk" / "ui" / "static"
LOOKS = (STATIC / "looks.css").read_text(encoding="utf-8")
TEXT = (
    *(("ink", ground) for ground in ("paper", "ground", "act")),
    *(("soft", ground) for ground in ("paper", "ground", "act", "good-soft", "warn-soft")),
    *(("main-ink", ground) for ground in ("paper", "main-soft")),
    *(("ink", tint) for tint in ("main-soft", "good-soft", "warn-soft")),
    ("on-main", "main"),
    ("on-main", "pressed"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("danger", "danger-soft"),
    ("danger", "paper"),
)
"""Text and what it stands on: 4.5:1 (WCAG 2.2, 1.4.3), in the themes of two colours 7:1 (1.4.6)."""
SHAPES = (
    *(("edge", ground) for ground in ("paper", "act")),
    *(("main", ground) for ground in ("paper", "main-soft", "ground")),
    *(("warn-line", ground) for ground in ("paper", "warn-soft", "act")),
    ("way", "act"),
    ("focus", "halo"),
)
"""Lines that say what can be touched, what is chosen and where the focus is: 3:1 (1.4.11)."""


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rgb" or "#rrggbb" (WCAG 2.2, "relative luminance")."""
    digits = colour.lstrip("#")
    wide = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(wide[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colours(theme: Theme) -> dict[str, str]:
    """Return the colours of one theme by name."""
    block = re.search(rf'\[data-theme="{theme.value}"\] \{{(.*?)\n\}}', LOOKS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", block[1]))


def test_the_measure_is_the_guidelines_own() -> None:
    """Black on white is 21:1, and #767676 on white just passes 4.5:1."""
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert 4.5 <= contrast("#767676", "#ffffff") < 4.6


@pytest.mark.parametrize("theme", Theme)
def test_text_and_shapes_stand_out(theme: Theme) -> None:
    """Each pair has its contrast, and all themes name the same colours."""
    named = colours(theme)
    assert named.keys() == colours(Theme.LIGHT).keys()
    least = 4.5 if theme in (Theme.LIGHT, Theme.DARK) else 7
    weak = [pair for pair in TEXT if contrast(named[pair[0]], named[pair[1]]) < least]
    weak += [pair for pair in SHAPES if contrast(named[pair[0]], named[pair[1]]) < 3]
    assert weak == []


@pytest.mark.parametrize("size", TextSize)
def test_every_size_is_named(size: TextSize) -> None:
    """A size without its figures would leave the text without any."""
    assert f'[data-size="{size.value}"] {{ --t: ' in LOOKS


def test_no_other_sheet_names_a_colour() -> None:
    """A colour outside of the themes would stay the same in all of them."""
    for sheet in STATIC.glob("*.css"):
        if sheet.name != "looks.css":
            assert (
                re.findall(
                    r"#[0-9a-fA-F]{3,8}\b|rgb|hsl|(?<![-\w])(?:white|black)(?![-\w])", sheet.read_text(encoding="utf-8")
                )
                == []
            )
