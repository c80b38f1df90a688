"""`konbini verify`: files and lists in, one sentence and one exit code out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from konbini.commands.main import main
from konbini.commands.verify import verify
from konbini.pdf.paper_seal.status import Status
from konbini.simulation.clock import SettableClock
from tests.papers import NOON, OTHER_NUMBER, Municipality, jpeg, png, seals_of, sheet


@pytest.fixture(scope="module")
def municipality() -> Municipality:
    """Fresh keys."""
    return Municipality.make()


@pytest.fixture
def lists(municipality: Municipality, tmp_path: Path) -> list[str]:
    """The options that name the lists, and the pinned key."""
    (tmp_path / "issuers").write_bytes(municipality.issuers())
    (tmp_path / "status").write_bytes(municipality.statuses((Status.VALID, Status.VOID, Status.WITHDRAWN)))
    authority = municipality.authority.verifying.point.hex()
    return ["--issuers", f"{tmp_path}/issuers", "--status", f"{tmp_path}/status", "--authority", authority]


def ran(given: list[str]) -> int:
    """Run the command at noon."""
    return verify(given, SettableClock(NOON * 1000))


def photo(folder: Path, name: str, code: bytes) -> str:
    """Write a photo of a page."""
    page = sheet(code, dpi=200)
    (folder / name).write_bytes(jpeg(page) if name.endswith("jpg") else png(page))
    return str(folder / name)


def test_a_genuine_certificate(
    municipality: Municipality, lists: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two photos of two pages: 0, a sentence in each language, and every fact."""
    codes = municipality.codes(seals_of(5))
    photos = [photo(tmp_path, f"{place}.jpg", code) for place, code in enumerate(codes, 1)]
    assert ran([*photos, *lists]) == 0
    said = capsys.readouterr().out
    assert said.startswith("この内容は、東京都澄川区が令和８年１１月２０日に証明したものです。")
    assert "Sumikawa City, Tokyo certified this content on 20 November 2026" in said
    assert "a copy shows the same code" in said
    for seal in seals_of(5):
        assert [item.value for item in seal.items if isinstance(item.value, str) and item.value not in said] == []


def test_the_machines_form(
    municipality: Municipality, lists: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with verdict, reason, sentences, status and facts."""
    assert ran([photo(tmp_path, "1.png", municipality.codes(seals_of())[0]), *lists, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["exit"], told["reason"]) == ("valid", 0, "valid")
    (one,) = told["certificates"]
    assert (one["municipality"], one["issued_on"], one["seen"]) == ("131997", "2026-11-20", [1])
    assert {"page": 1, "person": 1, "item": "name", "ja": "氏名", "en": "Name", "text": "葛\U000e0102西　太郎"} in one[
        "facts"
    ]
    assert {fact["item"]: fact.get("mark") for fact in one["facts"]}["individual_number"] == "omitted"
    assert told["files"] == [{"name": "1.png", "sheets": 1, "reasons": [], "file_signature": "none"}]


def test_each_verdict_has_its_exit_code(
    municipality: Municipality, lists: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 not checkable, 4 forged, 5 void or withdrawn, 6 incomplete, 7 unknown key."""
    first, second = municipality.codes(seals_of(5))
    stranger = municipality.codes(seals_of(5, OTHER_NUMBER))[1]
    cases = [
        (3, [b"a shop's address"]),
        (4, [first, stranger]),
        (4, [first, second[:-1] + bytes([second[-1] ^ 1])]),
        (5, municipality.codes(seals_of(status_index=1))),
        (5, municipality.codes(seals_of(status_index=2))),
        (6, [second]),
        (7, Municipality.make().codes(seals_of())),
    ]
    for expected, codes in cases:
        photos = [photo(tmp_path, f"{place}.png", code) for place, code in enumerate(codes)]
        assert ran([*photos, *lists, "--json"]) == expected
        assert json.loads(capsys.readouterr().out)["exit"] == expected


def test_lists_that_cannot_be_used(
    municipality: Municipality, lists: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list that somebody else signed: nothing is checked, and nothing is said of the paper."""
    (tmp_path / "status").write_bytes(Municipality.make().statuses((Status.VALID,)))
    page = photo(tmp_path, "1.png", municipality.codes(seals_of())[0])
    assert ran([page, *lists]) == 3
    assert "cannot be used" in capsys.readouterr().out
    assert ran([page, *lists, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["reason"] == "lists_unusable"


def test_the_pinned_key_is_read_from_the_settings(
    municipality: Municipality, lists: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed once, kept where settings are kept; without it nothing is believed."""
    page = photo(tmp_path, "1.png", municipality.codes(seals_of())[0])
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert ran([page, *lists[:4]]) == 2
    (tmp_path / "konbini").mkdir()
    (tmp_path / "konbini" / "directory-authority.hex").write_text(lists[5] + "\n", encoding="ascii")
    assert ran([page, *lists[:4]]) == 0


def test_a_file_that_is_not_there(lists: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the command that is wrong, not the paper."""
    assert main(["verify", str(tmp_path / "none.png"), *lists]) == 2
    assert "none.png" in capsys.readouterr().err
