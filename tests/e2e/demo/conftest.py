"""The command as a person types it, in a process of its own, with a folder whose path is short enough for sockets."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give an empty folder under a short path."""
    made = Path(tempfile.mkdtemp(prefix="demo-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def konbini() -> str:
    """Give the command that stands beside this interpreter."""
    return str(Path(sys.prefix) / "bin" / "konbini")
