"""Each mutant before one whole ward, with real papers: wrong without its defences, right with them, and with one.

The scenes run in processes of their own, since their source is altered. What a random workload finds is the simulated
world's to show; here one moment of it is played.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from konbini.simulation.museum.catalogue import CATALOGUE, named
from tests.integration.museum.scenes import SCENES
from tests.integration.ward_server.ward import make_keys

_ROOT = Path(__file__).parents[3]
_PROGRAM = Path(__file__).parent / "staged.py"
_OFTEN = ("yokohama-2023", "kure-2024")
"""What `make test` plays; all of them take their time."""
_NOT_ENOUGH = {
    ("anothers-row", "completion-compares-versions"),  # by chance the version of the other's record is the same
    ("registry-restored", "feed-without-gaps"),  # the chain is looked at when the registry's numbers pass the copies'
}
"""Defences that do not suffice alone."""


def _cases(*, single: bool) -> list[Any]:
    return [
        pytest.param(mutant.name, defence.name, id=f"{mutant.name} {defence.name}", marks=pytest.mark.long)
        if single
        else pytest.param(mutant.name, id=mutant.name, marks=[] if mutant.name in _OFTEN else pytest.mark.long)
        for mutant in CATALOGUE
        if mutant.name in SCENES
        for defence in (mutant.defences if single else mutant.defences[:1])
    ]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the town's keys once; every scene finds them as they stand."""
    folder = tmp_path_factory.mktemp("keys") / "town"
    make_keys(folder)
    return folder


@pytest.mark.parametrize("name", _cases(single=False))
def test_it_shows_without_its_defences_and_is_caught_with_them(
    name: str, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """More than no wrong paper, then none."""
    everything = [defence.name for defence in named(name).defences]
    off = _play(name, everything, keys, tmp_path_factory.mktemp("s"))
    assert (off["unaltered"], off["wrong"] > 0) == ([], True), off
    on = _play(name, [], keys, tmp_path_factory.mktemp("s"))
    assert (on["unaltered"], on["wrong"]) == ([], 0), on


@pytest.mark.parametrize(("name", "stays"), _cases(single=True))
def test_which_single_defence_suffices(
    name: str, stays: str, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every other is taken away; nearly each suffices."""
    others = [defence.name for defence in named(name).defences if defence.name != stays]
    told = _play(name, others, keys, tmp_path_factory.mktemp("s"))
    assert bool(told["wrong"]) is ((name, stays) in _NOT_ENOUGH), told


def _play(name: str, without: list[str], keys: Path, folder: Path) -> dict[str, Any]:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(_PROGRAM), str(keys), str(folder), name, ",".join(without)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told
