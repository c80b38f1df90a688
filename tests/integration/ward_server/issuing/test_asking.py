"""Who asks: whatever is wrong with card, ticket or kiosk is refused by its name, and nothing is opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AuthorityInformationAccessOID

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tickets import Prekey
from konbini.simulation.card.applet import CardContent
from konbini.simulation.town.pki.authority import Extension, Life, key_usage, name
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY
from konbini.simulation.town.pki.revocations import Reason
from konbini.simulation.town.responder import Behaviour, Manner
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.opening import Openings
from tests.integration.ward_server.kiosk import Center, Kiosk, Told, Visit
from tests.integration.ward_server.people import ALONE, CARDS, HEAD, UNLINKED
from tests.integration.ward_server.ward import Ward

SIGNATURE_POLICY = "1.2.392.200149.8.5.1.1.30"
"""署名用: the policy of the certificates that sign applications, not of those that say who is there."""


def refused(ward: Ward, told: Told, code: Code, kind: MessageKind = MessageKind.MENU) -> None:
    """Check that a visit was refused with a code, on record, and that nothing was opened."""
    assert (told.code, told.kind) == (code, kind)
    assert ward.rows("issuing", "SELECT count(*) FROM visit") == [(0,)]
    assert (AuditEvent.VISIT_REFUSED, code) in ward.events("issuing")
    assert ward.stops() == {"issuing": None, "clerk": None}


def reissued(ward: Ward, life: Life, policy: str = "", *usages: str) -> CardContent:
    """Give HEAD's card with another certificate for the same key and number."""
    card, authority = ward.card(HEAD), ward.town.card_authority
    public = card.auth_key.public_key()
    if policy:
        information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
        location = x509.UniformResourceIdentifier("http://ocsp.card-authority.invalid/")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
        extensions: list[Extension] = [
            (key_usage(*usages), True),
            (x509.CertificatePolicies([information]), True),
            (x509.AuthorityInformationAccess([access]), False),
        ]
        subject = name("a holder", organization="Test of konbini")
        certificate = authority.authority.issue(subject, public, life, extensions, serial=CARDS[HEAD].serial)
    else:
        certificate = authority.issue(public, CARDS[HEAD].serial, life)
    return replace(card, auth_certificate=certificate.public_bytes(serialization.Encoding.DER))


