"""`konbini screens`: pictures and index; and a folder that is not its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from konbini.commands.main import main
from konbini.kiosk.maintenance.specimens import SERVICE_SPECIMENS
from konbini.kiosk.ui.specimens import OVERLAID, SPECIMENS

ROOT = Path(__file__).parents[3]
MOST_BYTES = 40 * 1024


def test_two_screens_in_two_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Small pictures of half the size, named in the index; a second time the old ones go."""
    folder = tmp_path / "screens"
    assert main(["screens", "--out", str(folder), "--only", "notice", "--only", "ward"]) == 0
    assert "4 pictures of 2 screens" in capsys.readouterr().out
    pictures = {path.name for path in folder.glob("*.png")}
    assert pictures == {"notice.ja.png", "notice.en.png", "ward.ja.png", "ward.en.png"}
    assert set(re.findall(r'src="([^"]+)"', (folder / "README.md").read_text("utf-8"))) == pictures
    for path in folder.glob("*.png"):
        assert path.stat().st_size <= MOST_BYTES
        with Image.open(path) as picture:
            assert picture.size == (540, 960)
            assert len(picture.convert("RGB").getcolors(256) or []) > 5
    assert main(["screens", "--out", str(folder), "--only", "ward"]) == 0
    assert {path.name for path in folder.glob("*.png")} == {"ward.ja.png", "ward.en.png"}


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written there and nothing goes."""
    (tmp_path / "mine.png").write_bytes(b"mine")
    assert main(["screens", "--out", str(tmp_path)]) == 2
    assert "something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.png"]


def test_the_committed_pictures_are_of_every_screen() -> None:
    """A screen that came or went shows here; how it looks is for the eye."""
    pictures = list((ROOT / "docs" / "screens").glob("*.png"))
    assert len(pictures) == 2 * len((*SPECIMENS, *OVERLAID, *SERVICE_SPECIMENS))
    assert max(path.stat().st_size for path in pictures) <= MOST_BYTES
    named = re.findall(r'src="([^"]+)"', (ROOT / "docs" / "screens" / "README.md").read_text("utf-8"))
    assert sorted(named) == sorted(path.name for path in pictures)
