"""RECEIPT, FINAL, ASK: what became of paper and money; a final outcome never changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.protocol.visits import PRINT_SECONDS
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.settling import ASK_AFTER_SECONDS, ASK_AGAIN_SECONDS, Asking, Receipts
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

CONTRADICTED = AuditEvent.RECEIPT_CONTRADICTED.name


async def issued(ward: Ward) -> tuple[Visit, Told]:
    """Open a visit and have one paper issued in it."""
    visit = ward.visit(HEAD)
    await visit.open()
    told = await visit.order()
    assert told.document is not None
    return visit, told


def outcomes(ward: Ward) -> list[Outcome]:
    """Give the outcomes that stand."""
    return [Outcome(outcome) for (outcome,) in ward.rows("issuing", "SELECT outcome FROM receipt ORDER BY ordinal")]


async def test_the_same_receipt_again(ward: Ward) -> None:
    """The same FINAL, whichever prekey it is sealed to; one row, one entry of the log."""
    visit, told = await issued(ward)
    document = told.given_document
    signed = visit.receipt(Outcome.PRINTED, number=document.number, taken=document.fee)
    first = await visit.settle(signed)
    await ward.set_clock(11)
    assert await visit.settle(signed) == first
    assert outcomes(ward) == [Outcome.PRINTED]
    assert ward.audit("issuing")[first.log_index].digest == hashlib.sha256(signed).digest()
    assert [event for event, _ in ward.events("issuing")].count(AuditEvent.RECEIPT_TAKEN) == 1


async def test_void_and_then_printed(ward: Ward) -> None:
    """A contradicting receipt is one case however often it comes, is answered, and changes nothing."""
    visit, told = await issued(ward)
    document = told.given_document
    await visit.settle(visit.receipt(Outcome.VOID, number=document.number, taken=200, returned=200))
    printed = visit.receipt(Outcome.PRINTED, number=document.number, taken=document.fee)
    first = await visit.settle(printed)
    assert await visit.settle(printed) == first
    assert ward.audit("issuing")[first.log_index].event is AuditEvent.RECEIPT_CONTRADICTED
    assert ward.cases() == [(CONTRADICTED, visit.kiosk.name)]
    assert outcomes(ward) == [Outcome.VOID]
    view = await ward.desk.ledger.summary(10)
    today = await ward.desk.ledger.today(ward.desk.now().day_began)
    assert (today.printed, today.fees, view.cases) == (0, 0, 1)
    assert view.newest[0].outcome is Outcome.VOID


@pytest.mark.parametrize("later", [Outcome.PRINTED, Outcome.VOID, Outcome.JAM])
async def test_in_doubt_may_be_followed_by_something_final(ward: Ward, later: Outcome) -> None:
    """Unsettled until a final word comes; then nothing more."""
    visit, told = await issued(ward)
    document = told.given_document
    await visit.settle(visit.receipt(Outcome.IN_DOUBT, number=document.number, taken=200))
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]
    assert (await ward.desk.ledger.summary(1)).unsettled == 1
    returned = 0 if later is Outcome.PRINTED else 200
    await visit.settle(visit.receipt(later, number=document.number, taken=200, returned=returned))
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]
    assert outcomes(ward) == [later]
    assert ward.cases() == []
    await visit.settle(visit.receipt(Outcome.IN_DOUBT, number=document.number, taken=200))
    assert outcomes(ward) == [later]
    assert len(ward.cases()) == 1


UNTRUE: dict[str, Callable[[Visit, str], bytes]] = {
    "printed and not paid": lambda visit, number: visit.receipt(Outcome.PRINTED, number=number),
    "printed and paid too little": lambda visit, number: visit.receipt(Outcome.PRINTED, number=number, taken=100),
    "void and paid": lambda visit, number: visit.receipt(Outcome.VOID, number=number, taken=200),
    "more returned than taken": lambda visit, number: visit.receipt(
        Outcome.VOID, number=number, taken=200, returned=300
    ),
    "another number": lambda visit, _: visit.receipt(Outcome.PRINTED, number="131997-261120-10000009-0", taken=200),
    "another t": lambda visit, number: visit.receipt(Outcome.PRINTED, number=number, taken=200, t=bytes(32)),
}


async def test_a_receipt_that_cannot_be_true(ward: Ward, subtests: pytest.Subtests) -> None:
    """One case that counts them all; the kiosk stands still, the order is unsettled, and a true receipt settles it."""
    visit, told = await issued(ward)
    number = told.given_document.number
    for count, (what, make) in enumerate(UNTRUE.items(), start=1):
        with subtests.test(what):
            await visit.settle(make(visit, number))
            assert ward.cases() == [(CONTRADICTED, visit.kiosk.name)]
            assert ward.rows("issuing", "SELECT times FROM ward_case") == [(count,)]
            assert ward.issuances() == [(IssuanceState.ISSUED, None)]
            assert outcomes(ward) == []
    await visit.printed(told)
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]


async def test_a_receipt_of_another_kiosk(ward: Ward) -> None:
    """Its own signature, somebody else's order: a case against it, and the order is not touched."""
    visit, told = await issued(ward)
    other = visit.kiosk
    visit.kiosk = ward.kiosk("K-0002")
    number = told.given_document.number
    await visit.settle(visit.receipt(Outcome.VOID, number=number))
    await visit.settle(visit.receipt(Outcome.CANCELLED, ordinal=0), 0)
    assert ward.cases() == [(CONTRADICTED, "K-0002")]
    assert ward.rows("issuing", "SELECT times FROM ward_case") == [(2,)]
    assert outcomes(ward) == []
    visit.kiosk = other
    await visit.printed(told)
    assert (await visit.order(2)).document is not None


