"""The mechanism of a printer: paper, cover, toner, the lifetime counter, and the exit where pages lie.

Owns what a hand can touch. The counter is on disk before the page is told (a printer's non-volatile memory), so that it
survives the end of every process; each printed side stands in the tray as a PNG, numbered in the order of printing.
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from konbini.simulation.printer.paper_path import FULL_TRAY, PaperPath
from konbini.simulation.printer.sheets import Sheet

__all__ = ["FULL_TRAY", "Mechanism"]

_RESOLUTION = (300, 300)


class Mechanism(PaperPath):
    """One printer's paper path.

    Args:
        tray: where printed sides come out, as "<number>-<page>.png".
        memory: the file that holds the lifetime counter.
        paper: sheets loaded.
    """

    def __init__(self, *, tray: Path, memory: Path, paper: int) -> None:
        super().__init__(paper=paper)
        self._tray = tray
        self._memory = memory
        self.impressions = int(memory.read_text("ascii")) if memory.exists() else 0
        """The counter as the printer keeps it."""
        self.sides = max([self.impressions, *(int(page.name.partition("-")[0]) for page in self.pages())])
        """What was printed in truth; the same number unless the counter is at fault."""

    def put_out(self, sheet: Sheet, page: int, *, counted: int = 1, back: bool = False) -> None:
        """Count a side and put it into the tray; the picture is ready before the side counts.

        Args:
            sheet: what stands on it.
            page: its number in its document.
            counted: by how much the counter moves.
            back: it stands on the back of the sheet before.
        """
        number = self.sides + 1
        picture = Image.frombytes(sheet.mode, (sheet.width, sheet.height), sheet.pixels)
        hidden = self._tray / f".{number:06d}.part"
        picture.save(hidden, "PNG", compress_level=1, dpi=_RESOLUTION)
        _keep(self._memory, str(self.impressions + counted))
        hidden.rename(self._tray / f"{number:06d}-{page}{'-back' if back else ''}.png")
        self.impressions, self.sides = self.impressions + counted, number
        if not back:
            self.paper, self.lying = self.paper - 1, self.lying + 1

    def pages(self) -> list[Path]:
        """Return the printed sides, in the order in which they came out."""
        return sorted(self._tray.glob("*.png"))


def _keep(path: Path, text: str) -> None:
    """Replace a small file so that it holds the old text or the new, also when the power goes."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
