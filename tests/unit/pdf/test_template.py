"""Templates: dated data, refused at start when wrong, chosen by the day of issue."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from pathlib import Path

import pytest

from konbini.pdf.facts import Mark
from konbini.pdf.specimen import FOLDER
from konbini.pdf.template import Template, TemplateInvalid, choose, load_all
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

_FILE = "resident-record-household.toml"
_KIND = "resident-record.household"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates that a test may spoil."""
    for name in (_FILE, "seal.png"):
        shutil.copy(FOLDER / name, tmp_path)
    return tmp_path


def _spoil(folder: Path, old: str, new: str) -> None:
    path = folder / _FILE
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
        ('note = "', 'colour = "'),
        ("edge_mm = 24.0", "edge_mm = 300.0"),
        ('picture = "seal.png"', 'picture = "../seal.png"'),
        ('picture = "seal.png"', 'picture = "other.png"'),
        ('picture = "seal.png"', f'picture = "{_FILE}"'),
        ('omitted = "省略"', ""),
        ("specimen = true", "specimen = true\nvalid_to = 2025-05-01"),
        ("specimen", "["),
    ],
)
def test_a_wrong_file_is_refused_by_name(folder: Path, old: str, new: str) -> None:
    """Missing, unknown and mistyped keys, and a seal that is none."""
    _spoil(folder, old, new)
    with pytest.raises(TemplateInvalid, match=_FILE):
        load_all(folder)


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
