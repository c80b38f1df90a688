"""Tasks that stand or fall together: one that ends by itself is noticed, those that are ended are not."""

from __future__ import annotations

import asyncio

import pytest

from konbini.process.tasks import StandingTasks, until_one_fails
from konbini.protocol.errors import Code, Refused


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _fail() -> None:
    raise OSError("the disk is full")


async def _return() -> None:
    """End without a fault: that is an end too."""


@pytest.mark.parametrize("ends", [_fail, _return])
async def test_an_end_is_noticed(ends: object) -> None:
    """The watchdog is told, and whoever waits goes on; the others still run until they are ended."""
    tasks = StandingTasks()
    tasks.start(_for_ever(), "other")
    assert tasks.all_run
    tasks.start(_fail() if ends is _fail else _return(), "ends")
    async with asyncio.timeout(5):
        await tasks.one_ended()
    assert not tasks.all_run
    await tasks.close()


async def test_being_ended_is_no_fault() -> None:
    """A service that is told to end ends its tasks, and that is well."""
    tasks = StandingTasks()
    tasks.start(_for_ever(), "stands")
    await asyncio.sleep(0)
    await tasks.close()
    assert tasks.all_run


async def test_the_first_that_fails_ends_the_others() -> None:
    """What failed comes out as it is; the others are ended first; one that merely ends disturbs nobody."""
    ended = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def done() -> None:
        return

    async def fails() -> None:
        await asyncio.sleep(0)
        raise Refused(Code.MALFORMED)

    with pytest.raises(Refused):
        await until_one_fails(forever(), done(), fails())
    assert ended.is_set()
