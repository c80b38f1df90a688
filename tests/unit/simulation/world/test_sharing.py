"""Servers that share a disk of the world: one build, a fence before each commit, and a death that the others see."""

from __future__ import annotations

import asyncio
import random

import pytest

from konbini.process.membership import GONE_SECONDS, Member, NotInStep, ServerNames
from konbini.process.rows import NotStored
from konbini.simulation.world.clocks import true_time
from konbini.simulation.world.disk import Disk, SimulatedRows, Sound
from konbini.simulation.world.processes import Process
from tests.notes import add, texts
from tests.places import NOTES
from tests.unit.simulation.world.worlds import in_world

_ALL = ("a", "b")


class _OutOfReach(Sound):
    """A disk that one process cannot reach."""

    def __init__(self) -> None:
        super().__init__(random.Random(1))  # noqa: S311 - a simulation's
        self.from_whom: str | None = None

    def refuses(self, owner: Process) -> bool:
        """Refuse whom it cannot be reached from."""
        return owner.name == self.from_whom


def _disk(faults: Sound | None = None) -> Disk:
    return Disk(name="notes", faults=faults or _OutOfReach(), wall=true_time, shared=True)


async def _opened(disk: Disk, server: Process) -> SimulatedRows:
    async def open_it() -> SimulatedRows:
        return disk.open(NOTES, member=Member.of(ServerNames(name=server.name, all=_ALL), ()))

    return await server.start(open_it())


def test_two_write_in_turn() -> None:
    """Each sees what the other committed, and both are seen to live for as long as they do."""

    async def live() -> list[str]:
        disk, a, b = _disk(), Process(name="a"), Process(name="b")
        rows = [await _opened(disk, server) for server in (a, b)]
        for number in range(3):
            await asyncio.sleep(2 * GONE_SECONDS)
            await a.start(rows[0].write(add(f"a{number}")))
            await b.start(rows[1].write(add(f"b{number}")))
        return disk.look(texts)

    assert in_world(live()) == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_another_build_waits_until_the_old_one_is_gone() -> None:
    """A server that runs what comes next is refused beside one of before, also for a while after its death."""

    async def live() -> list[str]:
        disk, a, b = _disk(), Process(name="a"), Process(name="b", build=1)
        await _opened(disk, a)
        with pytest.raises(NotInStep):
            await _opened(disk, b)
        a.kill()
        with pytest.raises(NotInStep):
            await _opened(disk, b)
        await asyncio.sleep(GONE_SECONDS + 1)
        rows = await _opened(disk, b)
        await b.start(rows.write(add("of the next build")))
        with pytest.raises(NotInStep):
            await _opened(disk, Process(name="a"))
        return disk.look(texts)

    assert in_world(live()) == ["of the next build"]


def test_who_cannot_be_seen_is_gone_and_writes_no_more() -> None:
    """It comes back into reach, and finds that its turn is over."""

    async def live() -> list[str]:
        faults = _OutOfReach()
        disk, a, b = _disk(faults), Process(name="a"), Process(name="b")
        rows = [await _opened(disk, server) for server in (a, b)]
        faults.from_whom = "b"
        await asyncio.sleep(2 * GONE_SECONDS)
        faults.from_whom = None
        with pytest.raises(NotStored, match="Fenced"):
            await b.start(rows[1].write(add("too late")))
        async with asyncio.timeout(GONE_SECONDS):
            await b.start(rows[1].until_unfit())
        await a.start(rows[0].write(add("in its turn")))
        again = await _opened(disk, Process(name="b"))
        await again.close()
        return disk.look(texts)

    assert in_world(live()) == ["in its turn"]
