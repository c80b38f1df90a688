"""Disks of the world: what a death at either edge of a commit leaves, and what a full disk answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from konbini.process.rows import AlreadyOwned, NotStored
from konbini.process.statements import Connection
from konbini.simulation.world.disk import Disk
from konbini.simulation.world.processes import Process
from tests.notes import add, texts
from tests.places import NOTES
from tests.unit.simulation.world.worlds import in_world


@dataclass
class Told:
    """A disk that does what a test tells it to."""

    full: bool = False
    kill_when: bool | None = None
    steps: list[tuple[str, ...]] = field(default_factory=list)

    def seconds(self, _owner: Process) -> float:
        """Take a millisecond."""
        return 1e-3

    def refuses(self, _owner: Process) -> bool:
        """Say whether it is full."""
        return self.full

    def kills(self, _owner: Process, steps: tuple[str, ...], *, committed: bool) -> bool:
        """Say whether the process dies here."""
        self.steps.append(steps)
        return committed is self.kill_when


def _disk(faults: Told) -> Disk:
    return Disk(name="notes", faults=faults, wall=lambda: 0)


def _there(disk: Disk) -> list[str]:
    return disk.look(texts)


@pytest.mark.parametrize("committed", [False, True])
def test_killed_at_an_edge_of_a_commit(committed: bool) -> None:  # noqa: FBT001 - which edge
    """Nothing of the group is there, or all of it; nobody was answered."""

    async def die() -> list[str]:
        disk, writer = _disk(Told(kill_when=committed)), Process(name="writer")

        async def write() -> list[object]:
            rows = disk.open(NOTES)
            return await asyncio.gather(*(rows.write(add(text)) for text in "abc"), return_exceptions=True)

        answers = writer.start(write())
        await asyncio.wait((answers,))
        assert not writer.alive
        assert answers.cancelled() or all(isinstance(one, NotStored) for one in answers.result())
        return _there(disk)

    assert in_world(die()) == (list("abc") if committed else [])


def test_a_new_life_finds_what_was_committed() -> None:
    """And may open what its own dead past held, while another living process may not."""

    async def live() -> list[str]:
        disk, first, second = _disk(Told()), Process(name="writer"), Process(name="writer")

        async def write(text: str) -> None:
            await disk.open(NOTES).write(add(text))

        await first.start(write("kept"))
        with pytest.raises(AlreadyOwned):
            await second.start(write("refused"))
        first.kill()
        await second.start(write("too"))
        return _there(disk)

    assert in_world(live()) == ["kept", "too"]


def test_a_full_disk_promises_nothing_and_goes_on_when_there_is_room() -> None:
    """`NotStored` for all of the group; the next is stored."""

    async def fill() -> list[str]:
        faults = Told(full=True)
        disk = _disk(faults)
        rows = disk.open(NOTES)
        with pytest.raises(NotStored):
            await rows.write(add("lost"))
        faults.full = False
        await rows.write(add("kept"))
        return _there(disk)

    assert in_world(fill()) == ["kept"]


def test_callers_that_wait_together_are_one_group() -> None:
    """As in production; one caller's exception undoes its own change alone."""

    def fail(connection: Connection) -> None:
        connection.execute("INSERT INTO note (id, text) VALUES (77, 'undone')")
        raise LookupError

    async def write() -> tuple[list[str], int]:
        faults = Told()
        disk = _disk(faults)
        rows = disk.open(NOTES)
        answers = await asyncio.gather(
            rows.write(add("a"), step="a"),
            rows.write(fail, step="fail"),
            rows.write(add("b"), step="b"),
            return_exceptions=True,
        )
        assert isinstance(answers[1], LookupError)
        return _there(disk), len(set(faults.steps))

    assert in_world(write()) == (["a", "b"], 1)


def test_a_backup_put_back() -> None:
    """What was written since is gone."""

    async def restore() -> list[str]:
        disk, writer = _disk(Told()), Process(name="writer")

        async def write(text: str) -> None:
            await disk.open(NOTES).write(add(text))

        await writer.start(write("before"))
        copy = disk.backup()
        writer.kill()
        later = Process(name="writer")
        await later.start(write("since"))
        with pytest.raises(AlreadyOwned):
            disk.restore(copy)
        later.kill()
        disk.restore(copy)
        return _there(disk)

    assert in_world(restore()) == ["before"]
