"""Numbered migration files, applied when rows are opened.

A migration is `NNNN_name.sql` in a resource directory of the package that owns the rows, numbered from 0001 without
gaps. Each is one transaction together with its line in `applied_migration`, so that a crash leaves a whole number of
them. What was applied is compared by digest at each start: a store written by a newer build, or with a migration that
has been edited since, is refused and left as it is.

A room whose tables several stores hold declares them once, in a file of its own, and a migration names that file where
its text is to stand:

    -- include process/log.sql

The path is below the package `konbini`. The digest is of the whole text, so that an edit of the file is seen too.

There is one text for both engines, SQLite's: `konbini.process.postgresql.dialect` says it in PostgreSQL's words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["LEDGER", "Migration", "SchemaRefused", "not_applied", "read_migrations"]

LEDGER = "CREATE TABLE IF NOT EXISTS applied_migration (number INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT"
"""Where a store keeps which migrations were applied to it."""

_NAME = re.compile(r"(?P<number>[0-9]{4})_[a-z0-9_]+\.sql", re.ASCII)
_INCLUDE = re.compile(r"^-- include (?P<path>[a-z_/]+\.sql)$", re.ASCII | re.MULTILINE)


class SchemaRefused(Exception):  # noqa: N818 - the answer to a file or a build that does not fit
    """This build and these rows do not belong together; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of a schema; `number` counts from 1."""

    number: int
    statements: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text."""
        return hashlib.sha256(self.statements.encode()).digest()


def read_migrations(directory: Traversable) -> tuple[Migration, ...]:
    """Read the migrations of `directory`, in order; other files are passed over.

    Raises:
        SchemaRefused: there is none, or the numbers have a gap or a double.
        OSError: a file that one includes is not there.
    """
    named = [(match, entry) for entry in directory.iterdir() if (match := _NAME.fullmatch(entry.name))]
    migrations = sorted(
        (
            Migration(number=int(match["number"]), statements=_whole(entry.read_text(encoding="utf-8")))
            for match, entry in named
        ),
        key=lambda migration: migration.number,
    )
    numbers = [migration.number for migration in migrations]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise SchemaRefused(f"migrations are numbered from 1 without gaps, not {numbers}")
    return tuple(migrations)


def _whole(text: str) -> str:
    """Put the text of each included file in its place."""
    shared = files("konbini")
    return _INCLUDE.sub(lambda match: shared.joinpath(match["path"]).read_text(encoding="utf-8").rstrip(), text)


def not_applied(migrations: tuple[Migration, ...], applied: Sequence[tuple[int, bytes]]) -> tuple[Migration, ...]:
    """Give what is left to apply.

    Args:
        migrations: of this build.
        applied: number and digest of what the store knows of, in order.

    Raises:
        SchemaRefused: the store is newer than this build, or a migration was edited after it had been applied.
    """
    expected = [(migration.number, migration.digest) for migration in migrations[: len(applied)]]
    if list(applied) != expected:
        raise SchemaRefused(
            f"{len(applied)} migrations are applied and differ from the {len(migrations)} of this build"
        )
    return migrations[len(applied) :]
