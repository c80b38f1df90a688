"""All ways that are measured, ours first."""

from __future__ import annotations

from pathlib import Path

from konbini.simulation.bench.material import Material, Way
from konbini.simulation.bench.naive import Naive
from konbini.simulation.bench.ours import Ours
from konbini.simulation.bench.template_page import TemplatePage
from konbini.simulation.bench.typesetter import Typesetter

__all__ = ["all_ways"]


def all_ways(material: Material, folder: Path) -> list[Way]:
    """Make every way ready; `folder` is theirs alone."""
    return [Ours(material), Naive(material, folder), Typesetter(material, folder), TemplatePage(material)]
