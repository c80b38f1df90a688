"""A defence: one named check in our code that a fault runs into, and what takes it away."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.simulation.museum.altering import Alteration

__all__ = ["Defence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """One check.

    Attributes:
        name: how the command and the pages call it.
        duty: what it refuses, in one sentence.
        alterations: our source without it.
    """

    name: str
    duty: str
    alterations: tuple[Alteration, ...]
