"""ORDER: one certificate at most, and what changed since the menu is looked at again or refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind, Options, Outcome, Scope
from konbini.protocol.visits import PRINT_SECONDS
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.menus import MENU_SECONDS
from konbini.ward_server.residents.changes import CardEnded, ChangeKind
from konbini.ward_server.residents.record import Presence
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import ALONE, CARDS, CHILD, FOREIGNER, HEAD, SPOUSE, TEEN
from tests.integration.ward_server.ward import Ward


async def opened(ward: Ward, holder: str = HEAD) -> Visit:
    """Open a visit."""
    visit = ward.visit(holder)
    assert (await visit.open()).menu is not None
    return visit


def refused(ward: Ward, told: Told, code: Code) -> None:
    """Check that an order was refused before a number was reserved."""
    assert (told.kind, told.code) == (MessageKind.DOCUMENT, code)
    assert ward.issuances() == []
    assert ward.events("issuing")[-1] == (AuditEvent.ORDER_REFUSED, code)
    assert ward.events("clerk") == []


async def test_the_same_bytes_get_the_same_document(ward: Ward) -> None:
    """Byte for byte, one number, one look of the clerk."""
    visit = await opened(ward)
    body = visit.order_body()
    first = await visit.send_order(body)
    again = await visit.send_order(body)
    assert again.body == first.body
    assert len(ward.issuances()) == 1
    assert [event for event, _ in ward.events("clerk")].count(AuditEvent.SEALED) == 1


async def test_other_bytes_under_the_same_ordinal(ward: Ward) -> None:
    """Refused; the first paper stands and can still be had."""
    visit = await opened(ward)
    body = visit.order_body()
    first = await visit.send_order(body)
    other = await visit.send_order(visit.order_body(options=Options.DOMICILE))
    assert (other.kind, other.code) == (MessageKind.DOCUMENT, Code.ORDER_CONFLICT)
    assert (await visit.send_order(body)).body == first.body
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]


async def test_a_document_is_gone_when_it_can_be_printed_no_more(ward: Ward) -> None:
    """After print-by nothing of it is left in the file, not even sealed."""
    visit = await opened(ward)
    body = visit.order_body()
    await visit.send_order(body)
    assert ward.rows("issuing", "SELECT document IS NULL FROM issuance") == [(0,)]
    await ward.pass_time(PRINT_SECONDS)
    await ward.go_on_until(lambda: ward.rows("issuing", "SELECT document IS NULL FROM issuance") == [(1,)])
    assert (await visit.send_order(body)).code is Code.DOCUMENT_LATE
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]


async def test_a_document_is_gone_with_its_receipt(ward: Ward) -> None:
    """Printed, paid, forgotten; the same order again gets no second paper."""
    visit = await opened(ward)
    body = visit.order_body()
    await visit.printed(await visit.send_order(body))
    assert ward.rows("issuing", "SELECT document IS NULL FROM issuance") == [(1,)]
    assert (await visit.send_order(body)).code is Code.DOCUMENT_LATE


async def test_one_order_at_a_time(ward: Ward) -> None:
    """The second waits for the first one's receipt; numbers go up."""
    visit = await opened(ward)
    first = await visit.order()
    assert (await visit.order(2)).code is Code.ORDER_OUT_OF_TURN
    await visit.printed(first)
    second = (await visit.order(2)).given_document
    assert second.number > first.given_document.number


async def test_an_ordinal_out_of_turn(ward: Ward) -> None:
    """The first order is the first."""
    visit = await opened(ward)
    for ordinal in (0, 2, 5):
        refused(ward, await visit.send_order(visit.order_body(ordinal=ordinal)), Code.ORDER_OUT_OF_TURN)


async def test_an_order_whose_receipt_came_before_it(ward: Ward) -> None:
    """What the kiosk has spoken of already is not ordered any more; and a later ordinal's receipt opens no turn."""
    visit = await opened(ward)
    await visit.settle(visit.receipt(Outcome.CANCELLED, ordinal=3), 3)
    refused(ward, await visit.send_order(visit.order_body(ordinal=2)), Code.ORDER_OUT_OF_TURN)
    await visit.settle(visit.receipt(Outcome.CANCELLED))
    refused(ward, await visit.send_order(visit.order_body()), Code.ORDER_OUT_OF_TURN)
    assert (await visit.order(2)).document is not None


