"""The command `konbini`: every word starts what it says, and what cannot be understood is said."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from konbini.commands.main import COMMANDS, main

_ROOT = Path(__file__).parents[3]
_CONFIGS = {
    "center": "konbini.issuance_center.config",
    "registry": "konbini.ward_server.residents.config",
    "issuing": "konbini.ward_server.issuing.config",
    "clerk": "konbini.ward_server.clerk.config",
    "console": "konbini.ward_server.console.config",
    "kiosk": "konbini.kiosk.config",
}
_UNITS = sorted((_ROOT / "systemd").glob("*.service"))


def test_every_unit_is_met() -> None:
    """The six services of the house have a unit each."""
    assert [unit.stem for unit in _UNITS] == [
        f"konbini-{name}" for name in ("center", "clerk", "console", "issuing", "kiosk", "registry")
    ]


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_that_parses(unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a unit's `ExecStart` types is understood: the service begins, and misses only its configuration."""
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE)
    program, word, *given = line.replace("%d", str(tmp_path)).split()
    assert program == "/opt/konbini/bin/konbini"
    assert unit.stem == f"konbini-{word}"
    assert main([word, *given]) == 2
    said = capsys.readouterr().err
    assert "cannot start" in said
    assert f"{word}.toml" in said


@pytest.mark.parametrize("unit", _UNITS, ids=lambda unit: unit.stem)
def test_a_unit_hands_over_what_its_configuration_names(unit: Path) -> None:
    """Every key that the room's own example of a configuration names is a credential, and no other key is."""
    word = unit.stem.removeprefix("konbini-")
    example = importlib.import_module(_CONFIGS[word]).__doc__
    handed = _files(re.findall(r"^LoadCredential=([^:]+):", unit.read_text("utf-8"), re.MULTILINE))
    named = _files(re.findall(r'"([a-z0-9.-]+)"', str(example)))
    assert f"{word}.toml" in handed
    assert {name for name in named if name.endswith((".key", ".sealing", ".pem"))} <= handed
    assert {name for name in handed if name.endswith((".key", ".sealing"))} <= named


def _files(names: list[str]) -> set[str]:
    """Give the names without the count of a key that is replaced by its next."""
    return {re.sub(r"-[0-9]+\.", ".", name) for name in names}


def test_nothing_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Typed alone, it lists the commands and ends with 2."""
    assert main([]) == 2
    listed = capsys.readouterr().err
    assert all(f"\n  {name} " in listed for name in COMMANDS)


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that nobody knows is said again, with those that are known."""
    assert main(["centre"]) == 2
    said = capsys.readouterr().err
    assert "there is no command 'centre'" in said
    assert "  center" in said


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_every_command_explains_itself(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` ends well and says something."""
    with pytest.raises(SystemExit) as ended:
        main([word, "--help"])
    assert not ended.value.code
    assert capsys.readouterr().out.startswith(f"usage: konbini {word}")


@pytest.mark.parametrize(
    "given",
    [["center"], ["center", "--config"], ["visit", "--config", "x", "a", "b"], ["ward"], ["demo", "--visits", "0"]],
)
def test_what_is_missing_or_wrong_ends_with_2(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A command with too little or with nonsense behind it says how it is used."""
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert "usage: konbini" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "foreign"),
    [
        ("center", ("jinja2", "pyhanko", "smartcard", "uharfbuzz", "PIL")),
        ("registry", ("smartcard", "PIL", "certomancer")),
    ],
)
def test_a_service_asks_for_its_own_libraries_alone(word: str, foreign: tuple[str, ...], tmp_path: Path) -> None:
    """A machine that has only one service's libraries runs that service's command."""
    ran = _run_without(foreign, [word, "--config", str(tmp_path / "none.toml")])
    assert ran.returncode == 2
    assert "cannot start" in ran.stderr


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    """Without its libraries a service says which one is missing, instead of a trace."""
    ran = _run_without(("smartcard",), ["kiosk", "--config", str(tmp_path / "none.toml")])
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "lacks the library smartcard" in ran.stderr


def _run_without(libraries: tuple[str, ...], given: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command in an interpreter to which these libraries are not to be had."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({libraries!r}));"
        f"from konbini.commands.main import main; raise SystemExit(main({given!r}))"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
