"""Reading a municipality's own files (TOML): every key once, of its type, and none that is unknown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

__all__ = ["Table", "TemplateInvalid", "reading"]

T = TypeVar("T")


class TemplateInvalid(ValueError):  # noqa: N818 - it is met at start by whoever wrote the file
    """A municipality's file is not what it should be; the text names file and key."""


@contextmanager
def reading(path: Path) -> Iterator[Table]:
    """Read a file while the context lasts.

    Raises:
        TemplateInvalid: it cannot be read, what was read of it is wrong, or something of it was not read.
    """
    try:
        table = Table(tomllib.loads(path.read_text(encoding="utf-8")))
        yield table
        table.refuse_rest()
    except (OSError, ValueError, RecursionError) as error:  # the last: brackets within brackets
        raise TemplateInvalid(f"{path.name}: {error}") from error


class Table:
    """A TOML table whose keys are taken one by one, each once and of its type."""

    def __init__(self, entries: dict[str, object]) -> None:
        self._rest = dict(entries)

    def has(self, key: str) -> bool:
        """Say whether a key is still there."""
        return key in self._rest

    def take(self, key: str, kind: type[T]) -> T:
        """Take a value.

        Raises:
            ValueError: it is missing, or of another type.
        """
        value = self._rest.pop(key, None)
        if type(value) is not kind:
            raise ValueError(f"{key}: a {kind.__name__} is needed")
        return value

    def part(self, key: str) -> Table:
        """Take a table within.

        Raises:
            ValueError: it is missing, or no table.
        """
        return Table(self.take(key, dict))

    def parts(self, key: str) -> list[Table]:
        """Take a list of tables, at least one.

        Raises:
            ValueError: it is missing, empty, or no list of tables.
        """
        found = self.take(key, list)
        if not found or not all(isinstance(one, dict) for one in found):
            raise ValueError(f"{key}: tables are needed")
        return [Table(one) for one in found]

    def refuse_rest(self) -> None:
        """Refuse what was not taken.

        Raises:
            ValueError: naming the keys.
        """
        if self._rest:
            raise ValueError(f"unknown: {', '.join(sorted(self._rest))}")
