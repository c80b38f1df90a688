"""The gallery's papers, made once a session; and a judge that runs a program."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from konbini.simulation.gallery.making import Paper, Workshop

Run = Callable[..., str]


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    """Face, forms and a key."""
    return Workshop()


@pytest.fixture(scope="session")
def papers(workshop: Workshop) -> tuple[Paper, ...]:
    """Every paper: drawn, read by the clerk, signed."""
    return tuple(workshop.papers())


@pytest.fixture
def run() -> Run:
    """Run a judge and return what it says; it must be content."""

    def _run(*command: str | Path) -> str:
        made = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - a judge, by name
        assert made.returncode == 0, made.stdout + made.stderr
        return made.stdout

    return _run
