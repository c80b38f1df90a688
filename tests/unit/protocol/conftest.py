"""A ward, a kiosk and a center with keys of their own, and the messages that they sign."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.kinds import SUITE
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.tickets import Hello, Prekey, Ticket, VisitKeys
from konbini.protocol.trust import MessageKeyCertificate, WardEntry

NOW = 1_795_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Everybody's keys, and one message of each kind, made at `now` (Unix seconds)."""

    now: int
    identity: SigningKey
    message: SigningKey
    device: SigningKey
    center: SigningKey
    certificate: MessageKeyCertificate
    prekey: Prekey
    hello: Hello
    ticket: Ticket

    @property
    def entry(self) -> WardEntry:
        """The ward in the directory."""
        return WardEntry(
            ward="999999",
            name="見本区",
            name_english="Mihon",
            identity=self.identity.verifying.point,
            paper_authorities=(),
        )


@pytest.fixture(scope="session")
def parties() -> Parties:
    """One set for all tests; nothing in it changes."""
    identity, message, device, center = (SigningKey.generate() for _ in range(4))
    sealing = OpeningKey.generate().sealing
    certificate = MessageKeyCertificate(
        ward="999999", signing=message.verifying.point, begins=NOW - 3600, ends=NOW + 82_800
    )
    prekey = Prekey(
        ward="999999",
        key_id=sealing.key_id,
        suite=SUITE,
        sealing=sealing.public,
        begins=NOW,
        ends=NOW + 1200,
        message_key=certificate.sign(identity),
    )
    hello = Hello(
        visit_id=os.urandom(16),
        kiosk="K-0001",
        device_key_id=device.verifying.key_id,
        ward="999999",
        visit_keys=VisitKeys(signing=SigningKey.generate().verifying.point, sealing=sealing.public).digest(),
    )
    ticket = Ticket(
        visit_id=hello.visit_id,
        kiosk=hello.kiosk,
        device_key_id=hello.device_key_id,
        ward=hello.ward,
        visit_keys=hello.visit_keys,
        issued=NOW,
        expires=NOW + 60,
        prekey=prekey.sign(message),
    )
    return Parties(
        now=NOW,
        identity=identity,
        message=message,
        device=device,
        center=center,
        certificate=certificate,
        prekey=prekey,
        hello=hello,
        ticket=ticket,
    )
