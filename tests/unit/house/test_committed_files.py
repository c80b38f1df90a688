"""What is committed names no place that it was downloaded from, no machine that it was written on, and no key."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# One letter of each stands in brackets, so that this file does not find itself.
FORBIDDEN = {
    "a registry's address": r"[p]ythonhosted\.|[p]ypi\.o|registry\.[n]pmjs|[n]pmjs\.c|(deb|snapshot)\.[d]ebian\.",
    "a path of one machine": r"/[h]ome/[a-z]|/[r]oot/|/[w]ork/|/[U]sers/",
    "a private key": r"BEGIN ([A-Z]+ )?[P]RIVATE KEY",
}
NAME = re.compile(r"^[A-Za-z0-9._-]+", re.ASCII)


def committed() -> list[Path]:
    """Return the files that git knows, and that are still there."""
    listed = subprocess.run(["/usr/bin/git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def found(pattern: str, text: str) -> list[str]:
    """Return the matches of `pattern`."""
    return [match[0] for match in re.finditer(pattern, text)]


def normal(requirement: str) -> str:
    """Return the normal form of a requirement's name (PEP 503)."""
    match = NAME.match(requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_committed_file_names(what: str) -> None:
    """Not in sources, not in documents, not in locks."""
    guilty = {}
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if matches := found(FORBIDDEN[what], text):
            guilty[str(path.relative_to(ROOT))] = matches
    assert guilty == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a registry's address", f"--index-url https://{'pypi'}.org/simple"),
        ("a path of one machine", f"cd /{'home'}/taro"),
        ("a private key", f"-----BEGIN EC {'PRIVATE'} KEY-----"),
    ],
)
def test_it_would_be_found(what: str, text: str) -> None:
    """The patterns see what they look for."""
    assert found(FORBIDDEN[what], text)


def test_the_lock_holds_every_dependency_with_its_hash() -> None:
    """What pyproject.toml names is pinned in requirements/all.txt; every pin has a hash, and nothing has an address."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    named = {normal(line) for line in (*project["dependencies"], *(line for extra in extras for line in extra))}
    lock = (ROOT / "requirements" / "all.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert named <= {normal(entry) for entry in entries}
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,-]+\])?==[^ ]+ \\\n    --hash=sha256:", entry), entry[:60]
        assert "://" not in entry


def test_every_system_package_has_a_reason() -> None:
    """A line of requirements/system-packages.txt is a package and why."""
    lines = (ROOT / "requirements" / "system-packages.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages
    assert [line for line in packages if not re.fullmatch(r"[a-z0-9.+-]+ +# \S.*", line)] == []


def test_decisions_are_numbered_without_gaps() -> None:
    """docs/adr/NNNN-title.md, each beginning with its number and saying whether it is accepted."""
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    for number, record in enumerate(records, start=1):
        text = record.read_text(encoding="utf-8")
        assert record.name.startswith(f"{number:04d}-"), record.name
        assert text.startswith(f"# {number:04d}. "), record.name
        assert re.search(r"^Status: (accepted|superseded by \d{4})$", text, re.MULTILINE), record.name


def test_every_file_beside_the_source_is_installed_with_it() -> None:
    """An editable install finds them all; an installed package has those that pyproject.toml names."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = tools["package-data"]["*"]
    beside = [path for path in committed() if path.is_relative_to(ROOT / "konbini") and path.suffix != ".py"]
    assert beside
    assert [str(path) for path in beside if not any(path.match(pattern) for pattern in patterns)] == []
