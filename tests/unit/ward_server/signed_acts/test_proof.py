"""A proof is of one person, one call, one nonce and one passkey: any byte of it that is another is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cbor2 import dumps, loads
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.decisions.calls import agreeing
from konbini.ward_server.signed_acts.call import call_digest
from konbini.ward_server.signed_acts.judging import check_assertion, check_public_key
from konbini.ward_server.signed_acts.proof import act_challenge
from tests.unit.ward_server.signed_acts.signing import ORIGIN, Signer

PLACE = "139999/issuing"
AOKI = Signer(person="aoki")
CALL = agreeing("aoki", "0102030405060708")
SIGNED = AOKI.signed(CALL, PLACE, bytes(range(32)))
EIGHTH = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
"""The y of a point of order 8."""
PARTS = {
    "method": b"\x2a",
    "arguments": SIGNED.arguments,
    "said": SIGNED.proof.said,
    "nonce": SIGNED.proof.nonce,
    "authenticator_data": SIGNED.proof.assertion.authenticator_data,
    "client_data": SIGNED.proof.assertion.client_data,
    "signature": SIGNED.proof.assertion.signature,
    "person": b"aoki",
    "place": PLACE.encode(),
}


def judge(parts: dict[str, bytes], **changed: object) -> None:
    """Check what was signed, put together from its parts."""
    call = call_digest(parts["place"].decode("latin-1"), parts["method"][0], parts["arguments"])
    person = parts["person"].decode("latin-1")
    assertion = replace(
        SIGNED.proof.assertion,
        **{name: parts[name] for name in ("authenticator_data", "client_data", "signature")},
    )
    asked = {
        "challenge": act_challenge(person=person, said=parts["said"], nonce=parts["nonce"], call=call),
        "origin": ORIGIN,
        "public_key": AOKI.public_key,
        **changed,
    }
    check_assertion(assertion, **asked)  # type: ignore[arg-type] # by name, as the test has them


def test_what_was_signed_holds() -> None:
    """Whole, and as often as somebody checks it."""
    for _ in range(2):
        judge(PARTS)


@given(st.data())
def test_any_other_byte_is_refused(data: st.DataObject) -> None:
    """Changed, left out or added, in what is asked for, in what was signed, or in the signature."""
    name = data.draw(st.sampled_from(sorted(PARTS)))
    whole = PARTS[name]
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytes((*whole[:at], whole[at] ^ other, *whole[at + 1 :]))
    part = data.draw(st.sampled_from((changed, whole + b"\x00", whole[:-1])) if len(whole) > 1 else st.just(changed))
    with pytest.raises(Refused) as refusal:
        judge({**PARTS, name: part})
    assert refusal.value.code is Code.PASSKEY_REFUSED


@given(st.binary(max_size=120))
def test_whatever_is_no_key_is_no_key(data: bytes) -> None:
    """No other exception leaves, neither where a key is enrolled nor where one is used."""
    with pytest.raises(Refused) as enrolling:
        check_public_key(data)
    with pytest.raises(Refused) as using:
        judge(PARTS, public_key=data)
    assert (enrolling.value.code, using.value.code) == (Code.CHANGE_INVALID, Code.PASSKEY_REFUSED)


def test_one_key_has_one_form() -> None:
    """RSA, the point alone as U2F has it, the map in another order, a point beside the curve, a byte more: none."""
    key = loads(AOKI.public_key)
    point = b"\x04" + key[-2] + key[-3]
    reordered = dumps({3: key[3], 1: key[1], **{name: key[name] for name in (-1, -2, -3)}})
    beside = dumps({**key, -3: bytes(31) + b"\x01"})
    check_public_key(AOKI.public_key)
    check_public_key(dumps({1: 1, 3: -8, -1: 6, -2: bytes((3, *bytes(31)))}))
    for other in (
        dumps({1: 3, 3: -257, -1: bytes(256), -2: b"\x01\x00\x01"}),
        *(point, reordered, beside, AOKI.public_key + b"\x00"),
        dumps({1: 1, 3: -8, -1: 6, -2: bytes(31)}),
    ):
        with pytest.raises(Refused) as refusal:
            check_public_key(other)
        assert refusal.value.code is Code.CHANGE_INVALID


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, EIGHTH, 2**255 - 19 - EIGHTH])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_that_everybody_signs_with_is_none(y: int, sign: int) -> None:
    """Points of a small order, in each of their forms: (1, 0) signs whatever there is to be signed under the first."""
    weak = dumps({1: 1, 3: -8, -1: 6, -2: (y | sign).to_bytes(32, "little")})
    with pytest.raises(Refused) as enrolling:
        check_public_key(weak)
    with pytest.raises(Refused) as using:
        judge({**PARTS, "signature": bytes((1, *bytes(63)))}, public_key=weak)
    assert (enrolling.value.code, using.value.code) == (Code.CHANGE_INVALID, Code.PASSKEY_REFUSED)


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://console.other.example"},
        {"origin": "https://ward.example"},
        {"public_key": Signer(person="aoki").public_key},
        {"sign_count": SIGNED.proof.assertion.sign_count},
    ],
)
def test_another_origin_key_or_an_old_count_is_refused(changed: dict[str, object]) -> None:
    """A passkey that was copied does not count on; another's does not stand for this one."""
    with pytest.raises(Refused) as refusal:
        judge(PARTS, **changed)
    assert refusal.value.code is Code.PASSKEY_REFUSED


def test_a_passkey_that_did_not_verify_its_person_is_refused() -> None:
    """Presence alone is not enough."""
    unverified = AOKI.authenticator.copy()
    unverified.is_verified = False
    thief = Signer(person="aoki")
    thief.authenticator, thief.credential, thief.public_key = unverified, AOKI.credential, AOKI.public_key
    with pytest.raises(Refused) as refusal:
        thief.assertion(bytes(32))
    assert refusal.value.code is Code.PASSKEY_REFUSED
