"""The shop of a running town: its bell, the door of the kiosk's cabinet, one maintainer whose password is made now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from konbini.kiosk.maintenance.passwords import hashed
from konbini.process.entropy import Entropy
from konbini.simulation.shop.bell import TillBell
from konbini.simulation.shop.door import CabinetDoor

__all__ = ["RunningShop", "running_shop"]

_MAINTAINER = "hoshu"
_PASSWORD_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningShop:
    """What stands in the shop; `password` is the maintainer's, of this run alone."""

    bell: TillBell
    door: CabinetDoor
    maintainers: Path
    maintainer: str
    password: str
    service_port: int

    @property
    def service_page(self) -> str:
        """The address of the kiosk's service page."""
        return f"http://127.0.0.1:{self.service_port}/"


@asynccontextmanager
async def running_shop(run: Path, entropy: Entropy, *, service_port: int) -> AsyncIterator[RunningShop]:
    """Run the shop's devices while the context lasts, with their sockets and the file of maintainers under `run`."""
    password = entropy.token(_PASSWORD_BYTES).hex()
    maintainers = run / "maintainers.toml"
    maintainers.write_text(f'[[maintainer]]\nname = "{_MAINTAINER}"\nhash = "{hashed(password)}"\n', encoding="utf-8")
    async with TillBell(run / "bell") as bell, CabinetDoor(run / "door") as door:
        yield RunningShop(
            bell=bell,
            door=door,
            maintainers=maintainers,
            maintainer=_MAINTAINER,
            password=password,
            service_port=service_port,
        )
