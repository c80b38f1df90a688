"""requirements/install.sh, where it must stop: no administrator, or no Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy what the script reads, with two packages in the list that no Debian has."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "requirements" / "system-packages.txt").open("a", encoding="utf-8") as packages:
        packages.write("\nkonbini-missing-one   # a reason\nkonbini-missing-two\n")
    return tmp_path


def run(tree: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the tree, with nothing on its standard input."""
    return subprocess.run(  # noqa: S603 - fixed programs
        command,
        cwd=tree,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_an_administrator_it_says_exactly_what_is_missing(tree: Path) -> None:
    """As a user who is not root and has no sudo: the missing packages, the command, and nothing made."""
    answer = run(tree, "/usr/bin/unshare", "--user", "--map-user=65534", "/bin/bash", "requirements/install.sh")
    assert answer.returncode == 1
    assert answer.stderr.count("konbini-missing-one") == answer.stderr.count("konbini-missing-two") == 2
    assert "apt-get install konbini-missing-one konbini-missing-two" in answer.stderr
    assert "gcc" not in answer.stderr
    assert not (tree / ".venv").exists()


@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "not asked for"])
def test_what_only_a_measurement_needs_is_taken_where_it_is_asked_for(tree: Path, *, asked: bool) -> None:
    """A second list, by its name; nobody else is made to install it."""
    with (tree / "requirements" / "relay-packages.txt").open("a", encoding="utf-8") as packages:
        packages.write("\nkonbini-missing-three  # a reason\n")
    more = ("--with", "relay-packages.txt") if asked else ()
    answer = run(tree, "/usr/bin/unshare", "--user", "--map-user=65534", "/bin/bash", "requirements/install.sh", *more)
    assert answer.returncode == 1
    assert ("konbini-missing-three" in answer.stderr) is asked


def test_where_there_is_no_debian_it_says_so(tree: Path, tmp_path: Path) -> None:
    """On another system it does not guess."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dirname").symlink_to("/usr/bin/dirname")
    answer = run(tree, "/bin/bash", "requirements/install.sh", PATH=str(tmp_path / "bin"))
    assert answer.returncode == 1
    assert "Debian 12" in answer.stderr
