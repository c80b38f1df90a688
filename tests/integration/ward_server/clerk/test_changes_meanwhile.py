"""What changes between one act and the next is refused as too late: it stops no ward, and nothing stale is signed."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from tests.integration.ward_server.clerk.test_sealing import draw
from tests.integration.ward_server.clerks import evidence_of
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

_RUNNING = {"issuing": None, "clerk": None}


async def test_facts_of_a_protected_person_are_not_signed(ward: Ward) -> None:
    """A measure set between certify and seal: the clerk looks again before it signs."""
    one = await ward.desk.clerk.certify(await evidence_of(ward, ALONE))
    pdf = draw(ward, one)
    await ward.register.protect(ALONE)
    with pytest.raises(Refused) as caught:
        await ward.desk.clerk.seal(one.order, pdf)
    assert caught.value.code is Code.ASK_AT_COUNTER
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(0,)]
    assert ward.stops() == _RUNNING


async def test_facts_of_a_visit_that_is_over_are_not_signed(ward: Ward) -> None:
    """What was certified for a visit is signed within its minutes or never."""
    one = await ward.desk.clerk.certify(await evidence_of(ward, ALONE))
    pdf = draw(ward, one)
    await ward.set_clock(16)
    with pytest.raises(Refused) as caught:
        await ward.desk.clerk.seal(one.order, pdf)
    assert caught.value.code is Code.VISIT_OVER
    assert ward.stops() == _RUNNING


async def test_a_ticket_dated_before_its_prekey_opens_nothing(ward: Ward) -> None:
    """A center that dates tickets back cannot stop the ward: the ticket ends where it arrives."""
    visit = ward.visit(HEAD)
    visit.admit(issued=visit.seconds - 75)
    told = await visit.send_open(visit.open_body())
    assert (told.kind, told.code) == (MessageKind.LINK_REFUSED, Code.TICKET_INVALID)
    assert ward.stops() == _RUNNING
