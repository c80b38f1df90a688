"""The controller of a headphone jack, as `konbini.kiosk.speech.jack` asks it.

Its bad habits on demand: a loose contact answers nothing that is known, a dead controller nothing at all.
"""

from __future__ import annotations

from pathlib import Path

from konbini.simulation.line_device import LineDevice

__all__ = ["SimulatedJack"]


class SimulatedJack(LineDevice):
    """One jack; use as an async context manager.

    Args:
        socket: where it answers.
    """

    def __init__(self, socket: Path) -> None:
        super().__init__(socket, self._answer_to)
        self.is_in = False
        """Whether a plug is in it; hands set it."""
        self.is_loose = False
        """Whether its contact is loose."""

    def _answer_to(self, line: str) -> str:
        if line != "STATE" or self.is_loose:
            return "?"
        return "IN" if self.is_in else "OUT"