async def test_a_receipt_that_nobody_signed(ward: Ward) -> None:
    """Another key than the kiosk's: refused in the open, and nothing is kept of it."""
    visit, _ = await issued(ward)
    visit.kiosk = replace(visit.kiosk, signing=SigningKey.generate())
    with pytest.raises(Refused) as caught:
        await visit.settle(visit.receipt(Outcome.VOID))
    assert caught.value.code is Code.SIGNATURE_INVALID
    assert outcomes(ward) == []
    assert ward.cases() == []


async def test_a_receipt_under_another_ordinal(ward: Ward) -> None:
    """What stands outside is what is signed inside."""
    visit, told = await issued(ward)
    signed = visit.receipt(Outcome.PRINTED, number=told.given_document.number, taken=200)
    with pytest.raises(Refused) as caught:
        await visit.settle(signed, 2)
    assert caught.value.code is Code.SIGNATURE_INVALID


async def test_a_receipt_sealed_to_a_key_of_yesterday(ward: Ward) -> None:
    """The kiosk is told to take a newer one, and comes again."""
    visit, told = await issued(ward)
    signed = visit.receipt(Outcome.PRINTED, number=told.given_document.number, taken=200)
    body = visit.receipt_body(signed)
    await ward.set_clock(21)
    reply = await Receipts(ward.desk).take(visit.kiosk.name, body)
    assert reply.kind is MessageKind.LINK_REFUSED
    await visit.settle(signed)
    assert outcomes(ward) == [Outcome.PRINTED]


async def test_printed_of_an_order_that_was_never_issued(ward: Ward) -> None:
    """Of an order unknown here and of one that was refused: a case, since no paper went out."""
    visit = ward.visit(HEAD)
    await visit.open()
    await visit.settle(visit.receipt(Outcome.PRINTED, taken=200))
    await visit.send_order(visit.order_body(fee=100))
    await visit.settle(visit.receipt(Outcome.PRINTED, number="131997-261120-10000001-0", taken=200))
    assert ward.rows("issuing", "SELECT kind, times FROM ward_case") == [(CONTRADICTED, 2)]
    assert outcomes(ward) == []


async def test_a_visit_that_never_reached_the_ward(ward: Ward) -> None:
    """A kiosk speaks of what it began; the ward keeps it and lets the kiosk rest."""
    visit = ward.visit(HEAD)
    visit.admit()
    visit.open_body()
    await visit.settle(visit.receipt(Outcome.CANCELLED))
    assert outcomes(ward) == [Outcome.CANCELLED]
    assert ward.cases() == []


async def test_a_receipt_after_a_restart(ward: Ward) -> None:
    """The visit is gone with its keys; its receipt settles all the same."""
    visit, told = await issued(ward)
    await ward.stop("issuing")
    await ward.start_issuing()
    await ward.caught_up()
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]
    await visit.printed(told)
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]


async def test_the_ward_asks_what_became_of_an_order(ward: Ward) -> None:
    """A minute after the last moment to print, again each ten minutes, and no more once it is told."""
    visit, told = await issued(ward)
    asking = Asking(ward.desk)
    await ward.set_clock(PRINT_SECONDS / 60)
    assert await asking.overdue() == ()
    await ward.set_clock((ASK_AFTER_SECONDS + 1) / 60)
    ((order, reply),) = await asking.overdue()
    assert (order.kiosk, order.visit_id) == (visit.kiosk.name, visit.visit_id)
    ask = visit.read_ask(reply)
    assert (ask.visit_id, ask.ordinal, ask.t) == (visit.visit_id, 1, visit.t)
    assert await asking.overdue() == ()
    await ward.set_clock((ASK_AGAIN_SECONDS + 1) / 60)
    assert len(await asking.overdue()) == 1
    await visit.printed(told)
    await ward.set_clock((ASK_AGAIN_SECONDS + 1) / 60)
    assert await asking.overdue() == ()


async def test_a_kiosk_that_left_does_not_keep_others_from_being_asked(ward: Ward) -> None:
    """Nobody can be asked for its order; the others are."""
    gone, _ = await issued(ward)
    other = ward.visit(ALONE, ward.kiosk("K-0002"))
    await other.open()
    await other.order()
    ward.desk = replace(ward.desk, register=_without(ward, gone.kiosk.name))
    await ward.set_clock((PRINT_SECONDS + ASK_AFTER_SECONDS + 1) / 60)
    ((order, _),) = await Asking(ward.desk).overdue()
    assert order.kiosk == "K-0002"


def _without(ward: Ward, kiosk: str) -> KioskRegister:
    """Give the ward's register without one kiosk."""
    authority = SigningKey.generate()
    kept = (ward.desk.register.named(name, ward.clock.now() // 1000) for name in ward.town.kiosks if name != kiosk)
    return KioskRegister([enrolment.sign(authority) for enrolment in kept], authority.verifying)