def life(ward: Ward, *, begins: float, ends: float) -> Life:
    """Give a life by days from now."""
    return Life.around(ward.clock.now() // 1000, before=dt.timedelta(days=-begins), after=dt.timedelta(days=ends))


CARDS_REFUSED: dict[str, tuple[Callable[[Ward], CardContent], Code]] = {
    "expired yesterday": (lambda ward: reissued(ward, life(ward, begins=-1800, ends=-1)), Code.CARD_EXPIRED),
    "begins tomorrow": (lambda ward: reissued(ward, life(ward, begins=1, ends=1800)), Code.CARD_EXPIRED),
    "of an issuer nobody pinned": (
        lambda ward: ward.town.foreign_stock().content(CARDS[HEAD]),
        Code.CARD_ISSUER_UNKNOWN,
    ),
    "a signature certificate": (
        lambda ward: reissued(
            ward, life(ward, begins=-9, ends=9), SIGNATURE_POLICY, "digital_signature", "content_commitment"
        ),
        Code.CARD_ISSUER_UNKNOWN,
    ),
    "not for signing what proves who is there": (
        lambda ward: reissued(ward, life(ward, begins=-9, ends=9), USER_AUTHENTICATION_POLICY, "key_encipherment"),
        Code.CARD_ISSUER_UNKNOWN,
    ),
    "linked to nobody": (lambda ward: ward.card(UNLINKED), Code.CARD_UNLINKED),
}


ASKED_ABOUT = frozenset(("linked to nobody", "not for signing what proves who is there"))
"""Of the others the issuer is not even asked: what it did not make, or what has run out, is no question to it."""


async def test_a_card_that_opens_nothing(ward: Ward, subtests: pytest.Subtests) -> None:
    """Under the visit's own seal, since the seal was opened by then."""
    for what, (card, code) in CARDS_REFUSED.items():
        with subtests.test(what):
            visit, asked = ward.visit(HEAD), ward.responder.asked
            visit.card = card(ward)
            refused(ward, await visit.open(), code)
            assert ward.responder.asked == asked + (what in ASKED_ABOUT)


async def test_a_revoked_card_and_a_held_one(ward: Ward) -> None:
    """Both are refused alike; the reason stays with the card's issuer."""
    for holder, reason in ((HEAD, Reason.REVOKED), (ALONE, Reason.HELD)):
        ward.revocations.revoke(CARDS[holder].serial, ward.clock.now() // 1000 - 60, reason)
        refused(ward, await ward.visit(holder).open(), Code.CARD_REVOKED)


MANNERS = {
    "down": Manner(behaviour=Behaviour.DOWN),
    "busy": Manner(behaviour=Behaviour.TRY_LATER),
    "stale": Manner(behaviour=Behaviour.STALE, seconds=300),
    "to another question": Manner(behaviour=Behaviour.OTHER_NONCE),
    "made beforehand": Manner(behaviour=Behaviour.NO_NONCE),
    "spoilt": Manner(behaviour=Behaviour.SPOILT),
}


async def test_no_good_word_on_revocation_means_no(ward: Ward, subtests: pytest.Subtests) -> None:
    """Nothing is issued without a fresh answer to this very question, and the next visit is served again."""
    for what, manner in MANNERS.items():
        with subtests.test(what):
            ward.responder.manner = manner
            refused(ward, await ward.visit(HEAD).open(), Code.REVOCATION_UNKNOWN)
    ward.responder.manner = Manner()
    assert (await ward.visit(HEAD).open()).menu is not None


async def test_a_responder_that_is_not_there(ward: Ward) -> None:
    """The connection is refused."""
    await ward.responder.close()
    refused(ward, await ward.visit(HEAD).open(), Code.REVOCATION_UNKNOWN)


async def test_somebody_elses_certificate(ward: Ward) -> None:
    """A card's certificate can be read by anybody who holds the card; its key cannot."""
    visit = ward.visit(ALONE)
    visit.admit()
    body = visit.open_body(certificate=ward.card(HEAD).auth_certificate)
    refused(ward, await visit.send_open(body), Code.CARD_SIGNATURE_INVALID, MessageKind.LINK_REFUSED)


async def test_more_minutes_than_the_card_signed(ward: Ward) -> None:
    """What the card allowed is what it signed."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body(most_minutes=30, signed_minutes=15)
    refused(ward, await visit.send_open(body), Code.CARD_SIGNATURE_INVALID, MessageKind.LINK_REFUSED)


async def test_a_card_signature_without_the_devices(ward: Ward) -> None:
    """The card signed the right t; without the kiosk's device key it opens nothing."""
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body(device=SigningKey.generate())
    refused(ward, await visit.send_open(body), Code.DEVICE_SIGNATURE_INVALID, MessageKind.LINK_REFUSED)


async def test_visit_keys_that_the_ticket_does_not_name(ward: Ward) -> None:
    """A center that hands one kiosk's ticket to another finds the visit's keys in it."""
    visit, other = ward.visit(HEAD), ward.visit(ALONE)
    visit.admit()
    other.visit_id, other.ticket = visit.visit_id, visit.ticket
    refused(ward, await other.send_open(other.open_body()), Code.TICKET_INVALID, MessageKind.LINK_REFUSED)


def _unknown_kiosk(_ward: Ward) -> Kiosk:
    return Kiosk(name="K-0099", signing=SigningKey.generate(), sealing=OpeningKey.generate())


def _other_key(ward: Ward) -> Kiosk:
    return replace(ward.kiosk(), signing=SigningKey.generate())


KIOSKS_REFUSED: dict[str, Callable[[Ward], Kiosk]] = {
    "not in the ward's register": _unknown_kiosk,
    "with another device key": _other_key,
}


async def test_a_kiosk_that_the_ward_does_not_know(ward: Ward, subtests: pytest.Subtests) -> None:
    """The ward's own register counts, not the center's word."""
    for what, kiosk in KIOSKS_REFUSED.items():
        with subtests.test(what):
            refused(ward, await ward.visit(HEAD, kiosk(ward)).open(), Code.KIOSK_UNKNOWN, MessageKind.LINK_REFUSED)


def _of_another_ward(visit: Visit) -> None:
    visit.admit(ward="131024")


def _of_another_kiosk(visit: Visit) -> None:
    visit.admit(kiosk="K-0002")


def _post_dated(visit: Visit) -> None:
    visit.admit(issued=visit.seconds + 31)


def _run_out(visit: Visit) -> None:
    visit.admit(issued=visit.seconds - 90)


TICKETS_REFUSED: dict[str, tuple[Callable[[Visit], None], Code]] = {
    "of another ward": (_of_another_ward, Code.MISROUTED),
    "of another kiosk": (_of_another_kiosk, Code.MISROUTED),
    "post-dated": (_post_dated, Code.TICKET_INVALID),
    "run out": (_run_out, Code.TICKET_EXPIRED),
}


async def test_a_ticket_that_opens_nothing(ward: Ward, subtests: pytest.Subtests) -> None:
    """In the open, before anything sealed was read."""
    for what, (spoil, code) in TICKETS_REFUSED.items():
        with subtests.test(what):
            visit = ward.visit(HEAD)
            spoil(visit)
            refused(ward, await visit.send_open(visit.open_body()), code, MessageKind.LINK_REFUSED)


async def test_a_ticket_within_the_skew_of_the_clocks(ward: Ward) -> None:
    """Thirty seconds either way are let pass."""
    await ward.pass_time(120)
    for holder, kiosk, issued in ((HEAD, "K-0001", 30), (ALONE, "K-0002", -89)):
        visit = ward.visit(holder, ward.kiosk(kiosk))
        visit.admit(issued=visit.seconds + issued)
        assert (await visit.send_open(visit.open_body())).menu is not None


async def test_a_ticket_of_somebody_who_is_not_the_center(ward: Ward) -> None:
    """Another key than the center's."""
    visit = ward.visit(HEAD)
    visit.admit()
    sealed = visit.open_body()
    body = sealed.replace(visit.ticket, visit.admit(center=Center(key=SigningKey.generate())))
    refused(ward, await visit.send_open(body), Code.TICKET_INVALID, MessageKind.LINK_REFUSED)


async def test_a_prekey_that_is_not_the_wards(ward: Ward) -> None:
    """A center that puts a key of its own into the ticket could read what is sealed; the ward refuses the visit."""
    visit = ward.visit(HEAD)
    forged = OpeningKey.generate()
    own = Prekey.peek(ward.prekey)
    prekey = replace(own, key_id=forged.sealing.key_id, sealing=forged.sealing.public)
    visit.admit(prekey=prekey.sign(SigningKey.generate()))
    refused(ward, await visit.send_open(visit.open_body()), Code.PREKEY_UNKNOWN, MessageKind.LINK_REFUSED)


async def test_a_ticket_older_than_its_prekey(ward: Ward) -> None:
    """Within the skew of the clocks, and yet of a time in which the prekey was not there: no honest center's."""
    visit = ward.visit(HEAD)
    visit.admit(issued=visit.seconds - 60)
    reply = await Openings(ward.desk).take(visit.kiosk.name, visit.visit_id, visit.open_body())
    assert reply.kind is MessageKind.LINK_REFUSED
    assert ward.events("issuing")[-1] == (AuditEvent.VISIT_REFUSED, Code.TICKET_INVALID)


async def test_a_prekey_that_has_run_out(ward: Ward) -> None:
    """Accepted for twenty minutes from its making, not a second longer."""
    old = ward.prekey
    await ward.pass_time(1200)
    visit = ward.visit(HEAD)
    visit.admit(prekey=old)
    refused(ward, await visit.send_open(visit.open_body()), Code.PREKEY_UNKNOWN, MessageKind.LINK_REFUSED)


async def test_what_is_no_message(ward: Ward) -> None:
    """Refused as malformed, and on record."""
    for body in (b"", b"\xff", b"\x82\x40\x40", bytes(20_000)):
        told = await ward.visit(HEAD).send_open(body)
        assert told.code in {Code.MALFORMED, Code.TICKET_INVALID}
        refused(ward, told, told.code, MessageKind.LINK_REFUSED)
