"""The paper path of a printer: sheets, cover, toner, what jams and when. No file: what comes out is its owner's.

Owns what a hand can touch, whatever carries the pages.
"""

from __future__ import annotations

from collections.abc import Callable

from konbini.kiosk.printing.ports import A4

__all__ = ["FULL_TRAY", "PaperPath"]

FULL_TRAY = 250
_ANY = -1


class PaperPath:
    """One printer's paper path; `paper`: sheets loaded."""

    def __init__(self, *, paper: int) -> None:
        self._upon: dict[int, Callable[[], None]] = {}
        self.paper = paper
        self.medium = A4
        self.jammed = self.cover_open = self.toner_out = False
        self.lying = 0
        """Sheets that nobody took yet."""

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

    def take_paper(self) -> int:
        """Take what lies in the exit and return how many sheets it was."""
        taken, self.lying = self.lying, 0
        return taken
