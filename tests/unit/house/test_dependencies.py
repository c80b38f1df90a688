"""docs/dependencies.md, pyproject.toml, the imports of the source and the packages' own metadata agree."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BENCH = ROOT / "konbini" / "simulation" / "bench"
ROW = re.compile(r"\| (?P<name>[A-Za-z0-9-]+) \| (?P<licence>[^|]+) \| [^|]+ \| [^|]+ \|")
HEADINGS = {"package"}
# Distributions that are not imported under their own name.
IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "fonttools": "fontTools",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "pyhanko-certvalidator": "pyhanko_certvalidator",
    "pyscard": "smartcard",
    "python-pkcs11": "pkcs11",
    "zxing-cpp": "zxingcpp",
}
# One word that the metadata of a package with this licence holds somewhere, in whatever field it uses.
TELLTALE = {
    "Apache-2.0": "apache",
    "BSD-2-Clause": "bsd",
    "BSD-3-Clause": "bsd",
    "GPL-3.0-or-later": "gnu general public license v3 or later",
    "LGPL-2.1-or-later": "lesser general public",
    "MIT": "mit",
    "MIT-CMU": "mit-cmu",
    "MPL-2.0": "mpl-2.0",
}


def normal(name: str) -> str:
    """Return the normal form of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ]", name)[0]).lower()


def declared() -> tuple[set[str], set[str]]:
    """Return the dependencies of the services and the town, and those of development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = dict(project["optional-dependencies"])
    dev = {normal(line) for line in extras.pop("dev")}
    return {
        normal(line) for line in (*project["dependencies"], *(line for extra in extras.values() for line in extra))
    }, dev


def documented() -> dict[str, str]:
    """Return name and licence of each row of the document."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("## Beside Python")[0]
    rows = [match for match in map(ROW.fullmatch, text.splitlines()) if match and match["name"] not in HEADINGS]
    return {normal(match["name"]): match["licence"] for match in rows}


def licence_words(name: str) -> str:
    """Return all that a package's metadata says of its licence, in small letters; of one that says nothing its text."""
    metadata = importlib.metadata.metadata(name)
    fields = [value for key in ("License-Expression", "License", "Classifier") for value in metadata.get_all(key) or []]
    if not fields:
        files = importlib.metadata.files(name) or []
        fields = [" ".join(file.read_text().split()) for file in files if "license" in file.name.lower()]
    return " ".join(field for field in fields if not field.startswith(("Topic", "Programming", "Framework"))).lower()


def imported(*, peers: bool = False) -> set[str]:
    """Return the top-level packages that the source imports and that are neither ours nor Python's.

    With `peers` it is the benchmark's room, which loads development dependencies to measure them; otherwise the rest.
    """
    found = set()
    for path in (ROOT / "konbini").rglob("*.py"):
        if path.is_relative_to(BENCH) is not peers:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"konbini"}


def test_every_dependency_is_documented_and_nothing_else() -> None:
    """One row for each name of pyproject.toml."""
    run, dev = declared()
    assert set(documented()) == run | dev


def test_every_import_is_declared() -> None:
    """What the source imports does not come by luck with something else."""
    run, dev = declared()
    assert imported() <= {IMPORTED_AS.get(name, name) for name in run}
    assert imported(peers=True) <= {IMPORTED_AS.get(name, name) for name in run | dev}


def test_every_dependency_is_imported() -> None:
    """What no source imports is not asked of who installs a service."""
    run, _dev = declared()
    assert {IMPORTED_AS.get(name, name) for name in run} <= imported()


@pytest.mark.parametrize("name", sorted(documented()))
def test_the_licence_is_the_packages_own(name: str) -> None:
    """Each part of the documented licence is in the package's metadata."""
    for part in re.split(r" AND | OR |, ", documented()[name]):
        assert TELLTALE[part] in licence_words(name), licence_words(name)[:200]


def installed_with(names: set[str]) -> set[str]:
    """Return what is installed along with some packages: all that their metadata require, but for extras."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        try:
            required = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        found.add(name)
        waiting |= {normal(line) for line in required if "extra ==" not in line} - found
    return found


def under_gpl(names: set[str]) -> set[str]:
    """Return those of some packages whose licence has to do with the GPL, the AGPL or the LGPL."""
    return {name for name in names if re.search(r"gpl|general public", licence_words(name))}


def test_nothing_that_runs_is_under_gpl() -> None:
    """Neither what a service or the town asks for nor what that brings along; the LGPL ones are known by name."""
    run, _dev = declared()
    assert under_gpl(installed_with(run)) == {"pyscard"}


def test_a_tests_peer_is_the_only_other() -> None:
    """The lock for developers has one package under the GPL, which no module of ours imports."""
    lock = (ROOT / "requirements" / "all.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==", lock, re.MULTILINE))
    run, dev = declared()
    peers = under_gpl(locked - installed_with(run))
    assert peers == {"pymerkle"}
    assert peers <= dev
    assert not peers & (imported() | imported(peers=True))
