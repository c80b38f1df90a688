"""OPEN repeated, contradicted, elsewhere, too often: one visit, one menu, one card at a time."""

from __future__ import annotations

from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind, Outcome
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.menus import MENU_SECONDS
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward


async def test_the_same_bytes_get_the_same_menu_until_it_has_run_out(ward: Ward) -> None:
    """Byte for byte; afterwards a fresh one, for as long as the card allowed."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    first = await visit.send_open(body)
    again = await visit.send_open(body)
    assert again.body == first.body
    await ward.pass_time(MENU_SECONDS + 1)
    fresh = await visit.send_open(body)
    assert fresh.digest != first.digest
    assert fresh.given_menu.members == first.given_menu.members
    assert ward.rows("issuing", "SELECT count(*) FROM visit") == [(1,)]
    assert ward.responder.asked == 1


async def test_a_menu_is_good_no_longer_than_the_visit(ward: Ward) -> None:
    """Fifteen minutes from the ticket on, whatever the menu's own five."""
    visit = ward.visit(HEAD)
    visit.admit()
    body, began = visit.open_body(), visit.seconds
    await visit.send_open(body)
    await ward.pass_time(14 * 60)
    late = await visit.send_open(body)
    assert late.given_menu.good_until == began + 15 * 60
    await ward.pass_time(60)
    assert (await visit.send_open(body)).code is Code.TICKET_EXPIRED


async def test_the_same_visit_with_other_bytes_is_a_case(ward: Ward) -> None:
    """The second is refused, reported once however often it comes; its kiosk signed both, and stands still."""
    visit = ward.visit(HEAD)
    menu = await visit.open()
    other = ward.visit(SPOUSE, visit_id=visit.visit_id)
    other.admit()
    body = other.open_body()
    for _ in range(3):
        told = await other.send_open(body)
        assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_CONFLICT)
    assert ward.cases() == [(AuditEvent.VISIT_CONFLICT.name, visit.kiosk.name)]
    assert menu.menu is not None
    assert (await visit.order()).code is Code.KIOSK_STOPPED


async def test_the_same_ticket_sealed_anew_is_other_bytes(ward: Ward) -> None:
    """A kiosk repeats what it sent; whoever seals it anew is not repeating."""
    visit = ward.visit(HEAD)
    await visit.open()
    told = await visit.send_open(visit.open_body())
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_CONFLICT)
    assert len(ward.cases()) == 1


async def test_a_card_has_one_visit_open(ward: Ward) -> None:
    """A second kiosk is refused until the first says that the resident has gone, or the minutes are over."""
    first = ward.visit(HEAD)
    await first.open()
    told = await ward.visit(HEAD, ward.kiosk("K-0002")).open()
    assert (told.kind, told.code) == (MessageKind.MENU, Code.VISIT_ELSEWHERE)
    await first.settle(first.receipt(Outcome.CANCELLED, ordinal=0), 0)
    assert (await ward.visit(HEAD, ward.kiosk("K-0002")).open()).menu is not None
    assert AuditEvent.VISIT_CLOSED in [event for event, _ in ward.events("issuing")]


async def test_a_visit_that_nobody_ended_ends_by_itself(ward: Ward) -> None:
    """The card is free again when the minutes that it allowed are over."""
    await ward.visit(HEAD).open()
    await ward.pass_time(15 * 60)
    assert (await ward.visit(HEAD, ward.kiosk("K-0002")).open()).menu is not None


async def test_a_kiosk_has_one_visit(ward: Ward) -> None:
    """Whoever comes next to the same kiosk ends the visit before: nothing more is ordered in it."""
    first = ward.visit(HEAD)
    await first.open()
    second = ward.visit(ALONE)
    assert (await second.open()).menu is not None
    told = await first.order()
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.VISIT_OVER)
    assert ward.issuances() == []
    assert (await second.order()).document is not None


async def test_a_card_opens_ten_visits_a_day(ward: Ward) -> None:
    """The eleventh is refused, on any kiosk, until the next day in Japan."""
    for _ in range(10):
        assert (await ward.visit(HEAD).open()).menu is not None
    assert (await ward.visit(HEAD).open()).code is Code.DAILY_LIMIT
    await ward.pass_time(15 * 60)
    assert (await ward.visit(HEAD, ward.kiosk("K-0002")).open()).code is Code.DAILY_LIMIT
    assert (await ward.visit(ALONE).open()).menu is not None
    await ward.set_clock(20 * 60)
    assert (await ward.visit(HEAD).open()).menu is not None


async def test_outside_the_hours(ward: Ward) -> None:
    """From 23:00 on nothing is opened, and an open visit orders nothing more."""
    await ward.set_clock(10 * 60 + 50)
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    assert menu.good_until <= menu.closes
    await ward.pass_time(10 * 60)
    assert (await ward.visit(ALONE, ward.kiosk("K-0002")).open()).code is Code.WARD_CLOSED
    assert (await visit.order()).code in {Code.MENU_EXPIRED, Code.WARD_CLOSED}
    assert ward.issuances() == []


async def test_refusals_have_one_size(ward: Ward) -> None:
    """A sealed refusal is as long as a menu, and one of an order as long as a document."""
    visit = ward.visit(HEAD)
    menu = await visit.open()
    elsewhere = await ward.visit(HEAD, ward.kiosk("K-0002")).open()
    assert elsewhere.menu is None
    assert len(elsewhere.body) == len(menu.body)
    no = await visit.send_order(visit.order_body(fee=100))
    yes = await visit.order()
    assert no.code is Code.CHANGED_LOOK_AGAIN
    assert len(no.body) == len(yes.body)
