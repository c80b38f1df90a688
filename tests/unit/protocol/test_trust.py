"""What is signed once and carried by others: directory, enrolment, message key, state, notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import LeftThings
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.service import Condition, Notice, State
from konbini.protocol.trust import Enrolment, MessageKeyCertificate, WardDirectory
from tests.unit.protocol.conftest import Parties

AUTHORITY, OTHER = SigningKey.generate(), SigningKey.generate()


def code_of(call: Any, *arguments: Any, **options: Any) -> Code:  # noqa: ANN401 - any of the openers
    """Give the code that refuses."""
    with pytest.raises(Refused) as refused:
        call(*arguments, **options)
    return refused.value.code


def test_a_directory_is_the_authoritys_and_never_goes_back(parties: Parties) -> None:
    """Its signature, its version, and that a ward which is not in it takes no part."""
    directory = WardDirectory(version=3, issued=parties.now, wards=(parties.entry,))
    signed = directory.sign(AUTHORITY)
    for seen in (0, 3):
        assert WardDirectory.open(signed, AUTHORITY.verifying, newest_seen=seen) == directory
    assert directory.entry("999999") == parties.entry
    assert code_of(directory.entry, "999998") is Code.WARD_UNREACHABLE
    assert code_of(WardDirectory.open, signed, AUTHORITY.verifying, newest_seen=4) is Code.MALFORMED
    assert code_of(WardDirectory.open, signed, OTHER.verifying, newest_seen=0) is Code.SIGNATURE_INVALID


def test_an_enrolment_is_the_authoritys_and_no_directory(parties: Parties) -> None:
    """Neither passes as the other, even under one key; it has its time."""
    enrolment = Enrolment(
        kiosk="K-0001",
        operator="operator",
        signing=parties.device.verifying.point,
        sealing=OpeningKey.generate().sealing.public,
        begins=parties.now,
        ends=parties.now + 10,
    )
    signed = enrolment.sign(AUTHORITY)
    assert Enrolment.open(signed, AUTHORITY.verifying) == enrolment
    assert enrolment.device_key_id == parties.device.verifying.key_id
    assert [enrolment.in_force(parties.now + later) for later in (-1, 0, 9, 10)] == [False, True, True, False]
    assert code_of(Enrolment.open, signed, OTHER.verifying) is Code.SIGNATURE_INVALID
    assert code_of(WardDirectory.open, signed, AUTHORITY.verifying, newest_seen=0) is Code.SIGNATURE_INVALID


def test_a_message_key_is_its_wards_and_of_its_day(parties: Parties) -> None:
    """Another identity, another ward, another day, longer than a day."""
    certificate, entry, now = parties.certificate, parties.entry, parties.now
    signed = certificate.sign(parties.identity)
    assert MessageKeyCertificate.peek(signed) == certificate
    for moment in (certificate.begins - 30, now, certificate.ends + 29):
        assert MessageKeyCertificate.open(signed, entry, moment).key_id == parties.message.verifying.key_id
    for moment in (certificate.begins - 31, certificate.ends + 30):
        assert code_of(MessageKeyCertificate.open, signed, entry, moment) is Code.SIGNATURE_INVALID
    longer = replace(certificate, ends=certificate.ends + 1)
    for wrong in (
        certificate.sign(OTHER),
        replace(certificate, ward="999998").sign(parties.identity),
        longer.sign(parties.identity),
    ):
        assert code_of(MessageKeyCertificate.open, wrong, entry, now) is Code.SIGNATURE_INVALID


def test_a_state_is_its_kiosks(parties: Parties) -> None:
    """Signed by the device, for the kiosk that it names."""
    good = Condition.GOOD
    state = State(
        kiosk="K-0001",
        reader=good,
        printer=good,
        paper=Condition.WARNING,
        coins=good,
        version="1",
        at=parties.now,
        fault=602,
        left=int(LeftThings.CARD | LeftThings.COINS),
    )
    signed = state.sign(parties.device)
    assert State.open(signed, parties.device.verifying, "K-0001") == state
    assert code_of(State.open, signed, parties.device.verifying, "K-0002") is Code.SIGNATURE_INVALID
    assert code_of(State.open, state.sign(OTHER), parties.device.verifying, "K-0001") is Code.SIGNATURE_INVALID


def test_a_notice_is_its_wards(parties: Parties) -> None:
    """Signed by the message key that it carries, certified by the ward's identity."""
    certificate = parties.certificate.sign(parties.identity)
    notice = Notice(
        ward="999999",
        serial=1,
        opens=390,
        closes=1380,
        maintenance_from=None,
        maintenance_to=None,
        held=(),
        stopped=False,
        version="1",
        message_key=certificate,
        reopens=None,
        kinds=(),
        barred=(),
    )
    signed = notice.sign(parties.message)
    assert Notice.open(signed, certificate, parties.entry, parties.now) == notice
    other = replace(parties.certificate, ends=parties.certificate.ends - 1).sign(parties.identity)
    foreign = replace(notice, ward="999998").sign(parties.message)
    for wrong, key in ((notice.sign(OTHER), certificate), (signed, other), (foreign, certificate)):
        assert code_of(Notice.open, wrong, key, parties.entry, parties.now) is Code.SIGNATURE_INVALID
