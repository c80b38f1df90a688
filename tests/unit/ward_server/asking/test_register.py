"""The ward's own register of kiosks, and the handles of a visit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.sealing import OpeningKey
from konbini.protocol.trust import Enrolment
from konbini.ward_server.asking.opening import KioskRegister, handle_of

NOW = 1_795_143_600
AUTHORITY = SigningKey.generate()
DEVICE = SigningKey.generate()


def enrolment(kiosk: str = "K-0001", begins: int = NOW - 10, ends: int = NOW + 10) -> Enrolment:
    """Write an enrolment."""
    return Enrolment(
        kiosk=kiosk,
        operator="Test shops of konbini",
        signing=DEVICE.verifying.point,
        sealing=OpeningKey.generate().sealing.public,
        begins=begins,
        ends=ends,
    )


def test_a_kiosk_is_found_by_its_name_and_key() -> None:
    """In force from its first second on, and not at its last."""
    register = KioskRegister([enrolment().sign(AUTHORITY)], AUTHORITY.verifying)
    key_id = DEVICE.verifying.key_id
    assert register.find("K-0001", key_id, NOW - 10).kiosk == "K-0001"
    assert register.knows("K-0001", NOW)
    for kiosk, key, moment in (
        ("K-0002", key_id, NOW),
        ("K-0001", bytes(8), NOW),
        ("K-0001", key_id, NOW + 10),
        ("K-0001", key_id, NOW - 11),
    ):
        with pytest.raises(Refused) as caught:
            register.find(kiosk, key, moment)
        assert caught.value.code is Code.KIOSK_UNKNOWN


def test_the_operator_makes_a_machine_the_wards_own() -> None:
    """What the enrolment authority signed, and nothing that a kiosk says."""
    signed = [
        enrolment().sign(AUTHORITY),
        replace(enrolment("W-0001"), operator="131997").sign(AUTHORITY),
    ]
    register = KioskRegister(signed, AUTHORITY.verifying)
    assert register.operated_by("131997") == {"W-0001"}
    assert register.is_operated_by("W-0001", "131997")
    for kiosk, operator in (("K-0001", "131997"), ("W-0001", "131041"), ("W-0002", "131997"), ("", "131997")):
        assert not register.is_operated_by(kiosk, operator)


def test_an_enrolment_that_the_authority_did_not_sign() -> None:
    """Stops the start: a register is believed whole or not at all."""
    with pytest.raises(Refused) as caught:
        KioskRegister([enrolment().sign(SigningKey.generate())], AUTHORITY.verifying)
    assert caught.value.code is Code.SIGNATURE_INVALID


def test_a_kiosk_that_stands_twice() -> None:
    """Nobody can say which of two counts."""
    signed = [enrolment().sign(AUTHORITY), enrolment(ends=NOW + 99).sign(AUTHORITY)]
    with pytest.raises(ValueError, match="twice"):
        KioskRegister(signed, AUTHORITY.verifying)


@given(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.text("0123456789", min_size=1)), unique=True))
def test_handles_differ_by_visit_and_resident(pairs: list[tuple[bytes, str]]) -> None:
    """The same for the same, another for any other, and another again under another key."""
    handles = [handle_of(bytes(32), *pair) for pair in pairs]
    assert handles == [handle_of(bytes(32), *pair) for pair in pairs]
    assert len(set(handles)) == len(handles)
    assert not set(handles) & {handle_of(b"\1" * 32, *pair) for pair in pairs}
