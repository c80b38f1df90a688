"""Between the clerk's word and the completing transaction: whatever changed then voids the number.

*Issued* means the completing transaction. Each change here comes after the clerk certified, or after it signed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import pytest

from konbini.process.calls import AnswerLost, PeerUnreachable
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind, Outcome, Scope
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.residents.changes import CardEnded, ChangeKind
from tests.integration.ward_server.clerks import Between, Silent
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import CARDS, CHILD, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward

NEWBORN = "1000000100"


async def end_card(ward: Ward) -> None:
    """End HEAD's card."""
    card = ward.town.card_authority.card_serial(CARDS[HEAD].serial)
    await ward.register.change(ChangeKind.CARD_ENDED, HEAD, CardEnded(card=card), 1)


async def bear(ward: Ward) -> None:
    """Enter a child that was born into HEAD's household."""
    await ward.register.rewrite(NEWBORN, household=f"2{HEAD[1:]}", order=5, birth=20261119)


async def stop(ward: Ward) -> None:
    """Stop the ward, as a mismatch found elsewhere does."""
    entry = AuditEntry(moment=ward.clock.now(), event=AuditEvent.ISSUING_STOPPED, code=Code.SEAL_BROKEN)
    await ward.desk.ledger.stop.set(entry, "found elsewhere")


async def lose_registry(ward: Ward) -> None:
    """Let the registry be gone for a minute."""
    await ward.stop("registry")
    await ward.clock.advance(61)


def void(ward: Ward, told: Told, code: Code) -> None:
    """Check that a number was reserved and is void, on record, and nothing went out."""
    assert (told.kind, told.code) == (MessageKind.DOCUMENT, code)
    assert [state for state, _ in ward.issuances()] == [IssuanceState.VOID]
    assert ward.rows("issuing", "SELECT document FROM issuance") == [(None,)]
    assert ward.events("issuing")[-1] == (AuditEvent.ORDER_VOIDED, ward.issuances()[0][1])


async def order(ward: Ward, between: Between | Silent, scope: Scope = Scope.SELF) -> tuple[Visit, Told]:
    """Open a visit and order with something between issuing and its clerk."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=between)
    return visit, await visit.order(scope=scope)


CHANGES: dict[str, tuple[Callable[[Ward], Awaitable[None]], Scope, Code | None]] = {
    "the holder is protected": (lambda ward: ward.register.protect(HEAD), Scope.SELF, Code.ASK_AT_COUNTER),
    "a member who is not shown is protected": (
        lambda ward: ward.register.protect(CHILD),
        Scope.SELF,
        Code.ASK_AT_COUNTER,
    ),
    "the record is corrected": (
        lambda ward: ward.register.rewrite(HEAD, remarks="修正"),
        Scope.SELF,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "a member who is not shown is corrected": (
        lambda ward: ward.register.rewrite(CHILD, remarks="修正"),
        Scope.SELF,
        None,
    ),
    "a member who is shown is corrected": (
        lambda ward: ward.register.rewrite(CHILD, remarks="修正"),
        Scope.WHOLE,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "a child is born, the whole is ordered": (bear, Scope.WHOLE, Code.CHANGED_LOOK_AGAIN),
    "a child is born, oneself is ordered": (bear, Scope.SELF, None),
    "the holder moves out": (lambda ward: ward.register.remove(HEAD), Scope.SELF, Code.CHANGED_LOOK_AGAIN),
    "the card is ended": (end_card, Scope.SELF, Code.CARD_UNLINKED),
    "the ward is stopped": (stop, Scope.SELF, Code.WARD_STOPPED),
    "the registry is gone for a minute": (lose_registry, Scope.SELF, Code.WARD_NOT_CURRENT),
}


SHORT = frozenset(
    (
        "the holder is protected",
        "a child is born, the whole is ordered",
        "the card is ended",
        "the ward is stopped",
        "the registry is gone for a minute",
    )
)
"""A representative; the others are the whole matrix."""


@pytest.mark.parametrize(
    "change", [pytest.param(change, marks=() if change in SHORT else pytest.mark.long) for change in sorted(CHANGES)]
)
async def test_what_changed_after_the_clerk_had_signed(ward: Ward, change: str) -> None:
    """The completing transaction compares it all once more."""
    act, scope, code = CHANGES[change]
    _, told = await order(ward, Between(ward.desk.clerk, after_seal=lambda: act(ward)), scope)
    if code is None:
        assert told.document is not None
    else:
        void(ward, told, code)


@pytest.mark.long
@pytest.mark.parametrize("change", ["the holder is protected", "the holder moves out", "the card is ended"])
async def test_what_changed_after_the_clerk_had_certified(ward: Ward, change: str) -> None:
    """The same before the signature: no paper, no stop."""
    act, scope, _ = CHANGES[change]
    _, told = await order(ward, Between(ward.desk.clerk, after_certify=lambda: act(ward)), scope)
    assert told.document is None
    assert [state for state, _ in ward.issuances()] == [IssuanceState.VOID]
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_holder_who_moves_away_from_whom_the_paper_shows(ward: Ward) -> None:
    """Of another household by the time that it is completed, and by the time that it is sealed."""
    move = partial(ward.register.split_off, SPOUSE, "2000000777")
    visit, clerk = ward.visit(SPOUSE), ward.desk.clerk
    menu = (await visit.open()).given_menu
    ward.desk = replace(ward.desk, clerk=Between(clerk, after_seal=move))
    handles = [menu.members[1].handle]
    void(ward, await visit.send_order(visit.order_body(scope=Scope.PART, handles=handles)), Code.CHANGED_LOOK_AGAIN)
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_the_clerk_signs_nothing_that_changed_since_it_certified(ward: Ward) -> None:
    """It judges the subjects once more before it signs."""
    act = partial(ward.register.rewrite, HEAD, remarks="修正")
    await order(ward, Between(ward.desk.clerk, after_certify=act))
    assert ward.events("clerk")[-1] == (AuditEvent.SEAL_REFUSED, Code.RECORD_STALE)
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(0,)]


async def test_a_holder_who_moves_out_while_another_is_printed(ward: Ward) -> None:
    """Who is not on the paper and holds the card must still be a resident."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    ward.desk = replace(ward.desk, clerk=Between(ward.desk.clerk, after_seal=lambda: ward.register.remove(HEAD)))
    body = visit.order_body(scope=Scope.PART, handles=[menu.members[1].handle])
    void(ward, await visit.send_order(body), Code.CHANGED_LOOK_AGAIN)


