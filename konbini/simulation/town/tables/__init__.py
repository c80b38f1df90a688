"""The lists that names and places are put together from, as TOML files beside this one."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

__all__ = ["read_table"]


def read_table(name: str) -> dict[str, Any]:
    """Read `name`.toml as it was parsed; whoever asks makes its own types of it.

    Raises:
        FileNotFoundError: no such list.
    """
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
