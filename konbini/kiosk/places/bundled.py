"""Reads the directory that comes with this package: the one module of this room, beside its tool, that opens a file."""

from __future__ import annotations

from pathlib import Path

from konbini.kiosk.places.directory import Places

__all__ = ["MUNICIPALITIES", "POSTCODES", "bundled"]

MUNICIPALITIES = Path(__file__).with_name("municipalities.tsv")
POSTCODES = Path(__file__).with_name("postcodes.tsv")


def bundled() -> Places:
    """Read all municipalities of Japan: some twenty milliseconds, to be spent once, before a visit begins.

    Raises:
        OSError: the files are not there.
        ValueError: they are not as `making` writes them.
    """
    return Places.read(MUNICIPALITIES.read_text(encoding="utf-8"), POSTCODES.read_text(encoding="utf-8"))
