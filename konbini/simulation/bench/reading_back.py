"""What the clerk's reading of a page costs, beside drawing it, document by document in turn in the same run."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Final

from konbini.pdf.originals import Originals
from konbini.pdf.reading import check
from konbini.simulation.bench.material import Document, Material
from konbini.simulation.town.typeface import TYPEFACE

__all__ = ["ReadingCost", "measure_reading"]

_WARM: Final = 3
_MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCost:
    """Medians of CPU milliseconds a page: the clerk's whole check before it signs, and drawing the same page."""

    reading_ms: float
    drawing_ms: float


def measure_reading(material: Material) -> ReadingCost:
    """Draw and read every document; each is another household, so that what the clerk keeps is the form's alone."""
    originals = Originals((TYPEFACE,))
    for document in material.documents[:_WARM]:
        _read(_drawn(document, material), document, material, originals)
    drawing, reading = [], []
    for document in material.documents:
        begun = time.process_time()
        pdf = _drawn(document, material)
        drawn = time.process_time()
        _read(pdf, document, material, originals)
        drawing.append(drawn - begun)
        reading.append(time.process_time() - drawn)
    return ReadingCost(
        reading_ms=statistics.median(reading) * _MS,
        drawing_ms=statistics.median(drawing) * _MS,
    )


def _drawn(document: Document, material: Material) -> bytes:
    return material.form.draw(document.facts, binding=document.binding, seals=document.seals)


def _read(pdf: bytes, document: Document, material: Material, originals: Originals) -> None:
    check(pdf, document.facts, material.form.template, document.binding, document.seals, originals=originals)
