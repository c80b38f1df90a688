"""What a shop's staff do between two customers: fill the tray before it is empty."""

from __future__ import annotations

from typing import Protocol

__all__ = ["LOW_TRAY", "Tray", "keep_filled"]

LOW_TRAY = 50
"""Sheets below which a tray is filled: more than the longest paper has."""


class Tray(Protocol):
    """A printer's paper."""

    @property
    def sheets(self) -> int:
        """How many sheets there are."""

    async def refill(self) -> None:
        """Fill it."""


async def keep_filled(tray: Tray) -> None:
    """Fill a tray that is low; one that is not stays as it is."""
    if tray.sheets < LOW_TRAY:
        await tray.refill()
