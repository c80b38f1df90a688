"""The clips of one machine: an archive for each language, opened before a visit begins and read without a copy on disk.

An archive (`ja.zip`) holds stored, uncompressed Opus files by their names (`voices.clip_name`), and `names.txt`, the
names of places that it has clips of. It is one file that stays open: which clip a visit asks for leaves no trace on
the disk. What the page asks for by another name than one of the archive's is not there.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from konbini.kiosk.session.look import Language

__all__ = ["INSTALLED", "NAMES", "Clips", "archive"]

INSTALLED: Final = Path(sys.prefix) / "share" / "konbini" / "speech"
"""Where the installation puts the archives."""
NAMES: Final = "names.txt"


def archive(folder: Path, language: Language) -> Path:
    """Return where the clips of a language are."""
    return folder / f"{language.value}.zip"


class Clips:
    """The clips of all languages that this machine speaks; none where it is silent."""

    __slots__ = ("_archives", "_holder", "names")

    def __init__(self, archives: Iterable[tuple[Language, zipfile.ZipFile]] = ()) -> None:
        self._archives = dict(archives)
        self._holder = {name: each for each in self._archives.values() for name in each.namelist() if name != NAMES}
        self.names = {
            language: frozenset(each.read(NAMES).decode().splitlines()) for language, each in self._archives.items()
        }
        """The names of places that have a clip of their own."""

    @classmethod
    def installed(cls, folder: Path = INSTALLED) -> Self:
        """Open what is installed; a machine on which no clips were made is silent.

        Raises:
            OSError, zipfile.BadZipFile: an archive cannot be read.
        """
        found = ((language, archive(folder, language)) for language in Language)
        return cls((language, zipfile.ZipFile(path)) for language, path in found if path.exists())

    @property
    def languages(self) -> frozenset[Language]:
        """The languages that this machine speaks."""
        return frozenset(self._archives)

    def __contains__(self, name: str) -> bool:
        return name in self._holder

    def read(self, name: str) -> bytes | None:
        """Give one clip, None where there is none of that name."""
        return self._holder[name].read(name) if name in self._holder else None

    def close(self) -> None:
        """Close the archives."""
        for each in self._archives.values():
            each.close()
