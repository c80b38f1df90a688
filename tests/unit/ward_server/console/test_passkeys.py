"""Passkeys: what does not hold is refused, whatever was sent."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.passkeys.authenticator import Authenticator
from konbini.ward_server.console.passkeys import Challenges, Passkeys, challenge_of, credential_of
from konbini.ward_server.console.staff import Passkey, Person

ORIGIN = "https://console.ward.example"
PERSON = Person(person="aoki", name="青木", handle=bytes(32), begun=0, left_at=0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def passkeys() -> Passkeys:
    """Return the judge of one origin."""
    return Passkeys(ORIGIN, "澄川区")


@pytest.fixture(scope="module")
def authenticator() -> Authenticator:
    """Return a person's authenticator."""
    return Authenticator(origin=ORIGIN, entropy=SeededEntropy(3))


@pytest.fixture(scope="module")
def kept(passkeys: Passkeys, authenticator: Authenticator) -> Passkey:
    """Enrol it."""
    made = passkeys.enrolled(authenticator.create(passkeys.to_enrol(PERSON, b"c" * 32)), b"c" * 32)
    return Passkey(credential=made.credential, person="aoki", public_key=made.public_key, sign_count=made.sign_count)


def test_what_was_signed_holds_for_this_challenge_alone(
    passkeys: Passkeys, authenticator: Authenticator, kept: Passkey
) -> None:
    """The kept assertion can be checked again; another challenge, and one bit of it, do not hold."""
    assertion = passkeys.asserted(authenticator.get(passkeys.to_assert(b"d" * 32, [kept])), b"d" * 32, kept)
    assert passkeys.holds(assertion, b"d" * 32, kept.public_key)
    assert not passkeys.holds(assertion, b"e" * 32, kept.public_key)
    assert not passkeys.holds(assertion, b"d" * 32, b"no key")
    with pytest.raises(Refused) as refusal:
        passkeys.asserted(authenticator.get(passkeys.to_assert(b"d" * 32, [kept])), b"e" * 32, kept)
    assert refusal.value.code is Code.PASSKEY_REFUSED


@given(JSON | st.fixed_dictionaries({"id": JSON, "rawId": JSON, "type": st.just("public-key"), "response": JSON}))
def test_whatever_is_sent_is_an_answer_or_refused(passkeys: Passkeys, kept: Passkey, sent: object) -> None:
    """No other exception leaves, in both directions."""
    text = json.dumps(sent)
    for judge in (
        challenge_of,
        credential_of,
        lambda one: passkeys.enrolled(one, b"c" * 32),
        lambda one: passkeys.asserted(one, b"c" * 32, kept),
    ):
        with pytest.raises(Refused) as refusal:
            judge(text)
        assert refusal.value.code is Code.PASSKEY_REFUSED


def test_brackets_within_brackets_are_refused_too(passkeys: Passkeys, kept: Passkey) -> None:
    """An answer of 8 KiB holds some thousand, more than a parser goes into; so does the client data within one."""
    deep = "[" * 3000
    client_data = base64.urlsafe_b64encode(deep.encode()).decode().rstrip("=")
    within = json.dumps({"id": "", "rawId": "", "type": "public-key", "response": {"clientDataJSON": client_data}})
    for text in (deep, within):
        for judge in (challenge_of, credential_of, lambda one: passkeys.asserted(one, b"c" * 32, kept)):
            with pytest.raises(Refused) as refusal:
                judge(text)
            assert refusal.value.code is Code.PASSKEY_REFUSED


def test_a_challenge_is_taken_once_for_its_purpose_and_in_time() -> None:
    """Elsewhere, twice, too late: refused."""
    challenges = Challenges(SeededEntropy(2))
    first, second, third = (challenges.give("sign in t-1", 0.0) for _ in range(3))
    assert challenges.take(first, "sign in t-1", 1.0) == first
    for challenge, bound, moment in (
        (first, "sign in t-1", 1.0),
        (second, "unlock t-1", 1.0),
        (third, "sign in t-1", 181.0),
        (bytes(32), "sign in t-1", 1.0),
    ):
        with pytest.raises(Refused) as refusal:
            challenges.take(challenge, bound, moment)
        assert refusal.value.code is Code.PASSKEY_REFUSED


def test_one_place_does_not_use_up_the_challenges() -> None:
    """A terminal that asks without end loses its own oldest; another is still given one."""
    challenges = Challenges(SeededEntropy(2))
    given = [challenges.give("sign in t-1", 0.0) for _ in range(2000)]
    other = challenges.give("sign in t-2", 0.0)
    assert challenges.take(other, "sign in t-2", 1.0) == other
    assert challenges.take(given[-8], "sign in t-1", 1.0) == given[-8]
    with pytest.raises(Refused) as refusal:
        challenges.take(given[-9], "sign in t-1", 1.0)
    assert refusal.value.code is Code.PASSKEY_REFUSED
