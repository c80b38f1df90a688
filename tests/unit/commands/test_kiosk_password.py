"""`konbini kiosk-password`: what is printed is a maintainer's entry that the kiosk reads, and holds no password."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from konbini.commands.main import main
from konbini.kiosk.maintenance.passwords import read_maintainers

PASSWORD = "correct horse battery"  # noqa: S105 - of this test alone


def test_an_entry_lets_its_maintainer_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed into a pipe; what comes out goes into the file as it is."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["kiosk-password", "hoshu-1"]) == 0
    entry = capsys.readouterr().out
    assert PASSWORD not in entry
    path = tmp_path / "maintainers.toml"
    path.write_text(entry, encoding="utf-8")
    maintainers = read_maintainers(path)
    assert maintainers.verify("hoshu-1", PASSWORD)
    assert not maintainers.verify("hoshu-1", f"{PASSWORD} ")


@pytest.mark.parametrize(("name", "password"), [("保守", PASSWORD), ("a b", PASSWORD), ("hoshu-1", "short")])
def test_what_cannot_be_used_ends_with_2(
    name: str, password: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An odd name, a short password: a sentence, and no entry."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    assert main(["kiosk-password", name]) == 2
    assert capsys.readouterr().out == ""
