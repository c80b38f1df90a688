"""Revocation lists in a running ward: fetched in the background, kept, never going back, judged again by the clerk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.simulation.town.pki.cards import LIST_POINT, CardAuthority
from konbini.simulation.town.pki.revocations import ListMaker, Reason
from konbini.simulation.town.responder import Behaviour, Manner
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationSource
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk.evidence import Evidence
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.clerks import Lying, Remembering
from tests.integration.ward_server.people import ALONE, CARDS, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward

GONE = Manner(behaviour=Behaviour.DOWN)


def kept(ward: Ward) -> bytes:
    """Give the list that the ward keeps, as it stands in its rows."""
    ((content,),) = ward.rows("issuing", "SELECT content FROM revocation_list")
    return bytes(content)


def moment(ward: Ward) -> int:
    """Give now, Unix seconds."""
    return ward.clock.now() // 1000


async def set_order(ward: Ward, order: str) -> None:
    """Give both processes another order of sources, and start them anew."""
    for process, start in (("issuing", ward.start_issuing), ("clerk", ward.start_clerk)):
        await ward.stop(process)
        path = ward.town.configs / f"{process}.toml"
        text = path.read_text("utf-8").replace('order = "ocsp-then-crl"', f'order = "{order}"')
        if order == "crl":
            text = "\n".join(line for line in text.splitlines() if not line.startswith("ocsp = "))
        path.write_text(text, "utf-8")
        await start()
    await ward.caught_up()


async def test_a_list_carries_the_ward_while_the_responder_is_gone(ward: Ward) -> None:
    """Visit, order and paper, with the whole list as the clerk's evidence; a hold on the list refuses."""
    ward.revocations.revoke(CARDS[ALONE].serial, moment(ward) - 60, Reason.HELD)
    await ward.serve_lists()
    assert (AuditEvent.REVOCATION_LIST_TAKEN, 0) in ward.events("issuing")
    ward.responder.manner = GONE
    clerk = Remembering(ward.desk.clerk)
    ward.desk = replace(ward.desk, clerk=clerk)
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.order()).document is not None
    (evidence,) = clerk.evidence
    assert evidence.revocation == RevocationAnswer(source=RevocationSource.LIST, content=kept(ward))
    assert (await ward.visit(ALONE, ward.kiosk("K-0002")).open()).code is Code.CARD_REVOKED


async def test_both_gone(ward: Ward) -> None:
    """Without an answer and without a list nothing is issued; with a list that has run out neither."""
    ward.responder.manner = GONE
    assert (await ward.visit(HEAD).open()).code is Code.REVOCATION_UNKNOWN
    await ward.serve_lists()
    ward.responder.lists = None
    await ward.set_clock(minutes=24 * 60 + 20)
    await ward.caught_up()
    assert (await ward.visit(HEAD).open()).code is Code.REVOCATION_UNKNOWN
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_an_older_list_is_not_taken(ward: Ward) -> None:
    """One from before the revocation, signed by the issuer and fresh enough, that somebody serves again."""
    old = ward.town.list_maker(ward.revocations).make(moment(ward))
    ward.revocations.revoke(CARDS[HEAD].serial, moment(ward))
    await ward.serve_lists()
    ward.responder.lists = lambda _moment: old
    newest = kept(ward)
    await ward.fetch_lists()
    ward.responder.manner = GONE
    assert (await ward.visit(HEAD).open()).code is Code.CARD_REVOKED
    assert kept(ward) == newest


def strangers(ward: Ward) -> ListMaker:
    """Give what makes the lists of an authority that the ward does not know."""
    authority = CardAuthority.make(moment(ward), "strangers").authority
    return ListMaker(authority, ward.revocations, LIST_POINT)


SERVED: dict[str, Callable[[Ward, bytes], bytes]] = {
    "of another issuer": lambda ward, _good: strangers(ward).make(moment(ward)),
    "a byte turned": lambda _ward, good: good[:-1] + bytes([good[-1] ^ 1]),
    "too long": lambda _ward, _good: bytes(600_000),
    "nothing": lambda _ward, _good: b"",
}


async def test_what_is_no_list_leaves_the_kept_one(ward: Ward, subtests: pytest.Subtests) -> None:
    """The ward goes on with the one that it has."""
    good = ward.town.list_maker(ward.revocations).make(moment(ward))
    ward.responder.lists = lambda _moment: good
    await ward.fetch_lists()
    assert kept(ward) == good
    for what, make in SERVED.items():
        with subtests.test(what):
            served = make(ward, good)
            ward.responder.lists = lambda _moment, served=served: served
            await ward.fetch_lists()
            assert kept(ward) == good


async def test_a_kept_list_outlives_a_restart(ward: Ward) -> None:
    """It is read from the rows, and checked again."""
    await ward.serve_lists()
    ward.responder.lists, ward.responder.manner = None, GONE
    await ward.stop("issuing")
    await ward.start_issuing()
    await ward.caught_up()
    assert (await ward.visit(HEAD).open()).menu is not None


async def test_a_ward_that_asks_nobody(ward: Ward) -> None:
    """With lists alone no question leaves the ward when somebody opens a visit: none names the person."""
    await ward.serve_lists()
    await set_order(ward, "crl")
    visit, asked = ward.visit(HEAD), ward.responder.asked
    await visit.open()
    assert (await visit.order()).document is not None
    assert ward.responder.asked == asked


async def test_a_ward_that_looks_at_the_list_first(ward: Ward) -> None:
    """The responder is asked where the list settles nothing."""
    await set_order(ward, "crl-then-ocsp")
    assert (await ward.visit(HEAD).open()).menu is not None
    assert ward.responder.asked == 1
    await ward.serve_lists()
    assert (await ward.visit(SPOUSE, ward.kiosk("K-0002")).open()).menu is not None
    assert ward.responder.asked == 1


async def test_an_issuing_that_hands_the_clerk_another_list(ward: Ward) -> None:
    """The clerk judges by itself: a list without the card's revocation, made before it and too old, settles nothing."""
    await ward.serve_lists()
    old = ward.town.list_maker(ward.revocations).make(moment(ward) - 2 * 86_400)

    def lie(evidence: Evidence) -> Evidence:
        return replace(evidence, revocation=RevocationAnswer(source=RevocationSource.LIST, content=old))

    visit = ward.visit(HEAD)
    await visit.open()
    ward.desk = replace(ward.desk, clerk=Lying(ward.desk.clerk, evidence=lie))
    assert (await visit.order()).document is None
    assert ward.issuances() == [(IssuanceState.VOID, Code.REVOCATION_UNKNOWN)]


async def test_a_revoked_card_that_issuing_calls_good(ward: Ward) -> None:
    """The list says revoked: that `issuing` let it through is a mismatch, and stops the ward."""
    await ward.serve_lists()
    visit = ward.visit(HEAD)
    await visit.open()
    ward.revocations.revoke(CARDS[HEAD].serial, moment(ward))
    revoked = ward.town.list_maker(ward.revocations).make(moment(ward))

    def lie(evidence: Evidence) -> Evidence:
        return replace(evidence, revocation=RevocationAnswer(source=RevocationSource.LIST, content=revoked))

    ward.desk = replace(ward.desk, clerk=Lying(ward.desk.clerk, evidence=lie))
    assert (await visit.order()).document is None
    assert ward.stops() == {"issuing": Code.EVIDENCE_MISMATCH, "clerk": Code.EVIDENCE_MISMATCH}
