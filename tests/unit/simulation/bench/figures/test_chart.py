"""Plots: whole, honest, and for everybody."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from konbini.simulation.bench.figures.chart import draw, shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Group

_SVG = "{http://www.w3.org/2000/svg}"


def _chart(*bars: Bar, aim: float | None = None) -> Chart:
    return Chart(
        name="peers",
        title="Ours & others",
        description="What each costs.",
        unit="CPU milliseconds",
        groups=(Group(heading="here", bars=bars, aim=aim),),
    )


_BARS = (
    Bar(label="ours", value=2.0, low=1.5, high=2.5, note="1.0×"),
    Bar(label="<peer>", value=8.0, note="4.0×", ours=False),
)


def _length(path: str) -> float:
    """The width of a bar: its straight part and its rounded end."""
    straight, radius = re.findall(r"h([\d.]+)q([\d.]+)", path)[0]
    return float(straight) + float(radius)


def test_a_bar_is_as_long_as_its_figure() -> None:
    """From the axis on: four times the figure is four times the length."""
    drawn = ET.fromstring(draw(_chart(*_BARS)))  # noqa: S314 - our own text
    ours, other = (
        _length(path.attrib["d"]) for path in drawn.iter(f"{_SVG}path") if path.attrib["class"] in {"ours", "other"}
    )
    assert other == pytest.approx(4 * ours, abs=0.2)


def test_who_does_not_see_it_is_told_every_figure() -> None:
    """Title and description are named by the picture, and hold each bar, its note and the aim."""
    drawn = ET.fromstring(draw(_chart(*_BARS, aim=5)))  # noqa: S314 - our own text
    title, desc = drawn.find(f"{_SVG}title"), drawn.find(f"{_SVG}desc")
    assert title is not None
    assert desc is not None
    assert drawn.attrib["role"] == "img"
    assert drawn.attrib["aria-labelledby"] == f"{title.attrib['id']} {desc.attrib['id']}"
    assert desc.text is not None
    for said in ("ours: 2.00 (1.0×)", "<peer>: 8.00 (4.0×)", "Aim: 5"):
        assert said in desc.text


def test_it_refers_to_nothing_outside_and_has_two_looks() -> None:
    """No link, no script, no picture, no font from elsewhere; light and dark."""
    drawn = draw(_chart(*_BARS))
    assert not re.search(r"href|url\(|@import|<script|<image", drawn)
    assert drawn.count("http") == drawn.count('xmlns="http://www.w3.org/2000/svg"') == 1
    assert "@media(prefers-color-scheme:dark)" in drawn


def test_whiskers_are_said_where_they_are() -> None:
    """And only there."""
    assert "whiskers: 95 % interval" in draw(_chart(*_BARS))
    plain = draw(_chart(_BARS[1]))
    assert "whiskers" not in plain
    assert 'class="whisker"' not in plain


def test_nothing_is_no_plot() -> None:
    """Rather than an empty one."""
    with pytest.raises(ValueError, match="nothing to draw"):
        draw(_chart(Bar(label="ours", value=0.0)))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.01234, "0.0123"), (1.0, "1.00"), (12.34, "12.3"), (243.4, "243"), (22163.0, "22,163")],
    ids=str,
)
def test_figures_have_three_digits_that_count(value: float, text: str) -> None:
    """As people write them."""
    assert shown(value) == text
