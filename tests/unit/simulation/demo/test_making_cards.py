"""A card's key takes its time; the loop in which the shop's devices answer does not wait for it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from konbini.kiosk import controller
from konbini.simulation.card.applet import Card
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.shop.door import CabinetDoor
from konbini.simulation.town.people import Townsperson


class SlowStock:
    """A town whose cards are ready when somebody else has been served meanwhile."""

    def __init__(self) -> None:
        self.served = threading.Event()

    def card_of(self, _person: Townsperson) -> Card:
        """Wait, as for a key."""
        if not self.served.wait(timeout=5.0):
            raise TimeoutError("nobody was served meanwhile")
        return Card(None)


async def test_the_door_answers_while_a_card_is_made(tmp_path: Path) -> None:
    """A switch that does not answer counts as opened: it must not wait for a key."""
    stock = SlowStock()
    town = cast("RunningTown", SimpleNamespace(town=stock))
    async with CabinetDoor(tmp_path / "door"):
        making = asyncio.create_task(RunningTown.card_of(town, cast("Townsperson", None)))
        await asyncio.sleep(0)
        assert await controller.ask(tmp_path / "door", "STATE", most_bytes=64) == b"SHUT\n"
        stock.served.set()
        await making
