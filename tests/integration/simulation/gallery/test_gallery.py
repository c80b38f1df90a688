"""`konbini gallery`: files, contact sheet and table; and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from konbini.commands.main import main
from konbini.pdf.facts import CertificateFacts, ForeignItems
from konbini.simulation.gallery.making import Paper, Workshop
from konbini.simulation.gallery.showing import pictures


@pytest.mark.long
def test_the_command_writes_every_paper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PDF and pictures of every page, an index that names them all, a table; the last line counts them."""
    folder = tmp_path / "gallery"
    assert main(["gallery", "--out", str(folder), "--dpi", "50", "--json"]) == 0
    counted = json.loads(capsys.readouterr().out.splitlines()[-1])
    table = json.loads((folder / "cases.json").read_text("utf-8"))
    assert len(table) == counted["papers"] == len(list(folder.glob("*.pdf")))
    assert sum(row["pages"] for row in table) == counted["pages"] == len(list(folder.glob("*.png")))
    index = (folder / "index.html").read_text("utf-8")
    named = set(re.findall(r'(?:href|src)="([^"]+)"', index))
    assert named == {path.name for path in (*folder.glob("*.pdf"), *folder.glob("*.png"))}
    with Image.open(folder / f"{table[0]['name']}-1.png") as picture:
        assert picture.size == (414, 585)  # 210 by 297 mm, rounded up
    assert main(["gallery", "--out", str(folder)]) == 2


@pytest.mark.parametrize("given", [["--dpi", "49"], ["--dpi", "601"], ["--dpi", "x"], []])
def test_what_cannot_be_understood_ends_with_2(tmp_path: Path, given: list[str]) -> None:
    """A resolution out of bounds, and no directory."""
    out = ["--out", str(tmp_path / "gallery")] if given else []
    with pytest.raises(SystemExit) as ended:
        main(["gallery", *given, *out])
    assert ended.value.code == 2
    assert not (tmp_path / "gallery").exists()


def test_a_directory_with_anything_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is mixed with a gallery, and a file is no directory."""
    (tmp_path / "letter").write_text("mine")
    assert main(["gallery", "--out", str(tmp_path)]) == 2
    assert main(["gallery", "--out", str(tmp_path / "letter")]) == 2
    assert "not an empty directory" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_one_seed_one_gallery(workshop: Workshop) -> None:
    """The cases are the same for one seed; another seed has other residents."""
    assert Workshop().cases == workshop.cases
    assert Workshop(seed=1).cases != workshop.cases


def test_the_cases_are_those_that_a_form_must_cope_with(workshop: Workshop) -> None:
    """1 to 12 people, foreign and mixed, Latin names of 60 letters, variants, the second plane, 旧氏, 通称."""
    records = [case.facts for case in workshop.cases if isinstance(case.facts, CertificateFacts)]
    people = [person for facts in records for person in facts.people]
    assert {1, 2, 4, 5, 12} <= {len(facts.people) for facts in records}
    assert {len({type(person.items) for person in facts.people}) for facts in records} == {1, 2}
    assert any(person.name.isascii() and len(person.name) >= 60 for person in people)
    assert any("\U000e0102" in person.name for person in people)
    assert any("𠮷" in person.name for person in people)
    assert any(isinstance(person.former_name, str) for person in people)
    assert any(isinstance(person.items, ForeignItems) and isinstance(person.items.alias, str) for person in people)


def test_the_longest_names_are_the_longest(workshop: Workshop) -> None:
    """One letter more and the form refuses: the limit is where the gallery shows it."""
    names = {case.name: case.facts for case in workshop.cases if "-longest-" in case.name}
    assert len(names) == 8
    for facts in names.values():
        assert isinstance(facts, CertificateFacts)
        assert len(facts.people[0].name) > 40


def test_a_pictures_size_is_the_papers(papers: tuple[Paper, ...]) -> None:
    """A4 at so many dots to the inch, grey, a picture a page."""
    several = next(paper for paper in papers if paper.pages == 2)
    drawn = list(pictures(several.signed, 100))
    assert [(picture.size, picture.mode) for picture in drawn] == [((827, 1170), "L")] * 2
