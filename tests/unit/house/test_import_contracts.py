"""The import contracts of pyproject.toml are kept, and each of them would be broken by what it forbids."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

BREACHES = {
    "a service imports another": ("konbini/kiosk/__init__.py", "import konbini.ward_server", "Imports run one way"),
    "the wire imports a process": ("konbini/protocol/errors.py", "import konbini.process.clock", "Imports run one way"),
    "a room without a place": ("konbini/helpers.py", "", "helpers"),
    "the center keeps a file": (
        "konbini/issuance_center/relay/routing.py",
        "import tempfile",
        "cannot hold a document",
    ),
    "the center keeps rows": ("konbini/issuance_center/lines.py", "import sqlite3", "cannot hold a document"),
    "the center reads paper": ("konbini/issuance_center/lines.py", "import konbini.pdf", "cannot hold a document"),
    "the kiosk draws": ("konbini/kiosk/printing/raster.py", "import konbini.pdf.fonts", "verifies and rasterises"),
    "the kiosk composes": ("konbini/kiosk/visit/ward.py", "import konbini.pdf.composition", "verifies and rasterises"),
    "the clerk reads with what writes": (
        "konbini/pdf/file_structure.py",
        "import konbini.pdf.objects",
        "shares nothing with what writes",
    ),
    "the kiosk signs": ("konbini/kiosk/printing/raster.py", "import konbini.pdf.signing", "Only the clerk signs"),
    "the kiosk's check signs": ("konbini/pdf/update.py", "import konbini.pdf.signing", "verifies and rasterises"),
    "issuing signs": ("konbini/ward_server/issuing/visits.py", "import konbini.pdf.signing", "Only the clerk signs"),
    "the clerk speaks PKCS #11": ("konbini/ward_server/clerk/clerk.py", "import pkcs11", "Only the token's key"),
    "the verifier asks somebody": ("konbini/verifier/lists.py", "import aiohttp", "The verifier asks nobody"),
    "the verifier draws": ("konbini/verifier/pictures.py", "import konbini.pdf.fonts", "The verifier asks nobody"),
    "the verifier signs": ("konbini/verifier/document.py", "import konbini.pdf.signing", "Only the clerk signs"),
    "the verifier asks for a time-stamp": (
        "konbini/verifier/logs/checking.py",
        "import konbini.time_stamps.asking",
        "The verifier asks nobody",
    ),
    "a command has keys of the world": (
        "konbini/commands/verify.py",
        "import konbini.simulation.world.keys",
        "Only the simulation has keys",
    ),
    "a command knows the museum": (
        "konbini/commands/verify.py",
        "import konbini.simulation.museum.altering",
        "Nobody but its own command and the simulation's knows",
    ),
    "the catalogue imports production": (
        "konbini/simulation/museum/catalogue/ours.py",
        "import konbini.protocol.errors",
        "imports nothing that could be altered",
    ),
    "a prekey is kept": ("konbini/ward_server/issuing/prekeys.py", "import sqlite3", "Prekeys live in memory alone"),
    "a service leans on the verifier": (
        "konbini/kiosk/visit/ward.py",
        "import konbini.verifier",
        "Imports run one way",
    ),
    "a signed act knows the console": (
        "konbini/ward_server/signed_acts/guard.py",
        "import konbini.ward_server.console.act",
        "Inside the ward",
    ),
    "kept settings know issuing": (
        "konbini/ward_server/settings/kept/versions.py",
        "import konbini.ward_server.issuing.states",
        "Inside the ward",
    ),
    "the clerk knows issuing": (
        "konbini/ward_server/clerk/index.py",
        "import konbini.ward_server.issuing.states",
        "Inside the ward",
    ),
    "a store speaks asyncpg": ("konbini/ward_server/issuing/copy.py", "import asyncpg", "Only the session"),
    "the kiosk keeps rows at a server": (
        "konbini/kiosk/host/journal.py",
        "import konbini.process.stores",
        "in a file of their own",
    ),
    "a screen speaks PC/SC": ("konbini/kiosk/ui/pages.py", "import smartcard", "Only the card room"),
    "the directory opens a file": ("konbini/kiosk/places/directory.py", "import pathlib", "Pure rooms"),
    "the flow knows time": ("konbini/kiosk/session/flow.py", "import time", "Pure rooms"),
    "the relay waits": ("konbini/issuance_center/relay/routing.py", "import asyncio", "Pure rooms"),
    "the rules draw lots": ("konbini/ward_server/issuing/rules.py", "import secrets", "Pure rooms"),
}


def check(place: Path) -> tuple[int, str]:
    """Run import-linter over the tree at `place`; its cache stays out of the way."""
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return answer.returncode, answer.stdout + answer.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the package and its contracts."""
    shutil.copytree(ROOT / "konbini", tmp_path / "konbini", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_contracts_are_kept() -> None:
    """As the tree stands."""
    status, output = check(ROOT)
    assert status == 0, output


@pytest.mark.parametrize("breach", sorted(BREACHES))
def test_a_breach_is_seen(tree: Path, breach: str) -> None:
    """One import that a contract forbids breaks that contract by name."""
    module, line, contract = BREACHES[breach]
    with (tree / module).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    status, output = check(tree)
    assert status == 1, output
    named = [text for text in output.splitlines() if "BROKEN" in text or "helpers" in text]
    assert any(contract in text for text in named), output
