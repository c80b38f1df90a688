"""Hands the town's people to the ward's registry, before the registry serves for the first time."""

from __future__ import annotations

from collections.abc import Callable

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.simulation.town.town import Town
from konbini.ward_server.residents.config import read_config
from konbini.ward_server.residents.importing.takeover import Approval, import_rows
from konbini.ward_server.residents.main import open_registry

__all__ = ["take_over"]

_SOURCE = "the made-up town's list"


async def take_over(
    town: Town, clock: Clock, entropy: Entropy, *, progress: Callable[[int], None] = lambda _count: None
) -> int:
    """Import every resident, in one transaction; a registry that has its people already is left as it is.

    Args:
        town: with its configurations written.
        clock: for the moment of entry.
        entropy: for what the registry seals and salts.
        progress: told how many residents were read, in the store's thread.

    Returns:
        How many were imported now: all, or none.

    Raises:
        TownRefused, Refused: the registry does not take the people.
        ConfigRefused, AlreadyOwned, SchemaRefused, ValueError, OSError: the registry cannot be opened.
    """
    config = read_config(town.configs / "registry.toml")
    async with open_registry(config, clock, entropy) as rooms:
        position = await rooms.store.read(lambda reading: reading.position())
        if position.number:
            return 0
        return await import_rows(
            rooms.store,
            rooms.vault,
            rooms.pen,
            clock,
            map(town.row, town.population.people),
            approval=Approval(entered_by="town-office-1", approved_by="town-office-2", source=_SOURCE),
            progress=progress,
        )
