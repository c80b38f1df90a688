"""Prekeys turn every ten minutes, count for twenty, and exist nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tickets import PREKEY_SECONDS, Prekey
from konbini.protocol.trust import MessageKeyCertificate, WardEntry
from konbini.ward_server.issuing.prekeys import PREKEY_TURN_SECONDS, MessageKey, Prekeys

WARD = "131997"
NOW = 1_795_143_600
IDENTITY = SigningKey.generate()
ENTRY = WardEntry(
    ward=WARD, name="澄川区", name_english="Sumikawa City", identity=IDENTITY.verifying.point, paper_authorities=()
)


def message_key() -> MessageKey:
    """Make a message key for a day."""
    signing = SigningKey.generate()
    certificate = MessageKeyCertificate(ward=WARD, signing=signing.verifying.point, begins=NOW, ends=NOW + 86_400)
    return MessageKey(signing=signing, certificate=certificate.sign(IDENTITY), ends=NOW + 86_400)


KEY = message_key()


def refuses(prekeys: Prekeys, signed: bytes, moment: int) -> None:
    """Check that neither the prekey nor its id is known."""
    with pytest.raises(Refused) as caught:
        prekeys.own(signed, moment)
    assert caught.value.code is Code.PREKEY_UNKNOWN
    with pytest.raises(Refused) as caught:
        prekeys.named(Prekey.peek(signed).key_id, moment)
    assert caught.value.code is Code.PREKEY_UNKNOWN


def test_the_same_prekey_for_ten_minutes() -> None:
    """Then another, and the first still counts until its twenty are over."""
    prekeys = Prekeys(WARD)
    first = prekeys.turn(KEY, NOW)
    assert prekeys.turn(KEY, NOW + PREKEY_TURN_SECONDS - 1) == first
    second = prekeys.turn(KEY, NOW + PREKEY_TURN_SECONDS)
    assert second != first
    assert prekeys.own(first, NOW + PREKEY_SECONDS - 1).signed == first
    refuses(prekeys, first, NOW + PREKEY_SECONDS)
    assert prekeys.newest is not None
    assert prekeys.newest.signed == second


def test_what_has_ended_is_forgotten() -> None:
    """Even for a clock that is set back."""
    prekeys = Prekeys(WARD)
    first = prekeys.turn(KEY, NOW)
    prekeys.turn(KEY, NOW + PREKEY_SECONDS)
    refuses(prekeys, first, NOW + 1)


def test_a_clock_that_is_set_back_makes_a_new_one() -> None:
    """A prekey that begins in the future would be refused by kiosks."""
    prekeys = Prekeys(WARD)
    later = prekeys.turn(KEY, NOW + 3600)
    now = prekeys.turn(KEY, NOW)
    assert now != later
    assert Prekey.peek(now).begins == NOW


def test_a_kiosk_believes_it_by_the_directory() -> None:
    """It is signed by the message key that it carries, which the ward's identity key certifies."""
    signed = Prekeys(WARD).turn(KEY, NOW)
    prekey, key = Prekey.open(signed, ENTRY, NOW)
    assert (prekey.ward, prekey.begins, prekey.ends) == (WARD, NOW, NOW + PREKEY_SECONDS)
    assert key.point == KEY.signing.verifying.point


def test_one_byte_more_is_not_our_own() -> None:
    """A ticket carries our prekey byte for byte."""
    prekeys = Prekeys(WARD)
    signed = prekeys.turn(KEY, NOW)
    for other in (signed + b"\0", signed[:-1], b""):
        with pytest.raises(Refused) as caught:
            prekeys.own(other, NOW)
        assert caught.value.code is Code.PREKEY_UNKNOWN


@settings(max_examples=20)
@given(steps=st.lists(st.integers(0, 900), min_size=1, max_size=12))
def test_whatever_is_published_counts_when_it_is_used(steps: list[int]) -> None:
    """Published at any moment, a prekey is known for at least ten minutes more, and never for more than twenty."""
    prekeys, now = Prekeys(WARD), NOW
    for step in steps:
        now += step
        signed = prekeys.turn(KEY, now)
        assert prekeys.own(signed, now + PREKEY_SECONDS - PREKEY_TURN_SECONDS).signed == signed
        refuses(prekeys, signed, now + PREKEY_SECONDS)
