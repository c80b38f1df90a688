"""Templates: dated data, refused at start when wrong, chosen by the day of issue."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from pathlib import Path

import pytest

from konbini.pdf.facts import Mark
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms import sheet
from konbini.pdf.forms.kinds import ready
from konbini.pdf.specimen import FOLDER
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template, TemplateInvalid, choose, load_all
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope
from konbini.protocol.numbers import IssuanceNumber
from tests.unit.pdf.conftest import check

_FILE = "resident-record-household.toml"
_KIND = "resident-record.household"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates that a test may spoil."""
    for name in (_FILE, "municipality.toml", "seal.png"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def _spoil(folder: Path, old: str, new: str, name: str = _FILE) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_made_up_wards_template_says_specimen(template: Template) -> None:
    """Every paper of the made-up ward is a specimen."""
    assert template.specimen
    assert template.sentences.of(Scope.WHOLE) == "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"
    assert template.marks.text(Mark.BLANK) == "【空欄】"
    assert template.marks.text("澄川") == "澄川"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "住　民　票"', ""),
        ('title = "住　民　票"', "title = 5"),
        ('title = "住　民　票"', 'title = "住　民　票"\nsubtitle = "x"'),
        ("specimen = true", "specimen = 1"),
        ("copy_evident = true", ""),
        ("copy_evident = true", "copy_evident = 1"),
        ("2025-05-26 #", "2025-05-26T00:00:00 #"),
        ('municipality = "131997"', 'municipality = "131016"'),
        ("2025-05-26 #", "2019-04-26 #"),
        ('omitted = "省略"', ""),
        ("specimen = true", "specimen = true\nvalid_to = 2025-05-01"),
        ("specimen", "["),
    ],
)
def test_a_wrong_file_is_refused_by_name(folder: Path, old: str, new: str) -> None:
    """Missing, unknown and mistyped keys, another municipality, a day on which nobody signs."""
    _spoil(folder, old, new)
    with pytest.raises(TemplateInvalid, match=_FILE):
        load_all(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('note = "', 'colour = "'),
        ("edge_mm = 24.0", "edge_mm = 300.0"),
        ("edge_mm = 24.0", "edge_mm = 24.1"),
        ('picture = "seal.png"', 'picture = "../seal.png"'),
        ('picture = "seal.png"', 'picture = "other.png"'),
        ('picture = "seal.png"', f'picture = "{_FILE}"'),
        ('official_name = "東京都澄川区"', ""),
        ("begins = 2019-04-27", 'begins = "2019"'),
        ("[[heads]]", "[heads]"),
        ("[[heads]]", "heads = []\n[other]"),
        ("[heads.seal]", "[[heads]]\nbegins = 2019-04-27\nname = '別　人'\n[heads.seal]"),
    ],
)
def test_a_wrong_file_of_the_municipality_is_refused(folder: Path, old: str, new: str) -> None:
    """A seal that is none, nobody who signs, two who begin on one day."""
    _spoil(folder, old, new, "municipality.toml")
    with pytest.raises(TemplateInvalid, match=r"municipality\.toml"):
        load_all(folder)


_ACTING = """
[[heads]]
begins = 2026-04-01
name = "白瀬　衛"
acting = "東京都澄川区副区長"

[heads.seal]
picture = "seal.png"
edge_mm = 21.0
note = "この印は黒色です"
"""


def test_an_acting_head_signs_from_their_day_on(folder: Path, typeface: Typeface) -> None:
    """The template becomes two, told apart by id; each paper is drawn with, and read against, who signed on its day."""
    path = folder / "municipality.toml"
    path.write_text(path.read_text(encoding="utf-8") + _ACTING, encoding="utf-8")
    templates = load_all(folder)
    forms = ready(templates, typeface)
    for day, line, edge in (
        (date(2026, 3, 31), "東京都澄川区長　霧島　千尋", 24.0),
        (date(2026, 4, 1), "東京都澄川区長職務代理者　東京都澄川区副区長　白瀬　衛", 21.0),
    ):
        template = choose(templates, kind=_KIND, municipality="131997", day=day)
        assert (template.mayor, template.seal.edge_mm) == (line, edge)
        number = str(IssuanceNumber.of("131997", day, 1, 1))
        facts = dataclasses.replace(specimen_facts(form=template.form, number=number), issued_on=day)
        drawn = forms[template.form].draw(facts, binding=bytes(32), seals=specimen_seals(facts, _KIND))
        check(drawn, facts, template, bytes(32))
        other = next(one for one in templates if one is not template)
        with pytest.raises(Refused) as refused:
            check(drawn, facts, other, bytes(32))
        assert refused.value.code is Code.PAGE_MISMATCH
    assert [template.form for template in templates] == [
        "sumikawa.resident-record.household.2025.20260401",
        "sumikawa.resident-record.household.2025",
    ]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A ward without a form does not start."""
    with pytest.raises(TemplateInvalid):
        load_all(tmp_path)


def test_old_and_new_form_stand_side_by_side(template: Template) -> None:
    """The day of issue chooses; the last day of the old form and the first of the new belong to them."""
    old = dataclasses.replace(template, form="old", valid_to=date(2026, 3, 31))
    new = dataclasses.replace(template, form="new", valid_from=date(2026, 4, 1))

    def chosen(day: date) -> str:
        return choose((new, old), kind=_KIND, municipality="131997", day=day).form

    assert chosen(date(2026, 3, 31)) == "old"
    assert chosen(date(2026, 4, 1)) == "new"
    with pytest.raises(Refused) as refused:
        chosen(date(2025, 5, 25))
    assert refused.value.code is Code.NOT_OFFERED
    with pytest.raises(Refused):
        choose((new, old), kind=_KIND, municipality="131016", day=date(2026, 4, 1))


def test_two_forms_in_force_on_one_day_are_refused(folder: Path) -> None:
    """Which form a certificate takes is never a matter of chance."""
    shutil.copy(folder / _FILE, folder / "again.toml")
    with pytest.raises(TemplateInvalid, match="twice"):
        load_all(folder)
    _spoil(folder, "household.2025", "household.2026")
    with pytest.raises(TemplateInvalid, match="one day"):
        load_all(folder)
    _spoil(folder, "2025-05-26", "2026-04-01")
    with pytest.raises(TemplateInvalid, match="one day"):
        load_all(folder)


def test_the_largest_official_seal_covers_no_text(template: Template) -> None:
    """Its opaque picture goes between the certifying sentence and the note, and beside the mayor's line."""
    largest = dataclasses.replace(template, seal=dataclasses.replace(template.seal, edge_mm=24.0))
    box = sheet.seal_box(largest)
    glyph_height = 10.5  # points, centred in the sentence's box
    assert box.top < sheet.SENTENCE.bottom + (sheet.SENTENCE.height - glyph_height) / 2
    assert box.bottom > sheet.SEAL_NOTE.top
    assert box.left > sheet.MAYOR.right


def test_brackets_within_brackets_are_no_template(folder: Path) -> None:
    """The parser gives up on them with another error than for what is no TOML."""
    (folder / _FILE).write_text("a = " + "[" * 2000, encoding="utf-8")
    with pytest.raises(TemplateInvalid, match=_FILE):
        load_all(folder)
