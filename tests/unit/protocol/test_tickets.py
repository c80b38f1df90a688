"""PREKEY, HELLO, TICKET and t: each field counts, and so does the time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, CENTER, MessageKind
from konbini.protocol.offices import CenterOffice, WardOffice
from konbini.protocol.shape import to_bytes
from konbini.protocol.tickets import Hello, Prekey, Ticket, VisitKeys, card_challenge, ticket_hash
from tests.unit.protocol.conftest import Parties

OTHER = SigningKey.generate()


def code_of(call: Any, *arguments: Any) -> Code:  # noqa: ANN401 - any of the openers
    """Give the code that refuses."""
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def test_a_prekey_is_believed_by_the_wards_identity_alone(parties: Parties) -> None:
    """Its certificate is checked with the directory, its signature with the certificate."""
    prekey, key = Prekey.open(parties.prekey.sign(parties.message), parties.entry, parties.now)
    assert prekey == parties.prekey
    assert key.key_id == parties.message.verifying.key_id


def test_a_prekey_that_another_made_is_refused(parties: Parties) -> None:
    """Another message key; another identity; another ward's name; another suite."""
    foreign = replace(parties.certificate, signing=OTHER.verifying.point).sign(OTHER)
    forged = replace(parties.prekey, message_key=foreign).sign(OTHER)
    elsewhere = replace(parties.prekey, ward="999998").sign(parties.message)
    newer = replace(parties.prekey, suite=2).sign(parties.message)
    for signed, code in (
        (parties.prekey.sign(OTHER), Code.SIGNATURE_INVALID),
        (forged, Code.SIGNATURE_INVALID),
        (elsewhere, Code.SIGNATURE_INVALID),
        (newer, Code.PREKEY_UNKNOWN),
        (b"", Code.MALFORMED),
    ):
        assert code_of(Prekey.open, signed, parties.entry, parties.now) is code


def test_a_prekey_has_its_twenty_minutes(parties: Parties) -> None:
    """None ahead but for the clocks' 30 seconds, none after, none that gives itself longer."""
    signed = parties.prekey.sign(parties.message)
    for moment in (parties.now - 30, parties.now + 1199):
        Prekey.open(signed, parties.entry, moment)
    for moment in (parties.now - 31, parties.now + 1200):
        assert code_of(Prekey.open, signed, parties.entry, moment) is Code.PREKEY_UNKNOWN
    longer = replace(parties.prekey, ends=parties.now + 1201).sign(parties.message)
    assert code_of(Prekey.open, longer, parties.entry, parties.now) is Code.PREKEY_UNKNOWN


def test_a_hello_is_the_kiosks_own(parties: Parties) -> None:
    """Signed by the enrolled key, and naming the kiosk at the other end and that key."""
    key = parties.device.verifying
    assert Hello.open(parties.hello.sign(parties.device), key, "K-0001") == parties.hello
    assert code_of(Hello.open, parties.hello.sign(OTHER), key, "K-0001") is Code.SIGNATURE_INVALID
    assert code_of(Hello.open, parties.hello.sign(parties.device), key, "K-0002") is Code.SIGNATURE_INVALID
    context = Context(kind=MessageKind.HELLO, sender="K-0001", receiver=CENTER)
    for wrong in (replace(parties.hello, kiosk="K-0002"), replace(parties.hello, device_key_id=bytes(8))):
        signed = parties.device.sign(to_bytes(wrong), context)
        assert code_of(Hello.open, signed, key, "K-0001") is Code.MISROUTED


def test_a_ticket_holds_for_its_minute_and_the_clocks_skew(parties: Parties) -> None:
    """Post-dated, in time, expired."""
    signed, key = parties.ticket.sign(parties.center), CenterOffice(pinned=parties.center.verifying)
    for moment in (parties.now - 30, parties.now, parties.now + 89):
        assert Ticket.open(signed, key, moment) == parties.ticket
    assert code_of(Ticket.open, signed, key, parties.now - 31) is Code.TICKET_INVALID
    assert code_of(Ticket.open, signed, key, parties.now + 90) is Code.TICKET_EXPIRED
    assert Ticket.read(signed, key) == parties.ticket


def test_a_ticket_is_the_centers_and_of_sixty_seconds(parties: Parties) -> None:
    """Another key, another kind's signature, another length."""
    key = CenterOffice(pinned=parties.center.verifying)
    prekey_context = Context(kind=MessageKind.PREKEY, sender=CENTER, receiver=ANYONE)
    for signed in (
        parties.ticket.sign(OTHER),
        parties.center.sign(to_bytes(parties.ticket), prekey_context),
        replace(parties.ticket, expires=parties.now + 61).sign(parties.center),
        replace(parties.ticket, expires=parties.now + 59).sign(parties.center),
        replace(parties.ticket, expires=parties.now).sign(parties.center),
        b"",
    ):
        assert code_of(Ticket.open, signed, key, parties.now) is Code.TICKET_INVALID
        assert code_of(Ticket.read, signed, key) is Code.TICKET_INVALID


