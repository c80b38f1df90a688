"""Every name and place of the town can be drawn: IPAmj Mincho has a glyph for each sequence."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # the library ships no types

from konbini.simulation.town.family_names import FAMILY_NAMES, expand
from konbini.simulation.town.given_names import GIVEN_NAMES
from konbini.simulation.town.naming import CAST_FAMILIES
from konbini.simulation.town.people import Population

FONT = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
_SELECTORS = range(0xE0100, 0xE01F0)


class Glyphs:
    """What the font maps: code points, and (code point, selector) pairs, read from its cmap by fontTools."""

    def __init__(self) -> None:
        with TTFont(FONT, lazy=True) as font:
            self.points = frozenset(font["cmap"].getBestCmap())
            (variations,) = (table for table in font["cmap"].tables if table.format == 14)
            self.sequences = frozenset(
                (base, selector) for selector, pairs in variations.uvsDict.items() for base, _ in pairs
            )

    def missing(self, text: str) -> list[str]:
        """Give what cannot be drawn of a text."""
        missing, points = [], [ord(character) for character in text]
        for place, point in enumerate(points):
            following = points[place + 1] if place + 1 < len(points) else 0
            if point in _SELECTORS:
                if place == 0 or (points[place - 1], point) not in self.sequences:
                    missing.append(f"U+{points[place - 1]:04X} U+{point:05X}")
            elif following not in _SELECTORS and point not in self.points:
                missing.append(f"U+{point:04X}")
        return missing


@pytest.fixture(scope="module")
def glyphs() -> Glyphs:
    """Read the font once."""
    return Glyphs()


def test_the_font_lacks_what_it_lacks(glyphs: Glyphs) -> None:
    """The check itself finds a sequence of another collection, a selector without base, a point without glyph."""
    assert glyphs.missing("葛\U000e0100城") == ["U+845B U+E0100"]
    assert glyphs.missing("葛\U000e0102城") == []
    assert glyphs.missing("😀") == ["U+1F600"]
    assert len(glyphs.missing("田\U000e0102")) == 1


def test_every_name_of_the_lists(glyphs: Glyphs) -> None:
    """Every form of every family name, every given name."""
    families = [form for name in FAMILY_NAMES for form in name.forms]
    given = [name for generation in GIVEN_NAMES for name, _ in generation.men + generation.women]
    cast = [family for family, _ in CAST_FAMILIES]
    assert [(text, glyphs.missing(text)) for text in families + given + cast if glyphs.missing(text)] == []


def test_every_text_of_the_town(glyphs: Glyphs, population: Population) -> None:
    """All that a record prints: names, readings, addresses, domiciles, items of foreign residents."""
    texts: set[str] = set()
    for record in (person.record for person in population.people):
        fields = [getattr(record, name) for name in record.__dataclass_fields__]
        if record.foreign is not None:
            fields += [getattr(record.foreign, name) for name in record.foreign.__dataclass_fields__]
        texts.update(field for field in fields if isinstance(field, str))
    assert sorted({point for text in texts for point in glyphs.missing(text)}) == []


def test_variants_select_other_glyphs() -> None:
    """葛 and 辻 stand with two selectors each, 邉 with several: pairs that a printer could mix up."""
    forms = {form for name in FAMILY_NAMES for form in name.forms}
    for pair in (("葛{E0102}城", "葛{E0103}城"), ("辻{E0102}", "辻{E0103}")):
        assert {expand(form) for form in pair} < forms
    assert len([form for form in forms if form.startswith("渡邉")]) >= 4
    assert any(ord(character) in range(0x20000, 0x30000) for form in forms for character in form)


def test_readings_are_hiragana() -> None:
    """A reading (振り仮名) is written in hiragana."""
    for name in FAMILY_NAMES:
        assert name.reading
        assert all("ぁ" <= character <= "ん" for character in name.reading), name.reading
