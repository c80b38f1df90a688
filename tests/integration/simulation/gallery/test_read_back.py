"""Every page's code is read from its picture at 150, 200 and 300 dpi, and registered seals stand at their true size."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from PIL import Image, ImageFilter, ImageOps

from konbini.pdf.forms.geometry import A4_HEIGHT, MM
from konbini.pdf.forms.seal_registration_grid import IMPRESSION
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.simulation.gallery.making import Paper
from konbini.simulation.gallery.showing import pictures
from konbini.verifier.codes import codes_on

Papers = tuple[Paper, ...]
_INCH_MM = 25.4
_FINE = 600
_DOT = 5  # pixels at 600 dpi; a dot of the pattern is narrower, a seal's stroke is not
_HALF_GREY = 128


def _unread(papers: Sequence[Paper], dots_per_inch: int) -> list[str]:
    """Name the pages whose picture does not give exactly their seal."""
    found = []
    for paper in papers:
        seals = specimen_seals(paper.case.facts, paper.case.template.kind)
        for page, (picture, seal) in enumerate(zip(pictures(paper.signed, dots_per_inch), seals, strict=True), 1):
            if codes_on(picture) != (seal,):
                found.append(f"{paper.case.name}, page {page}")
    return found


@pytest.mark.parametrize("dots_per_inch", [150, 200, 300])
def test_one_paper_of_each_template_is_read(papers: Papers, dots_per_inch: int) -> None:
    """Household and individual, record and items, seal registration; with the pattern beside the code and without."""
    shortest = {}
    for paper in sorted(papers, key=lambda one: one.pages, reverse=True):
        shortest[paper.case.template.form] = paper
    assert not _unread(list(shortest.values()), dots_per_inch)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("dots_per_inch", [150, 200, 300])
def test_every_page_is_read(papers: Papers, dots_per_inch: int) -> None:
    """All of them, none left out."""
    assert not _unread(papers, dots_per_inch)


def test_a_registered_seal_has_its_true_size_on_paper(papers: Papers) -> None:
    """From 8.2 to 25 mm, within 0.2 mm across and along, on the raster; the pattern around it is looked past."""
    seals = [paper for paper in papers if isinstance(paper.case.facts, SealRegistrationFacts)]
    assert len(seals) == 6
    for paper in seals:
        facts = paper.case.facts
        assert isinstance(facts, SealRegistrationFacts)
        (page,) = pictures(paper.signed, _FINE)
        true = _extent_mm(_scanned(facts), facts.impression.dots_per_inch)
        assert _extent_mm(_cell(page), _FINE) == pytest.approx(true, abs=0.2)


def _cell(page: Image.Image) -> Image.Image:
    """Return the inside of the cell of the impression."""
    scale, rim = _FINE / 72, MM
    left, right = (IMPRESSION.left + rim) * scale, (IMPRESSION.right - rim) * scale
    top, bottom = (A4_HEIGHT - IMPRESSION.top + rim) * scale, (A4_HEIGHT - IMPRESSION.bottom - rim) * scale
    return page.crop((round(left), round(top), round(right), round(bottom)))


def _scanned(facts: SealRegistrationFacts) -> Image.Image:
    return ImageOps.expand(Image.open(io.BytesIO(facts.impression.png)).convert("L"), _DOT, fill=255)


def _extent_mm(picture: Image.Image, dots_per_inch: int) -> tuple[float, float]:
    """Return width and height of what is dark and broader than the pattern's dots."""
    black_and_white = picture.point(lambda level: 255 if level >= _HALF_GREY else 0)
    box = ImageOps.invert(black_and_white.filter(ImageFilter.MaxFilter(_DOT))).getbbox()
    assert box is not None
    lost = _DOT - 1  # to the filter, half of it at each side
    return ((box[2] - box[0] + lost) * _INCH_MM / dots_per_inch, (box[3] - box[1] + lost) * _INCH_MM / dots_per_inch)
