"""The bundled fonts: all there, none from elsewhere, and refused by name where they are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.kiosk.ui.fonts import LIBRARY, FontsMissing, bundled_fonts

LETTERS = (Path(__file__).parents[4] / "konbini" / "kiosk" / "ui" / "static" / "letters.css").read_text("utf-8")
TERM = re.compile("「[^「」]*」")


def test_each_rule_names_a_file_that_is_served() -> None:
    """No other address stands in the style sheet, and nothing swaps letters under the eyes."""
    fonts = bundled_fonts()
    sheet = fonts.style_sheet.decode()
    named = re.findall(r"url\(([^)]*)\)", sheet)
    assert {f"/fonts/{name}" for name in fonts.files} == set(named)
    assert len(named) == sheet.count("@font-face")
    assert "font-display: swap" not in sheet
    assert all(path.read_bytes()[:4] == b"wOF2" for path in fonts.files.values())


def test_each_family_that_a_language_asks_for_is_bundled() -> None:
    """But the certificate's own, which is the machine's."""
    asked = {family for families in stacks().values() for family in families}
    assert asked - {"Certificate"} == set(ranges())


def stacks() -> dict[str, list[str]]:
    """Return the families of each language that letters.css names, in order; "" for all that it does not."""
    rule = re.compile(r'^(?:\[lang\|="([\w-]+)"\]|:root, \[lang\]) \{ font-family: ([^;]*);', re.MULTILINE)
    return {language: re.findall(r'"([^"]+)"', families) for language, families in rule.findall(LETTERS)}


def ranges() -> dict[str, set[int]]:
    """Return the characters that each bundled family has."""
    found: dict[str, set[int]] = {}
    for rule in bundled_fonts().style_sheet.decode().split("@font-face")[1:]:
        family, listed = re.search(r"font-family: '([^']+)'", rule), re.search(r"unicode-range: ([^;]*);", rule)
        assert family
        assert listed
        for one in listed[1].split(","):
            first, _, last = one.strip().removeprefix("U+").partition("-")
            found.setdefault(family[1], set()).update(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.mark.parametrize("language", Language, ids=lambda each: each.value)
def test_a_family_has_every_letter_of_its_language(language: Language) -> None:
    """Each character of a catalogue is in the language's families: in the first, but for Latin and punctuation."""
    families = stacks().get(language.value.partition("-x-")[0], stacks()[""])
    has = ranges()
    text = re.sub(r"\s|\{\w+\}|[｜《》]", "", "".join(catalogues()[language].texts.values()))
    lacking = [{one for one in TERM.sub("", text) if ord(one) not in has.get(family, ())} for family in families]
    assert {one for one in lacking[0] if one.isalpha() and not one.isascii()} == set()
    assert set.intersection(*lacking) == set()
    assert {one for term in TERM.findall(text) for one in term if ord(one) not in has["BIZ UDPGothic"]} == set()


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """The kiosk does not start with letters of another machine."""
    with pytest.raises(FontsMissing, match="biz-udpgothic"):
        bundled_fonts(tmp_path)


def test_a_package_that_is_cut_short_is_named(tmp_path: Path) -> None:
    """A rule without its file stops the start."""
    for sheet in LIBRARY.glob("*/*/*.css"):
        there = tmp_path / sheet.relative_to(LIBRARY)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(sheet.read_bytes())
    with pytest.raises(FontsMissing, match="does not name a file"):
        bundled_fonts(tmp_path)