FAULTS = {
    "the clerk is not there": PeerUnreachable("nobody"),
    "its answer is lost": AnswerLost("cut"),
    "it does not answer": TimeoutError(),
}


@pytest.mark.parametrize(
    ("fault", "call"),
    [
        pytest.param("its answer is lost", "seal"),
        pytest.param("the clerk is not there", "certify"),
        *(
            pytest.param(fault, call, marks=pytest.mark.long)
            for fault in sorted(FAULTS)
            for call in ("certify", "seal")
        ),
    ],
)
async def test_an_answer_of_the_clerk_that_is_lost(ward: Ward, fault: str, call: str) -> None:
    """The number is void for ever, the same order is told so again, and the next order goes on."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Silent(ward.desk.clerk, FAULTS[fault], call=call))
    body = visit.order_body()
    void(ward, await visit.send_order(body), Code.BUSY)
    assert (await visit.send_order(body)).code is Code.BUSY
    await visit.settle(visit.receipt(Outcome.VOID))
    assert (await visit.order(2)).document is not None
    assert [state for state, _ in ward.issuances()] == [IssuanceState.VOID, IssuanceState.ISSUED]
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_the_same_order_and_pdf_get_the_same_signature(ward: Ward) -> None:
    """Asked again after its answer was lost, the clerk gives what it gave."""
    silent = Silent(ward.desk.clerk, AnswerLost("cut"), call="seal")
    await order(ward, silent)
    (evidence,), ((key, pdf),) = silent.evidence, silent.handed
    again = await ward.desk.clerk.certify(evidence)
    assert again.order == key
    first, second = [await ward.desk.clerk.seal(key, pdf) for _ in range(2)]
    assert first == second
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(1,)]


async def test_a_crash_between_reserving_and_completing(ward: Ward) -> None:
    """What `issuing` had begun when it ended is void at its next start, on record; its kiosk gets no paper."""
    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Silent(ward.desk.clerk, RuntimeError("the process ends here"), call="seal"))
    body = visit.order_body()
    with pytest.raises(RuntimeError):
        await visit.send_order(body)
    assert ward.issuances() == [(IssuanceState.SEALING, None)]
    await ward.stop("issuing")
    await ward.start_issuing()
    await ward.caught_up()
    assert ward.issuances() == [(IssuanceState.VOID, Code.INTERNAL)]
    assert ward.events("issuing")[-1] == (AuditEvent.ORDER_VOIDED, Code.INTERNAL)
    told = await visit.send_order(body)
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)
    await visit.settle(visit.receipt(Outcome.VOID))
    assert ward.cases() == []
    fresh = ward.visit(SPOUSE)
    assert (await fresh.open()).menu is not None
    assert (await fresh.order()).document is not None


async def test_a_visit_does_not_outlive_issuing(ward: Ward) -> None:
    """Its prekeys are gone with the process: the same OPEN is refused, a new visit is served."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    await ward.stop("issuing")
    await ward.start_issuing()
    await ward.caught_up()
    assert (await visit.send_open(body)).code is Code.PREKEY_UNKNOWN
    assert (await ward.visit(HEAD).open()).menu is not None