LIES: dict[str, tuple[Callable[[Visit], bytes], Code]] = {
    "t of another visit": (lambda visit: visit.order_body(t=bytes(32)), Code.ORDER_OUT_OF_TURN),
    "another key than the visit's": (
        lambda visit: visit.order_body(signing=SigningKey.generate()),
        Code.SIGNATURE_INVALID,
    ),
    "sent long ago": (lambda visit: visit.order_body(sent=visit.seconds - PRINT_SECONDS), Code.DOCUMENT_LATE),
    "sent tomorrow": (lambda visit: visit.order_body(sent=visit.seconds + 31), Code.DOCUMENT_LATE),
    "a lower fee": (lambda visit: visit.order_body(fee=100), Code.CHANGED_LOOK_AGAIN),
    "an option that the ward bars": (
        lambda visit: visit.order_body(options=Options.RESIDENT_CODE),
        Code.NOT_OFFERED,
    ),
    "a handle of nobody": (lambda visit: visit.order_body(handles=[bytes(16)]), Code.NOT_OFFERED),
    "somebody twice": (lambda visit: visit.order_body(handles=[handles(visit)[0]] * 2), Code.NOT_OFFERED),
    "somebody else as oneself": (
        lambda visit: visit.order_body(handles=[handles(visit)[1]]),
        Code.CHANGED_LOOK_AGAIN,
    ),
    "all as a part": (
        lambda visit: visit.order_body(scope=Scope.PART, handles=handles(visit)),
        Code.CHANGED_LOOK_AGAIN,
    ),
    "a part as all": (
        lambda visit: visit.order_body(scope=Scope.WHOLE, handles=handles(visit)[:3]),
        Code.CHANGED_LOOK_AGAIN,
    ),
}


def handles(visit: Visit) -> list[bytes]:
    """Give the handles of the menu."""
    assert visit.menu is not None
    return [member.handle for member in visit.menu.members]


async def test_an_order_that_does_not_belong(ward: Ward, subtests: pytest.Subtests) -> None:
    """Refused by name before a number is reserved, and the honest order goes through after them all."""
    visit = await opened(ward)
    for lie, (make, code) in LIES.items():
        with subtests.test(lie):
            refused(ward, await visit.send_order(make(visit)), code)
    assert (await visit.order()).document is not None


async def test_handles_of_another_visit(ward: Ward) -> None:
    """The same people have other handles in each visit."""
    first = await opened(ward)
    old = handles(first)
    second = await opened(ward)
    assert not set(old) & set(handles(second))
    refused(ward, await second.send_order(second.order_body(handles=old[:1])), Code.NOT_OFFERED)


async def test_an_order_of_another_kiosk(ward: Ward) -> None:
    """A visit is its kiosk's; another that has its bytes is told of no visit."""
    visit = await opened(ward)
    body = visit.order_body()
    visit.kiosk = ward.kiosk("K-0002")
    told = await visit.send_order(body)
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)
    assert ward.issuances() == []


async def test_a_menu_that_ran_out(ward: Ward) -> None:
    """Looked at again, its choices are other bytes."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    await ward.pass_time(MENU_SECONDS + 1)
    refused(ward, await visit.order(), Code.MENU_EXPIRED)
    old = visit.order_body()
    await visit.send_open(body)
    refused(ward, await visit.send_order(old), Code.CHANGED_LOOK_AGAIN)
    assert (await visit.order()).document is not None


async def test_a_fee_that_changed(ward: Ward) -> None:
    """The ward honours the fee shown or says that it changed; the new menu has the new one."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    fees = [replace(fee, yen=300) for fee in ward.desk.settings.fees]
    ward.put_in_force(replace(ward.desk.settings, fees=fees))
    refused(ward, await visit.order(), Code.CHANGED_LOOK_AGAIN)
    await visit.send_open(body)
    assert (await visit.order()).given_document.fee == 300


