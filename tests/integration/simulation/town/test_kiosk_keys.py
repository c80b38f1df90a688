"""A kiosk whose device keys are open to others: neither of its processes starts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from konbini.kiosk.config import read_config
from konbini.simulation.town.configs import write_kiosk_config
from konbini.simulation.town.town import Town
from tests.integration.simulation.town.conftest import DEVICES, PORTS


@pytest.fixture
def config(town: Town, tmp_path: Path) -> Path:
    """The configuration of a kiosk of a town whose files are this test's own."""
    own = replace(town, root=Path(shutil.copytree(town.root, tmp_path / "town")))
    return write_kiosk_config(own, town.kiosks[0], PORTS, DEVICES)


def started(module: str, config: Path, *descriptors: int) -> tuple[int, str]:
    """Start a process of the kiosk; gives its status and what it said."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", module, str(config), *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("which", ["signing_key", "sealing_key"])
def test_the_long_lived_process_does_not_start(config: Path, which: str) -> None:
    """Both device keys are its own."""
    key: Path = getattr(read_config(config), which)
    key.chmod(0o604)
    status, said = started("konbini.kiosk.host", config)
    assert (status, f"{key.name} is open to others" in said) == (2, True), said


def test_a_visit_does_not_start(config: Path) -> None:
    """It signs with the device key too."""
    key = read_config(config).signing_key
    key.chmod(0o604)
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as listener:
        status, said = started("konbini.kiosk.visit", config, listener.fileno(), theirs.fileno())
    assert (status, f"{key.name} is open to others" in said) == (2, True), said
