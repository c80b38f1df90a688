"""A loop of virtual time for one test."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from konbini.simulation.world.loop import WorldLoop

__all__ = ["in_world"]

T = TypeVar("T")


def in_world(work: Coroutine[Any, Any, T], seed: int = 1) -> T:
    """Run something in a world of its own."""
    loop = WorldLoop(seed)
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
