"""Production cannot reach the museum: no entry point imports it or has its hook, and each module is as it lies."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[4]
_ENTRIES = (
    "konbini.commands.main",
    "konbini.issuance_center.main",
    "konbini.kiosk.host.main",
    "konbini.kiosk.visit.main",
    "konbini.ward_server.clerk.main",
    "konbini.ward_server.console.main",
    "konbini.ward_server.issuing.main",
    "konbini.ward_server.residents.main",
    "konbini.commands.museum",
)
_LOOK = """
import importlib, sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
importlib.import_module(sys.argv[1])
assert not [finder for finder in sys.meta_path if getattr(finder, "__module__", "").startswith("konbini")]
if not sys.argv[1].endswith(".museum"):
    assert not [name for name in sys.modules if name.startswith("konbini.simulation.museum")]
for name, module in list(sys.modules.items()):
    if name.startswith("konbini") and getattr(module, "__file__", None):
        assert type(module.__spec__.loader) is SourceFileLoader, name
        assert module.__spec__.loader.get_source(name) == Path(module.__file__).read_text("utf-8"), name
"""


@pytest.mark.parametrize("entry", _ENTRIES)
def test_no_entry_point_has_the_hook(entry: str) -> None:
    """Each in a process of its own; what it imported is what lies on the disk."""
    subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-c", _LOOK, entry], check=True, env={"PYTHONPATH": str(_ROOT)}, cwd=_ROOT
    )


def test_the_installed_scripts_are_looked_at() -> None:
    """Whatever is installed as a command is among the entry points above."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {place.partition(":")[0] for place in project["scripts"].values()} <= set(_ENTRIES)
    mains = {  # each `__main__` calls the `main` beside it
        ".".join((*path.relative_to(_ROOT).parent.parts, "main"))
        for path in (_ROOT / "konbini").rglob("__main__.py")
        if "simulation" not in path.parts
    }
    assert mains <= set(_ENTRIES)


def test_only_its_own_run_installs_the_hook() -> None:
    """No other module of ours puts a finder on the path of imports, or calls the museum's `install`.

    `konbini simulate --mutant` does so too, in the process that then runs the world.
    """
    found = set()
    for path in (_ROOT / "konbini").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "meta_path" in source or "museum.altering" in source:
            found |= {path.relative_to(_ROOT / "konbini").as_posix()} if _installs(source) else set()
    assert found == {"simulation/museum/altering.py", "simulation/museum/run.py", "commands/simulate.py"}


def _installs(source: str) -> bool:
    """Say whether a module touches the path of imports or calls `install`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "meta_path":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "install":
            return True
    return False
