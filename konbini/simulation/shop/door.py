"""The door of the kiosk's cabinet and its switch, which remembers an opening until it has been asked."""

from __future__ import annotations

from pathlib import Path

from konbini.simulation.line_device import LineDevice

__all__ = ["CabinetDoor"]


class CabinetDoor(LineDevice):
    """The door behind a socket (`konbini.kiosk.maintenance.cabinet_switch`); it begins shut."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, self._do)
        self._open = False
        self._latched = False

    def open(self) -> None:
        """Open it, as with the key."""
        self._open = self._latched = True

    def shut(self) -> None:
        """Shut it."""
        self._open = False

    def _do(self, line: str) -> str:
        if line != "STATE":
            return "UNKNOWN"
        latched, self._latched = self._latched, False
        if self._open:
            return "OPEN"
        return "OPENED" if latched else "SHUT"
