"""What lies between two processes of the world, and how fair it can be."""

from __future__ import annotations

import random
from typing import Protocol

from konbini.simulation.world.processes import Process

__all__ = ["Clear", "Weather"]


class Weather(Protocol):
    """What lies between two processes."""

    def delay(self, sender: Process, receiver: Process, *, near: bool) -> float | None:
        """Give the seconds that bytes take now; None while nothing gets through."""

    def cuts(self, sender: Process, receiver: Process, *, near: bool) -> bool:
        """Say whether the connection breaks at these bytes, after a part of them."""

    def spoils(self, sender: Process, receiver: Process, *, near: bool) -> bool:
        """Say whether a bit of these bytes turns over on the way."""


class Clear:
    """Fair weather."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def delay(self, _sender: Process, _receiver: Process, *, near: bool) -> float | None:
        """Give some milliseconds between machines, some tens of microseconds within one."""
        return self._chance.random() * (5e-5 if near else 5e-3)

    def cuts(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Never."""
        del near
        return False

    def spoils(self, _sender: Process, _receiver: Process, *, near: bool) -> bool:
        """Never."""
        del near
        return False
