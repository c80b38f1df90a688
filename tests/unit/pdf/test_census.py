"""Every variation sequence of the face: its own glyph drawn, its own outline embedded, its own text read back."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
import uharfbuzz as hb  # type: ignore[import-untyped]  # it ships no types

from konbini.pdf.characters import sequences
from konbini.pdf.fonts import Glyph, Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Refused
from tests.unit.pdf.conftest import FACE, check
from tests.unit.pdf.seen import text_seen

_BINDING = bytes(range(32))
_SEQUENCES = 11_474
_A_CELL = 20
_CELLS = ("name", "remarks", "previous_address", "name_reading")
_DRAWN = 89
_VARIANTS = 1_002
"""Standardized variants of Unicode's StandardizedVariants.txt that stand for a compatibility ideograph."""


def _all_sequences() -> list[str]:
    """What the face's own table lists, as HarfBuzz collects it."""
    face = hb.Face(hb.Blob.from_file_path(str(FACE)))
    return [
        chr(base) + chr(selector) for selector in face.variation_selectors for base in face.variation_unicodes(selector)
    ]


def _shaped(font: hb.Font, sequence: str) -> list[int]:
    """What HarfBuzz makes of a sequence when it shapes it as text."""
    buffer = hb.Buffer()
    buffer.add_str(sequence)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    return [info.codepoint for info in buffer.glyph_infos]


@pytest.mark.parametrize("every", [89, pytest.param(1, marks=pytest.mark.long)])
def test_each_sequence_draws_the_glyph_that_shaping_gives(typeface: Typeface, every: int) -> None:
    """One glyph each, and the selector leaves none of its own."""
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(FACE))))
    found = _all_sequences()
    assert len(found) == _SEQUENCES
    wrong = [one for one in found[::every] if _shaped(font, one) != [typeface.find(one).number]]
    assert wrong == []


def _portions(found: list[str]) -> list[tuple[str, ...]]:
    """Twenty characters a cell, four cells a person."""
    texts = ["".join(found[start : start + _A_CELL]) for start in range(0, len(found), _A_CELL)]
    return [tuple(texts[start : start + len(_CELLS)]) for start in range(0, len(texts), len(_CELLS))]


@pytest.mark.parametrize("every", [89, pytest.param(1, marks=pytest.mark.long)])
def test_each_sequence_passes_the_clerk_and_reads_back(
    form: ResidentRecordForm, template: Template, every: int
) -> None:
    """Drawn into the cells of certificates, compared by the clerk with the face, and extracted as the same text."""
    found = _all_sequences()[::every]
    seen: set[str] = set()
    for texts in _portions(found):
        facts = specimen_facts(dataclasses.replace(PEOPLE[0], **dict(zip(_CELLS, texts, strict=False))))  # type: ignore[arg-type]  # cells, all text
        drawn = form.draw(facts, binding=_BINDING, seals=specimen_seals(facts))
        check(drawn, facts, template, _BINDING)
        seen.update(sequences(text_seen(drawn)))
    assert set(found) - seen == set()


def _standardized_variants() -> dict[str, str]:
    """Each standardized variant and its compatibility ideograph: one base's count from FE00 on in order."""
    found: dict[str, str] = {}
    for point in (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)):
        character = chr(point)
        base = unicodedata.normalize("NFD", character)
        if base != character and unicodedata.name(character).startswith("CJK COMPATIBILITY"):
            place = sum(1 for one in found if one[0] == base)
            found[base + chr(0xFE00 + place)] = character
    return found


def _glyph(typeface: Typeface, sequence: str) -> Glyph | None:
    try:
        return typeface.find(sequence)
    except Refused:
        return None


def test_a_standardized_variant_is_its_compatibility_ideograph_or_refuses(typeface: Typeface) -> None:
    """The face maps those that it has; for the others there is nothing to map to."""
    variants = _standardized_variants()
    assert len(variants) == _VARIANTS
    glyphs = {one: _glyph(typeface, one) for pair in variants.items() for one in pair}
    assert [one for one, character in variants.items() if glyphs[one] != glyphs[character]] == []
    assert sum(1 for sequence in variants if glyphs[sequence] is not None) == _DRAWN
