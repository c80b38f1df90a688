"""Visits from the card to the paper in the simulated world, before a ward that runs as itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from konbini.kiosk.channel.messages import Step
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.order_views import EndView, OutcomeView
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.card.apdu import Instruction
from konbini.simulation.card.habits import At, Swap
from konbini.simulation.printer.jobs import Lie
from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.counter.shop import STAFF
from konbini.simulation.world.counter.witness import NOBODY
from tests.integration.simulation.world.conftest import Stand
from tests.integration.ward_server.people import ALONE, HEAD

FEE = 200


async def test_from_the_card_to_the_paper(stand: Stand) -> None:
    """One certificate comes out before the one who asked for it, who takes it; what was paid is the ward's fee."""
    stay = await stand.visited(stand.person())
    assert isinstance(stay.last, EndView)
    (line,) = stay.last.lines
    assert (line.code, line.fee) == (None, FEE)
    (sheet,) = stand.records.sheets
    assert (sheet.before, sheet.taken_by, stay.sheets) == (HEAD, HEAD, [sheet])
    assert (stay.paid_in, stay.got_back) == (FEE, 0)
    assert sum(one.yen for one in stand.records.money) == FEE
    assert stand.outcomes() == [Outcome.PRINTED]


async def test_several_certificates_and_change(stand: Stand) -> None:
    """Two copies are paid with a note together, and the change is taken along; each comes out once."""
    stay = await stand.visited(
        stand.person(habits=Habits(coins=(1000,), shows_names=True)), Errand(copies=2, lists=True)
    )
    assert isinstance(stay.last, EndView)
    assert [line.code for line in stay.last.lines] == [None, None]
    assert [sheet.before for sheet in stand.records.sheets] == [HEAD, HEAD]
    assert stay.paid_in - stay.got_back == 2 * FEE
    assert State.OWN_LIST in stay.states
    assert stand.outcomes() == [Outcome.PRINTED, Outcome.PRINTED]


@pytest.mark.parametrize(
    ("step", "outcome", "kept"),
    [
        pytest.param(Step.ASKING_MONEY, Outcome.CANCELLED, 0, id="paying"),
        pytest.param(Step.ORDERING, Outcome.VOID, 0, id="ordering"),
        pytest.param(Step.HANDED, Outcome.PRINTED, FEE, id="handed"),
    ],
)
async def test_a_killed_visit_is_settled(stand: Stand, step: Step, outcome: Outcome, kept: int) -> None:
    """Whoever stood there has the money back or the paper, and the next visit begins when neither lies there."""
    killing = asyncio.create_task(stand.kill_visit_once(step))
    stay = await stand.visited(stand.person())
    await killing
    assert stay.last is None
    await stand.until(State.START)
    assert stand.outcomes() == [outcome]
    assert stay.paid_in - stay.got_back == kept
    assert [sheet.taken_by for sheet in stand.records.sheets] == [HEAD] * (kept // FEE)
    assert stand.counter.slot.holder is None


async def test_a_kiosk_that_starts_anew_settles_what_it_left(stand: Stand) -> None:
    """The long-lived process ends with its visits while the page is printed; the next one finds that it came out."""
    printer = stand.counter.printer
    printer.temper = replace(printer.temper, page_seconds=8.0)
    visiting = asyncio.create_task(stand.begun(stand.person()).visit())
    await stand.ward.go_on_until(lambda: stand.step() is Step.HANDED)
    await stand.end()
    await stand.start()
    await stand.ward.go_on_until(visiting.done)
    await stand.until(State.START)
    assert stand.outcomes() == [Outcome.PRINTED]
    assert [sheet.taken_by for sheet in stand.records.sheets] == [HEAD]
    assert visiting.result().paid_in == FEE


async def test_a_cancelled_page_that_comes_late_meets_nobody(stand: Stand) -> None:
    """The printer calls a jammed job cancelled and prints it once the jam is cleared: no visit has begun until then."""
    printer = stand.counter.printer
    printer.lies = (Lie.PRINTS_CANCELLED,)
    printer.jam_after(0)
    stay = await stand.visited(stand.person())
    assert isinstance(stay.last, OutcomeView)
    assert (stay.last.code, stay.paid_in - stay.got_back, stand.records.sheets) == (Code.JAM, 0, [])
    coming = asyncio.create_task(stand.begun(stand.person(ALONE)).visit())
    await stand.until(State.OUT_OF_SERVICE)
    printer.jammed = False
    printer.moved()
    await stand.ward.go_on_until(lambda: bool(printer.exit))
    await stand.ward.clock.advance(30)
    assert stand.counter.flow.standing == NOBODY
    printer.take(STAFF)
    await stand.ward.go_on_until(coming.done)
    late, own = stand.records.sheets
    assert (late.before, late.taken_by) == (NOBODY, STAFF)
    assert (own.before, own.taken_by) == (ALONE, ALONE)


async def test_the_shop_is_called_for_a_page_that_nobody_ordered(stand: Stand) -> None:
    """It comes out between two visits: the kiosk serves nobody until somebody of the shop has taken it away."""
    printer = stand.counter.printer
    printer.lies = (Lie.PRINTS_CANCELLED,)
    printer.jam_after(0)
    await stand.visited(stand.person())
    printer.jammed = False
    printer.moved()
    await stand.ward.go_on_until(lambda: bool(printer.exit))
    await stand.ward.go_on_until(lambda: not printer.exit)
    (late,) = stand.records.sheets
    assert (late.before, late.taken_by) == (NOBODY, STAFF)
    await stand.until(State.START)


async def test_a_card_swapped_in_one_poll_is_refused(stand: Stand) -> None:
    """The card that was recognised is the one that must sign; nothing is asked of a ward with the other one."""
    other = stand.card(ALONE)
    habits = Habits(swaps_card_at=State.PIN)
    stay = await stand.visited(stand.person(habits=habits, other_card=other))
    assert isinstance(stay.last, OutcomeView)
    assert (stay.last.code, stand.opened()) == (Code.CARD_CHANGED, 0)


async def test_a_card_that_mimics_the_swapped_one_is_refused(stand: Stand) -> None:
    """It stands as if its PIN had been verified, and signs; the signature is not the recognised certificate's."""
    at = At(instruction=Instruction.PERFORM_SECURITY_OPERATION)
    stand.counter.slot.armed.arm(Swap(at=at, to=stand.card(ALONE), mimic=True))
    stay = await stand.visited(stand.person())
    assert isinstance(stay.last, OutcomeView)
    assert (stay.last.code, stand.opened()) == (Code.CARD_CHANGED, 0)
