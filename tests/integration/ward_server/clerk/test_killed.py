"""kill -9 of the clerk before and after each of its commits: the number is void, the next order goes on."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from konbini.process.calls import PeerUnreachable
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.simulation.town.town import Town
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.apart import clerk_apart
from tests.integration.ward_server.clerks import Remembering
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward, open_ward
from tests.places import Place

pytestmark = pytest.mark.faults

EVERY = [(edge, step) for step in ("audit", "certify", "seal") for edge in ("before", "after")]
SHORT = {("after", "seal")}


@pytest.fixture
async def ward(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, rows_place: Place | None
) -> AsyncIterator[Ward]:
    """Open a ward whose clerk runs apart."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), without="clerk", place=rows_place) as running:
        await running.go_on_until(running.desk.current.lease_holds)
        yield running


@pytest.mark.parametrize(
    ("edge", "step"),
    [pytest.param(*one, marks=() if one in SHORT else pytest.mark.long) for one in EVERY],
)
async def test_killed_at_the_edge_of_a_commit(ward: Ward, edge: str, step: str) -> None:
    """Nothing is issued for the order; started again the clerk gives what it had sealed, and nothing else."""
    async with clerk_apart(ward) as clerk:
        await clerk.start(edge, step)
        visit = ward.visit(HEAD)
        await visit.open()
        remembering = Remembering(ward.desk.clerk)
        ward.desk = replace(ward.desk, clerk=remembering)
        told = await visit.order()
        assert (told.document, told.code) == (None, Code.BUSY)
        assert ward.issuances() == [(IssuanceState.VOID, Code.BUSY)]
        assert await clerk.died() == -signal.SIGKILL
        sealed = ward.rows("clerk", "SELECT suffix FROM certified WHERE suffix IS NOT NULL")
        assert len(sealed) == ((edge, step) == ("after", "seal"))
        await clerk.start()
        await visit.settle(visit.receipt(Outcome.VOID))
        assert (await visit.order(2)).document is not None
        if sealed:
            await _same_again(ward, remembering, sealed[0][0])
        else:
            assert ward.stops() == {"issuing": None, "clerk": None}
        assert ward.audit("clerk")


async def _same_again(ward: Ward, remembering: Remembering, suffix: bytes) -> None:
    """The same order and bytes get the same signature; other bytes get none, and stop the clerk."""
    order, pdf = remembering.papers[0]
    await remembering.certify(remembering.evidence[0])
    assert (await remembering.seal(order, pdf)).suffix == suffix
    with pytest.raises(Refused) as caught:
        await remembering.seal(order, remembering.papers[1][1])
    assert caught.value.code is Code.SEALED_OTHERWISE
    assert ward.stops()["clerk"] is Code.SEALED_OTHERWISE


async def test_a_clerk_that_is_not_there(ward: Ward) -> None:
    """Menus are made, orders are not: void, and the fee goes back."""
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.order()).code is Code.BUSY
    assert ward.issuances() == [(IssuanceState.VOID, Code.BUSY)]
    with pytest.raises(PeerUnreachable):
        await ward.desk.clerk.seal(bytes(32), b"")
