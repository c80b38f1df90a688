"""From OPEN to FINAL, with everything real between: the paper is verified as a kiosk verifies it."""

from __future__ import annotations

from typing import cast

from konbini.kiosk.channel.host import Host
from konbini.kiosk.visit.ward import CardProof, Device, WardVisit, Wish
from konbini.pdf.verification import verify
from konbini.protocol.kinds import CertificateKind, Options, Outcome, Scope
from konbini.protocol.numbers import binding
from konbini.protocol.offices import CenterOffice
from konbini.protocol.visits import CARD_RS256
from konbini.simulation.card.keys import sign_message
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.relay import Relay
from tests.integration.ward_server.ward import Ward


async def test_a_visit_from_open_to_final(ward: Ward) -> None:
    """One resident, one paper, paid; the audit logs of both processes tell it in order."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    assert menu.members[0].name == "葛\U000e0102城　文"
    told = await visit.order(scope=Scope.WHOLE)
    document = told.given_document
    verify(
        told.pdf,
        authorities=ward.entry.paper_authorities,
        moment=visit.seconds,
        number=document.number,
        binding=binding(visit.t, 1, document.number),
        pages=document.pages,
    )
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]
    await visit.printed(told)
    assert ward.issuances() == [(IssuanceState.SETTLED, None)]
    assert ward.rows("issuing", "SELECT outcome FROM receipt") == [(Outcome.PRINTED,)]
    assert [event for event, _ in ward.events("issuing")] == [
        AuditEvent.VISIT_OPENED,
        AuditEvent.ORDER_SEALING,
        AuditEvent.ORDER_SEALED,
        AuditEvent.RECEIPT_TAKEN,
    ]
    assert [event for event, _ in ward.events("clerk")] == [
        AuditEvent.CERTIFYING,
        AuditEvent.CERTIFIED,
        AuditEvent.SEALING,
        AuditEvent.SEALED,
    ]
    assert ward.cases() == []


async def test_the_kiosks_own_code_is_served(ward: Ward) -> None:
    """The kiosk's half of the protocol, as it is in the kiosk, has a menu and a paper from the ward's half."""
    kiosk, card = ward.kiosk(), ward.card(ALONE)
    relay = Relay(ward, kiosk.name)
    device = Device(kiosk=kiosk.name, signing=kiosk.signing, office=CenterOffice(pinned=ward.center.key.verifying))
    visit = WardVisit(device=device, entry=ward.entry, host=cast("Host", relay), visit_id=ward.entropy.token(16))
    await visit.admit(ward.clock.now() // 1000)
    t = visit.challenge(card.auth_certificate, CARD_RS256)
    signature = sign_message(card.auth_key, t)
    given = await visit.open(
        CardProof(certificate=card.auth_certificate, algorithm=CARD_RS256, signature=signature),
    )
    assert (await visit.look()).digest == given.digest
    wish = Wish(
        kind=CertificateKind.RESIDENT_RECORD,
        scope=Scope.WHOLE,
        options=Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE,
        handles=tuple(member.handle for member in given.menu.members),
        fee=given.menu.offers[0].fee,
    )
    ordered = await visit.order(wish, 1, given, lambda: ward.clock.now() // 1000, lambda: relay.prekey(ward.code))
    assert ordered.document.number.startswith(f"{ward.code}-261120-")
    assert ward.issuances() == [(IssuanceState.ISSUED, None)]
