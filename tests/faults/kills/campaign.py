"""Kills of real processes at every edge of every commit of a store, and a look at what they had acknowledged.

    python -m tests.faults.kills.campaign --engine sqlite|postgresql --kills N [--seed S] [--json FILE]

A worker does real work through a production room and says what was answered to it. It ends itself with SIGKILL at an
edge of the n-th commit that holds a step, and the next one is started on the same store. Once that has recovered,
each thing that the one before had acknowledged is looked for: state, log entry and owed message together. At the end
the whole store is walked, so that nothing of what nobody was answered is half there.

Prints a table, and as its last line {"engine", "kills", "acknowledged", "found_again", "lost"}. Ends with 1 where
anything was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from tests.faults.kills.center_room import CenterRoom
from tests.faults.kills.clerk_room import ClerkRoom
from tests.faults.kills.issuing_room import IssuingRoom
from tests.faults.kills.journal_room import JournalRoom
from tests.faults.kills.registry_room import RegistryRoom
from tests.faults.kills.rooms import Point, Room
from tests.faults.kills.store import Store
from tests.places import Place, PostgresPlace, SqlitePlace, address
from tests.postgres import Server, folder_of_its_own

__all__ = ["main", "rooms_of", "table"]

_AT_START: Final = "recover"
"""The step of a store's start; the others are passed again and again."""
_MOST_PASSES: Final = 8
"""A worker dies at one of the first so many commits that hold its step."""


def rooms_of(engine: str, kills: int) -> tuple[Room, ...]:
    """Give the rooms of an engine: journal and center have files of their own, whatever the ward's engine is."""
    ward: tuple[Room, ...] = (RegistryRoom(), IssuingRoom(kills), ClerkRoom())
    return ward if engine == "postgresql" else (*ward, JournalRoom(), CenterRoom())


@contextlib.contextmanager
def place_of(engine: str) -> Iterator[Place]:
    """Make somewhere for an engine's stores, and remove it."""
    with ExitStack() as ending:
        if engine == "sqlite":
            folder: AbstractContextManager[str] = tempfile.TemporaryDirectory(prefix="konbini-kills-")
            yield SqlitePlace(folder=Path(ending.enter_context(folder)))
        else:
            server = Server(folder=ending.enter_context(folder_of_its_own()))
            # Rows that are written again and again are swept, as they are in a ward.
            ending.enter_context(server.running("autovacuum=on"))
            yield PostgresPlace(server=server, test="kills")


def run(engine: str, kills: int, seed: int) -> tuple[list[Store], list[str]]:
    """Kill so often over all rooms of an engine, in turns; give the stores and what of them is half there."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated from the seed
    half: list[str] = []
    with place_of(engine) as place:
        stores = [Store(room=room, address=address(place, room.name)) for room in rooms_of(engine, kills)]
        for store in stores:
            asyncio.run(store.room.prepare(store.address))
        turns = zip(itertools.cycle(stores), range(kills), strict=False)
        points = {store.room.name: itertools.cycle(_points(store.room, chance)) for store in stores}
        for store, _ in turns:
            point = next(points[store.room.name])
            nth = 1 if point.step == _AT_START else chance.randint(1, _MOST_PASSES)
            store.kill(point, nth)
        for store in stores:
            half.extend(f"{store.room.name}: {one}" for one in store.close())
    return stores, half


def _points(room: Room, chance: random.Random) -> list[Point]:
    points = [Point(room=room.name, step=step, edge=edge) for step in room.steps for edge in ("before", "after")]
    chance.shuffle(points)
    return points


def table(stores: Sequence[Store]) -> Iterator[str]:
    """Give the lines of a table of every point."""
    yield f"{'store':<10}{'commit of':<14}{'killed':<8}{'kills':>6}{'acknowledged':>14}{'found again':>13}{'lost':>6}"
    for store in stores:
        for point, counts in sorted(store.counts.items()):
            yield (
                f"{point.room:<10}{point.step:<14}{point.edge:<8}{counts.kills:>6}{counts.acknowledged:>14,}"
                f"{counts.found:>13,}{counts.lost:>6}"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign and print what came of it."""
    parser = argparse.ArgumentParser(description="kill -9 at every edge of every commit")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the last line is written too")
    read = parser.parse_args(arguments)
    begun = time.monotonic()
    stores, half = run(read.engine, read.kills, read.seed)
    counts = [one for store in stores for one in store.counts.values()]
    told = {
        "engine": read.engine,
        "kills": sum(one.kills for one in counts),
        "acknowledged": sum(one.acknowledged for one in counts),
        "found_again": sum(one.found for one in counts),
        "lost": sum(one.lost for one in counts),
    }
    lines = [*table(stores), *(f"half there: {one}" for one in half), f"{time.monotonic() - begun:.0f} s"]
    sys.stdout.write("\n".join((*lines, json.dumps(told))) + "\n")
    if read.json is not None:
        read.json.parent.mkdir(parents=True, exist_ok=True)
        read.json.write_text(json.dumps(told) + "\n", "utf-8")
    return int(bool(told["lost"] or half))


if __name__ == "__main__":
    sys.exit(main())
