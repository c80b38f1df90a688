"""The mechanism of a printer: paper, cover, toner, the lifetime counter, and the exit where pages lie.

Owns what a hand can touch. The counter is on disk before the page is told (a printer's non-volatile memory), so that it
survives the end of every process; each printed side stands in the tray as a PNG, numbered in the order of printing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from konbini.kiosk.printing.ports import A4
from konbini.simulation.printer.sheets import Sheet

__all__ = ["FULL_TRAY", "Mechanism"]

FULL_TRAY = 250
_RESOLUTION = (300, 300)
_ANY = -1


class Mechanism:
    """One printer's paper path.

    Args:
        tray: where printed sides come out, as "<number>-<page>.png".
        memory: the file that holds the lifetime counter.
        paper: sheets loaded.
    """

    def __init__(self, *, tray: Path, memory: Path, paper: int) -> None:
        self._tray = tray
        self._memory = memory
        self._upon: dict[int, Callable[[], None]] = {}
        self.paper = paper
        self.medium = A4
        self.jammed = self.cover_open = self.toner_out = False
        self.lying = 0
        """Sheets that nobody took yet."""
        self.impressions = int(memory.read_text("ascii")) if memory.exists() else 0
        """The counter as the printer keeps it."""
        self.sides = max([self.impressions, *(int(page.name.partition("-")[0]) for page in self.pages())])
        """What was printed in truth; the same number unless the counter is at fault."""

    def upon(self, pages: int | None, act: Callable[[], None]) -> None:
        """Let something happen when the next document has put `pages` pages out and draws in the next sheet.

        Without a number it happens with the next sheet, whichever that is.
        """
        self._upon[_ANY if pages is None else pages] = act

    def forget(self) -> None:
        """Let nothing happen that was wanted and has not happened yet."""
        self._upon.clear()

    def jam_after(self, pages: int | None) -> None:
        """Jam when the next document has put `pages` pages out, the sheet that jams not counted; None: with any."""
        self.upon(pages, lambda: setattr(self, "jammed", True))

    def empty_after(self, pages: int) -> None:
        """Find no sheet when the next document has put `pages` pages out, whatever the tray's sensor says before."""
        self.upon(pages, lambda: setattr(self, "paper", 0))

    def feed(self, page: int) -> None:
        """Draw in the sheet for what comes behind page `page`; it may jam here, or not be there."""
        act = self._upon.pop(page, None) or self._upon.pop(_ANY, None)
        if act is not None:
            act()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why nothing can be printed, as keywords of printer-state-reasons."""
        faults = {
            "media-jam": self.jammed,
            "cover-open": self.cover_open,
            "toner-empty": self.toner_out,
            "media-empty": not self.paper,
            "media-needed": not self.paper or self.medium != A4,
        }
        return tuple(word for word, there in faults.items() if there)

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

    def take_paper(self) -> int:
        """Take what lies in the exit and return how many sheets it was; their pictures stay in the tray."""
        taken, self.lying = self.lying, 0
        return taken


def _keep(path: Path, text: str) -> None:
    """Replace a small file so that it holds the old text or the new, also when the power goes."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
