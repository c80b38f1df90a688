"""The bell by the till: a lamp, a buzzer that sounds once a ring, a line for each word (`konbini.kiosk.shop.bell`)."""

from __future__ import annotations

from pathlib import Path

from konbini.simulation.line_device import LineDevice

__all__ = ["TillBell"]

_LINES = {
    "CABINET": "キオスク端末の扉が開けられました",
    "PAPER": "証明書が残っています（交番・警察署へ）",
    "CARD": "カードが残っています",
    "COINS": "硬貨が残っています",
}


class TillBell(LineDevice):
    """The bell at a socket; what it shows and how often it sounded can be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, self._do)
        self.words: tuple[str, ...] = ()
        self.sounded = 0

    @property
    def lit(self) -> bool:
        """Whether the lamp is on."""
        return bool(self.words)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is written on it."""
        return tuple(_LINES[word] for word in self.words)

    def _do(self, line: str) -> str:
        if line == "QUIET":
            self.words = ()
            return "OK"
        command, _, rest = line.partition(" ")
        words = tuple(rest.split(","))
        if command != "RING" or not set(words) <= set(_LINES):
            return "UNKNOWN"
        self.words = words
        self.sounded += 1
        return "OK"
