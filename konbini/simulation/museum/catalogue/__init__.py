"""Every mutant, in the order of the museum's rooms. Text alone: nothing of production is imported here."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.catalogue import devices, drawn, mixed_up, ours, painted, registers, sources
from konbini.simulation.museum.mutant import Mutant

__all__ = ["CATALOGUE", "named"]

CATALOGUE: Final[tuple[Mutant, ...]] = tuple(
    sorted(
        (
            *(mixed_up.YOKOHAMA, mixed_up.KAWASAKI, mixed_up.MUNAKATA, mixed_up.TAKAMATSU, mixed_up.GOV24_USERS),
            *(registers.ADACHI, registers.SAITAMA, registers.MEGURO, registers.KURE),
            *(drawn.TOKUSHIMA, drawn.GOV24_FIELDS, drawn.OKAYAMA),
            *(ours.WRONG_KEY_AT_OPEN, ours.ANOTHERS_ROW, ours.MEASURE_BEFORE_COMPLETION, ours.MEASURE_AT_PRINTER),
            ours.APPLIED_TWICE,
            *(devices.PRINTS_CANCELLED, devices.CARD_SWAPPED),
            *(sources.SERIAL_OF_TWO_ISSUERS, painted.ANOTHERS_PICTURE, sources.STATUS_LAGS),
            sources.REGISTRY_RESTORED,
        ),
        key=lambda mutant: mutant.number,
    )
)
"""The museum."""


def named(name: str) -> Mutant:
    """Find a mutant.

    Raises:
        KeyError: there is none of this name.
    """
    return {mutant.name: mutant for mutant in CATALOGUE}[name]
