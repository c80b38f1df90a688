"""The screens' fonts, served by the kiosk itself: the scripts of all its languages, whatever the machine has installed.

The files are those of the packages in `requirements/fonts` (SIL Open Font License 1.1), which the installation puts
into the environment. Each family comes cut into pieces of some 20 KB, and its style sheet says which characters stand
in which (`unicode-range`), so that a page loads the few that its words need. `static/letters.css` says which family
serves which language. Residents' names are another thing: they are drawn with the certificate's own font, which
letters.css names.

At the start the style sheets are read and nothing else: 19 MB of pieces are not kept in each process of a visit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["LIBRARY", "Fonts", "FontsMissing", "bundled_fonts"]

LIBRARY: Final = Path(sys.prefix) / "share" / "konbini" / "fonts" / "node_modules"
"""Where the installation puts the packages."""
_SHEETS: Final = (
    "@fontsource/biz-udpgothic/400.css",
    "@fontsource/biz-udpgothic/700.css",
    "@fontsource/noto-sans-myanmar/400.css",
    "@fontsource/noto-sans-myanmar/700.css",
    "@fontsource-variable/noto-sans/index.css",
    "@fontsource-variable/noto-sans-devanagari/index.css",
    "@fontsource-variable/noto-sans-kr/index.css",
    "@fontsource-variable/noto-sans-sc/index.css",
    "@fontsource-variable/noto-sans-tc/index.css",
    "@fontsource-variable/noto-sans-thai/index.css",
)
_SOURCE: Final = re.compile(r"src: url\(\./files/([\w-]+\.woff2)\) (format\('woff2(?:-variations)?'\))[^;]*;")


class FontsMissing(Exception):  # noqa: N818 - the answer to an installation that cannot serve a screen
    """A package of fonts is not installed, or is none that this module can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """What is served.

    Attributes:
        style_sheet: the `@font-face` rules, with addresses below /fonts/.
        files: the pieces, by the name in those addresses.
    """

    style_sheet: bytes
    files: Mapping[str, Path]

    def piece(self, name: str) -> bytes | None:
        """Return a piece, read anew: some 20 KB, and a visit asks for each once. None where there is no such name."""
        return self.files[name].read_bytes() if name in self.files else None


def bundled_fonts(library: Path = LIBRARY) -> Fonts:
    """Read the style sheets of all packages.

    Raises:
        FontsMissing: naming the package.
    """
    rules: list[str] = []
    files: dict[str, Path] = {}
    for sheet in _SHEETS:
        text = _read(library / sheet)
        found = {match[1]: library / sheet.rpartition("/")[0] / "files" / match[1] for match in _SOURCE.finditer(text)}
        if len(found) != text.count("@font-face") or not all(path.is_file() for path in found.values()):
            raise FontsMissing(f"{sheet} does not name a file for each of its rules")
        # Text waits for its font: each piece is on this machine, and a letter that changes its shape disturbs.
        rules.append(_SOURCE.sub(r"src: url(/fonts/\1) \2;", text).replace("font-display: swap", "font-display: block"))
        files |= found
    return Fonts(style_sheet="".join(rules).encode(), files=files)


def _read(sheet: Path) -> str:
    try:
        return sheet.read_text("utf-8")
    except OSError as error:
        raise FontsMissing(f"{sheet.name} of {sheet.parent.name}: requirements/install.sh installs it") from error
