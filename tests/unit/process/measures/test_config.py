"""[measures]: a port or a socket, and nothing where it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.process.config import ConfigRefused, read_table
from konbini.process.measures.config import MeasuresConfig, read_measures


def read(folder: Path, text: str) -> MeasuresConfig | None:
    """Read a file of this text."""
    path = folder / "a.toml"
    path.write_text(text, encoding="utf-8")
    with read_table(path) as table:
        return read_measures(table)


def test_a_port_or_a_socket(tmp_path: Path) -> None:
    """Each alone; a path is taken from the file's folder."""
    assert read(tmp_path, "") is None
    assert read(tmp_path, "[measures]\nport = 0") == MeasuresConfig(port=0, socket=None)
    found = read(tmp_path, '[measures]\nsocket = "m.sock"')
    assert found == MeasuresConfig(port=None, socket=tmp_path / "m.sock")


@pytest.mark.parametrize(
    "text",
    [
        "[measures]",
        '[measures]\nport = 9471\nsocket = "m.sock"',
        "[measures]\nport = 65536",
        "[measures]\nport = -1",
        '[measures]\nport = 1\nhost = "0.0.0.0"',
        '[measures]\nsocket = ""',
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    """Neither, both, no port, an address that is not the loopback's."""
    with pytest.raises(ConfigRefused):
        read(tmp_path, text)