def test_a_ward_is_the_office_of_its_own_machines(parties: Parties) -> None:
    """HELLO is for one office; a ticket counts at the office that signed it, by the message key of its own prekey."""
    ward, center = WardOffice(entry=parties.entry), CenterOffice(pinned=parties.center.verifying)
    signed = parties.ticket.sign(parties.message, office=ward.name)
    assert Ticket.open(signed, ward, parties.now) == parties.ticket
    for wrong, office in (
        (signed, center),
        (parties.ticket.sign(parties.center), ward),
        (parties.ticket.sign(parties.message), ward),
        (parties.ticket.sign(parties.message, office="131041"), ward),
        (parties.ticket.sign(parties.center, office=ward.name), ward),
        (parties.ticket.sign(parties.identity, office=ward.name), ward),
        (replace(parties.ticket, prekey=b"").sign(parties.message, office=ward.name), ward),
    ):
        assert code_of(Ticket.open, wrong, office, parties.now) is Code.TICKET_INVALID
    key = parties.device.verifying
    hello = parties.hello.sign(parties.device, ward.name)
    assert Hello.open(hello, key, "K-0001", ward.name) == parties.hello
    assert code_of(Hello.open, hello, key, "K-0001") is Code.SIGNATURE_INVALID
    assert code_of(Ticket.claimed, b"") is Code.TICKET_INVALID
    assert Ticket.claimed(signed) == parties.ticket


def test_a_ward_cannot_sign_as_another_wards_office(parties: Parties) -> None:
    """Its message key is certified by its own identity key, which the other ward's entry does not name."""
    other = replace(parties.entry, identity=OTHER.verifying.point)
    signed = parties.ticket.sign(parties.message, office="999999")
    assert code_of(Ticket.open, signed, WardOffice(entry=other), parties.now) is Code.TICKET_INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"visit_id": bytes(16)},
        {"kiosk": "K-0002"},
        {"device_key_id": bytes(8)},
        {"ward": "999998"},
        {"visit_keys": bytes(32)},
    ],
)
def test_a_kiosk_compares_its_ticket_field_by_field(parties: Parties, change: dict[str, Any]) -> None:
    """A center that swaps one field is found out."""
    parties.ticket.answers(parties.hello)
    swapped = replace(parties.ticket, **change)
    assert code_of(swapped.answers, parties.hello) is Code.TICKET_INVALID


def test_t_is_the_documented_hash() -> None:
    """SHA-256 of the documented array, encoded by another hand."""
    purpose = "issue certificates at a kiosk"
    array = ["konbini/1 open visit", b"ticket", hashlib.sha256(b"certificate").digest(), -257, purpose, 5, 15]
    t = card_challenge(b"ticket", b"certificate", -257, most_orders=5, most_minutes=15)
    assert t == hashlib.sha256(cbor2.dumps(array)).digest()


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(1, 5), st.sampled_from((15, 30)))
def test_each_part_of_t_counts(ticket: bytes, certificate: bytes, orders: int, minutes: int) -> None:
    """Another ticket, certificate, algorithm or limit is another t."""
    t = card_challenge(ticket, certificate, -257, most_orders=orders, most_minutes=minutes)
    others = (
        card_challenge(ticket + b"\0", certificate, -257, most_orders=orders, most_minutes=minutes),
        card_challenge(ticket, certificate + b"\0", -257, most_orders=orders, most_minutes=minutes),
        card_challenge(ticket, certificate, -7, most_orders=orders, most_minutes=minutes),
        card_challenge(ticket, certificate, -257, most_orders=orders + 1, most_minutes=minutes),
        card_challenge(ticket, certificate, -257, most_orders=orders, most_minutes=minutes + 1),
    )
    assert t not in others


def test_v_and_the_visit_keys_hash_what_was_sent(parties: Parties) -> None:
    """Hashes of bytes as they were received, and of the one encoding."""
    assert ticket_hash(b"as received") == hashlib.sha256(b"as received").digest()
    keys = VisitKeys(signing=OTHER.verifying.point, sealing=parties.prekey.sealing)
    assert keys.digest() == hashlib.sha256(cbor2.dumps([keys.signing, keys.sealing])).digest()
