"""The services that are measured, each a process of its own as in production, over a town that is made for it.

Center, registry, clerk and `issuing`, on SQLite files below the system's temporary folder. The card authority's
responder and a collector of traces answer from the process that measures. Limits: one ward with one server of each.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.simulation.demo.processes import Service, running
from konbini.simulation.town.configs import free_ports, write_configs
from konbini.simulation.town.layout import make_town
from konbini.simulation.town.responder import OcspResponder
from konbini.simulation.town.takeover import take_over
from konbini.simulation.town.town import Town

__all__ = ["SEED", "SERVICES", "Services", "WholeTown", "make_whole_town", "services"]

SEED: Final = 7
SERVICES: Final[Mapping[str, str]] = {
    "registry": "konbini.ward_server.residents",
    "clerk": "konbini.ward_server.clerk",
    "center": "konbini.issuance_center",
    "issuing": "konbini.ward_server.issuing",
}
"""The processes, by the name of their configuration, in the order in which they start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeTown:
    """A town with its registry filled and its residents' cards made.

    Attributes:
        town: the files.
        cards: how many residents can come.
    """

    town: Town
    cards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Running services: their process ids, and where kiosks dial."""

    pids: Mapping[str, int]
    port: int


async def make_whole_town(  # noqa: PLR0913 - what a town is made from, all named
    folder: Path, clock: Clock, entropy: Entropy, say: Callable[[str], None], *, kiosks: int, cards: int
) -> WholeTown:
    """Make a town whose residents' cards are made beforehand.

    Args:
        folder: made here; its path is short, since sockets go below it.
        clock: the machine's.
        entropy: of its keys.
        say: hears in a line how far it is.
        kiosks: how many it has.
        cards: how many residents shall be able to come; about one in three can.

    Raises:
        ValueError: fewer can.
        Exception: what the registry raises; nothing of it should.
    """
    residents = cards * 4
    say(f"making a town of {residents:,} residents with {kiosks} kiosks, and {cards} cards")
    town = make_town(folder, clock, entropy, seed=SEED, residents=residents, kiosks=kiosks)
    holders = list(itertools.islice(town.population.plain_holders(), cards))
    if len(holders) < cards:
        raise ValueError(f"{len(holders)} of {residents} residents can come")
    await asyncio.to_thread(town.stock().prepare, [person.card for person in holders if person.card is not None])
    write_configs(town, free_ports())
    await take_over(town, clock, entropy)
    return WholeTown(town=town, cards=cards)


@asynccontextmanager
async def services(whole: WholeTown, clock: Clock, entropy: Entropy, *, collector: int) -> AsyncIterator[Services]:
    """Run the services while the context lasts.

    Args:
        whole: over which town.
        clock: the machine's.
        entropy: of the responder.
        collector: the port where traces are taken; 0: nothing is traced.

    Raises:
        DidNotStartError: one of them does not start.
    """
    town, ports = whole.town, replace(free_ports(), collector=collector)
    write_configs(town, ports)
    logs = town.root / "logs"
    logs.mkdir(exist_ok=True)
    async with AsyncExitStack() as ending:
        revocations = town.revocations()
        responder = await OcspResponder.listen(town.answer_maker(revocations), clock, entropy, port=ports.responder)
        responder.lists = town.list_maker(revocations).make
        ending.push_async_callback(responder.close)
        pids = {}
        for name, module in SERVICES.items():
            service = Service(name=name, module=module, config=town.configs / f"{name}.toml")
            pids[name] = (await ending.enter_async_context(running(service, run=town.run, logs=logs))).pid
        yield Services(pids=pids, port=ports.center_kiosks)
