"""kill -9 of `issuing` before and after each of its commits: what was acknowledged stands, what was not is void."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from konbini.process.calls import AnswerLost
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.simulation.town.town import Town
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.apart import front_of, issuing_apart
from tests.integration.ward_server.kiosk import Visit
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward, open_ward
from tests.places import Place

pytestmark = pytest.mark.faults

EVERY = [(edge, step) for step in ("open visit", "reserve", "complete", "settle") for edge in ("before", "after")]
SHORT = {("before", "complete"), ("after", "complete")}
STATES = {
    ("before", "reserve"): [],
    ("after", "reserve"): [IssuanceState.VOID],
    ("before", "complete"): [IssuanceState.VOID],
    ("after", "complete"): [IssuanceState.ISSUED],
    ("before", "settle"): [IssuanceState.ISSUED],
    ("after", "settle"): [IssuanceState.SETTLED],
}


@pytest.fixture
async def ward(
    town_keys: Town, tmp_path_factory: pytest.TempPathFactory, rows_place: Place | None
) -> AsyncIterator[Ward]:
    """Open a ward whose `issuing` runs apart."""
    async with open_ward(town_keys, tmp_path_factory.mktemp("w"), without="issuing", place=rows_place) as running:
        yield running


@dataclass(slots=True)
class Sent:
    """What a kiosk had sent when `issuing` died, as far as it came."""

    order: bytes = b""
    receipt: bytes = b""


async def whole_visit(visit: Visit, sent: Sent) -> None:
    """Open, order, print, settle; keep what was sent."""
    await visit.open()
    sent.order = visit.order_body()
    document = (await visit.send_order(sent.order)).given_document
    sent.receipt = visit.receipt(Outcome.PRINTED, number=document.number, taken=document.fee)
    await visit.settle(sent.receipt)


async def conclude(visit: Visit, sent: Sent) -> None:
    """Do what a kiosk does that had no answer: repeat its receipt, or say that nothing was printed."""
    receipt = sent.receipt or visit.receipt(Outcome.VOID)
    final = await visit.settle(receipt)
    assert await visit.settle(receipt) == final


@pytest.mark.parametrize(
    ("edge", "step"),
    [pytest.param(*one, marks=() if one in SHORT else pytest.mark.long) for one in EVERY],
)
async def test_killed_at_the_edge_of_a_commit(ward: Ward, edge: str, step: str) -> None:
    """One number at most was issued, no paper went out unrecorded, and the next visit is served."""
    visit, sent = ward.visit(HEAD), Sent()
    async with issuing_apart(ward) as issuing:
        await issuing.start(edge, step)
        async with front_of(ward):
            with pytest.raises(AnswerLost):
                await whole_visit(visit, sent)
        assert await issuing.died() == -signal.SIGKILL
        await issuing.start()
        async with front_of(ward):
            assert [state for state, _ in ward.issuances()] == STATES.get((edge, step), [])
            if sent.order:
                again = await visit.send_order(sent.order)
                assert (again.kind, again.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)
                await conclude(visit, sent)
            outcomes = ward.rows("issuing", "SELECT outcome FROM receipt")
            assert outcomes == [(Outcome.PRINTED if sent.receipt else Outcome.VOID,)] * bool(sent.order)
            assert ward.cases() == []
            fresh = ward.visit(HEAD)
            assert (await fresh.open()).menu is not None
            told = await fresh.order()
            await fresh.printed(told)
        numbers = ward.rows("issuing", "SELECT count(DISTINCT number), count(*) FROM issuance")
        assert numbers[0][0] == numbers[0][1]
        assert ward.audit("issuing")
        assert ward.stops() == {"issuing": None, "clerk": None}
