"""Visits as simulated processes: how they end, and with which status a kiosk sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from konbini.kiosk.channel.host import HostClient
from konbini.kiosk.channel.messages import HostMethod
from konbini.kiosk.payment.means import Means
from konbini.kiosk.visit.tools import Tools
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.counter.glass import Glass
from konbini.simulation.world.counter.life import Being, PlainBeing
from konbini.simulation.world.counter.visits import PlainMemory, SimulatedVisits
from tests.unit.kiosk.session.atlas import Atlas


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tools:
    """A visit that never gets its turn asks its host alone."""

    host: HostClient


def _visits(host: Being | None = None) -> SimulatedVisits:
    def make_tools(host: HostClient, being: Being) -> Tools:
        assert being.alive
        return cast("Tools", _Tools(host=host))

    return SimulatedVisits(
        make_tools=make_tools,
        new_being=lambda _name: PlainBeing(),
        host=host,
        glass=Glass(),
        places=Atlas(),
        means=Means.COINS,
    )


async def _never(_arguments: Sequence[Value]) -> Value:
    await asyncio.Event().wait()
    return None


async def _refuse(_arguments: Sequence[Value]) -> Value:
    raise Refused(Code.BUSY, "no turn")


async def _wrong(_arguments: Sequence[Value]) -> Value:
    return True  # and then no word of wards


async def test_a_killed_visit_is_seen_as_killed() -> None:
    """By its status, and by its place among the living."""
    visits = _visits()
    visit, warm = await visits.start({HostMethod.TURN: _never}), await visits.start({HostMethod.TURN: _never})
    assert visits.serving is visit
    await asyncio.sleep(0)
    visit.kill()
    assert await visit.wait() == -9
    assert visits.serving is warm
    await visit.end()
    await warm.end()
    assert visits.serving is None


@pytest.mark.parametrize(
    ("turn", "status"),
    [pytest.param(_refuse, 2, id="refused"), pytest.param(_wrong, 2, id="no wards")],
)
async def test_a_visit_that_cannot_go_on(turn: Callable[[Sequence[Value]], Awaitable[Value]], status: int) -> None:
    """As its program would end."""
    visit = await _visits().start({HostMethod.TURN: turn})
    assert await visit.wait() == status
    await visit.end()


async def test_a_visit_whose_host_died() -> None:
    """It ends by itself, as its program does when its channel is gone."""
    host = PlainBeing()
    visit = await _visits(host).start({HostMethod.TURN: _never})
    await asyncio.sleep(0.01)
    host.kill()
    assert await visit.wait() == 3
    await visit.end()


def test_a_document_is_wiped_where_it_lay() -> None:
    """Whoever still has the view reads zeros."""
    memory = PlainMemory()
    memory.hold(b"somebody's paper")
    view = memory.view
    assert bytes(view) == b"somebody's paper"
    memory.wipe()
    assert not any(view)
    assert not memory.view
