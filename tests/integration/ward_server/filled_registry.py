"""The registry of a town, with its residents: taken over at its first start, as a ward does on its first day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.listing import write_csv, write_json_lines
from konbini.simulation.town.town import Town
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents import main as registry_main
from konbini.ward_server.residents.importing.main import take_list
from konbini.ward_server.residents.importing.takeover import Approval, Reports, import_rows
from tests.integration.ward_server.people import rows

__all__ = ["filled_registry"]


@asynccontextmanager
async def filled_registry(
    town: Town, clock: SettableClock, entropy: SeededEntropy, listed: str | None
) -> AsyncIterator[None]:
    """Serve it; the first time it takes its residents over, from a file of the name `listed` or at hand."""
    path = town.configs / "registry.toml"
    approval = Approval(entered_by="aoki", approved_by="bando", source="a list for tests")
    if listed is not None and not (town.root / listed).exists():
        await _take_file(town, town.root / listed, clock, entropy, approval)
    config = registry_config.read_config(path)
    async with registry_main.open_registry(config, clock, entropy) as rooms:
        if not (await rooms.store.read(lambda reading: reading.position())).number:
            residents = rows(town.card_authority)
            await import_rows(rooms.store, rooms.vault, rooms.pen, clock, residents, approval=approval)
        async with registry_main.serve(config, rooms, clock) as works:
            rotating = asyncio.create_task(works.rotation.run())
            yield
            rotating.cancel()
            await asyncio.gather(rotating, return_exceptions=True)


async def _take_file(town: Town, file: Path, clock: SettableClock, entropy: SeededEntropy, approval: Approval) -> None:
    residents = rows(town.card_authority)
    if file.suffix == ".csv":
        write_csv(file, residents)
    else:
        write_json_lines(file, residents)
    config = town.configs / "registry.toml"
    reports = Reports()
    await take_list(config, file, clock, entropy, approval=approval, sha256=None, processes=0, reports=reports)