CHANGES: dict[str, tuple[Callable[[Ward], Awaitable[None]], Scope, Code | None]] = {
    "a child is born, the whole is ordered": (
        lambda ward: ward.register.rewrite("1000000100", household=f"2{HEAD[1:]}", order=5, birth=20261119),
        Scope.WHOLE,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "a child is born, oneself is ordered": (
        lambda ward: ward.register.rewrite("1000000100", household=f"2{HEAD[1:]}", order=5, birth=20261119),
        Scope.SELF,
        None,
    ),
    "a member leaves, the whole is ordered": (
        lambda ward: ward.register.remove(CHILD),
        Scope.WHOLE,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "the holder moves out": (lambda ward: ward.register.remove(HEAD), Scope.SELF, Code.ASK_AT_COUNTER),
    "the holder dies": (lambda ward: ward.register.remove(HEAD, Presence.DIED), Scope.SELF, Code.ASK_AT_COUNTER),
    "the holder is protected": (lambda ward: ward.register.protect(HEAD), Scope.SELF, Code.ASK_AT_COUNTER),
    "a member is protected": (lambda ward: ward.register.protect(TEEN), Scope.SELF, Code.ASK_AT_COUNTER),
    "the holder's name is being registered": (
        lambda ward: ward.register.rewrite(HEAD, name_in_registration=True),
        Scope.SELF,
        Code.ASK_AT_COUNTER,
    ),
    "a member's name is being registered": (
        lambda ward: ward.register.rewrite(SPOUSE, name_in_registration=True),
        Scope.WHOLE,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "the holder moves to another household": (
        lambda ward: ward.register.split_off(HEAD, "2000000777"),
        Scope.WHOLE,
        Code.CHANGED_LOOK_AGAIN,
    ),
    "a move is planned": (
        lambda ward: ward.register.rewrite(SPOUSE, leaving=20261201),
        Scope.SELF,
        Code.ASK_AT_COUNTER,
    ),
    "the record is corrected": (lambda ward: ward.register.rewrite(HEAD, remarks="修正"), Scope.SELF, None),
}


SHORT = frozenset(("a child is born, the whole is ordered", "the holder moves out", "a member is protected"))
"""A representative; the others are the whole matrix."""


@pytest.mark.parametrize(
    "change", [pytest.param(change, marks=() if change in SHORT else pytest.mark.long) for change in sorted(CHANGES)]
)
async def test_what_changed_between_menu_and_order(ward: Ward, change: str) -> None:
    """The rules are asked again, and the paper is made from the newest record."""
    act, scope, code = CHANGES[change]
    visit = await opened(ward)
    await act(ward)
    told = await visit.order(scope=scope)
    if code is None:
        assert told.document is not None
    else:
        refused(ward, told, code)


async def test_looked_at_again_the_menu_is_a_fresh_one(ward: Ward) -> None:
    """Whoever is told to look again sees what changed, at once, with the same OPEN; and can order it."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    await ward.register.remove(CHILD)
    assert (await visit.order(scope=Scope.WHOLE)).code is Code.CHANGED_LOOK_AGAIN
    fresh = await visit.send_open(body)
    assert len(fresh.given_menu.members) == 3
    assert (await visit.send_open(body)).body == fresh.body
    assert (await visit.order(scope=Scope.WHOLE)).document is not None


async def test_a_card_that_ended_between_menu_and_order(ward: Ward) -> None:
    """What the visit opened with is compared again when it is completed: the number is void."""
    visit = await opened(ward, ALONE)
    card = ward.town.card_authority.card_serial(CARDS[ALONE].serial)
    await ward.register.change(ChangeKind.CARD_ENDED, ALONE, CardEnded(card=card), 1)
    assert (await visit.order()).code is Code.CARD_UNLINKED
    assert ward.issuances() == [(IssuanceState.VOID, Code.CARD_UNLINKED)]
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_kiosk_that_left_the_register_meanwhile(ward: Ward) -> None:
    """It orders nothing more in the visit that it opened."""
    visit = await opened(ward)
    authority = SigningKey.generate()
    ward.desk = replace(ward.desk, register=KioskRegister([], authority.verifying))
    refused(ward, await visit.order(), Code.KIOSK_UNKNOWN)


async def test_every_option_that_is_offered(ward: Ward) -> None:
    """Each bit of each menu can be ordered; an individual number is handed out once a paper, on record."""
    for holder in (HEAD, FOREIGNER):
        visit = await opened(ward, holder)
        assert visit.menu is not None
        offered = Options(visit.menu.offers[0].options)
        told = await visit.order(scope=Scope.WHOLE, options=offered)
        await visit.printed(told)
        assert Options.INDIVIDUAL_NUMBER in offered
    assert [event for event, _ in ward.events("registry")].count(AuditEvent.INDIVIDUAL_NUMBER_HANDED_OUT) == 5


async def test_cancelled_before_it_was_ordered(ward: Ward) -> None:
    """A kiosk speaks of every order that it began; the next ordinal follows."""
    visit = await opened(ward)
    await visit.settle(visit.receipt(Outcome.CANCELLED))
    assert (await visit.send_order(visit.order_body())).code is Code.ORDER_OUT_OF_TURN
    assert (await visit.order(2)).document is not None
