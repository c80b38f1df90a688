"""A town's list as a file: CSV with a header, or JSON Lines; UTF-8, with or without a byte order mark.

Rows come out in chunks with the number of the line on which each begins; a file of any length is read a chunk at a
time. What is not UTF-8 is read as surrogates, which no row may hold, so that the row's line is named and the reading
goes on. Variation selectors stay as they are.

Limits: a line of JSON has at most 1 MiB, a cell of CSV 128 KiB; a quotation mark that is never closed takes the lines
behind it into its own row.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.importing.rows import CsvForm, JsonForm, RowForm

__all__ = ["CHUNK_ROWS", "Chunk", "Unreadable", "chunks", "open_list", "sha256_of"]

CHUNK_ROWS = 512
_MOST_LINE = 1 << 20
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands in place of a row that is none."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows as they were read, each with its place in the list."""

    rows: tuple[tuple[int, Any], ...]


@contextmanager
def open_list(path: Path, ward: str) -> Iterator[tuple[RowForm, Iterator[Chunk]]]:
    """Open a list: how its rows are read, and the rows.

    Raises:
        Refused: `CHANGE_INVALID`: a header that does not fit, or none.
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        if path.suffix.lower() in _JSON_SUFFIXES:
            yield JsonForm(ward), chunks(_lines(file))
        else:
            reader = csv.reader(file, strict=True)
            yield CsvForm(ward, _header(reader)), chunks(_cells(reader))


def chunks(rows: Iterator[tuple[int, Any]]) -> Iterator[Chunk]:
    """Cut rows into chunks."""
    while taken := tuple(itertools.islice(rows, CHUNK_ROWS)):
        yield Chunk(rows=taken)


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal: what both persons approve."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(reader: Any) -> list[str]:  # noqa: ANN401 - csv's reader has no public type
    try:
        return next(reader)
    except (csv.Error, StopIteration) as error:
        raise Refused(Code.CHANGE_INVALID, "a list without a header") from error


def _cells(reader: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - the same
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Unreadable(f"not CSV: {error}")
        else:
            if row:
                yield line, row


def _lines(file: TextIO) -> Iterator[tuple[int, Any]]:
    for number in itertools.count(1):
        line = file.readline(_MOST_LINE)
        if not line:
            return
        if len(line) == _MOST_LINE and not line.endswith("\n"):
            _skip(file)
            yield number, Unreadable("a line of more than 1 MiB")
        elif text := line.strip(" \t\r\n"):
            yield number, text


def _skip(file: TextIO) -> None:
    """Leave the rest of a line out."""
    while (rest := file.readline(_MOST_LINE)) and not rest.endswith("\n"):
        pass
