"""Passkeys (WebAuthn): what a browser is asked, and whether what it answers holds. No row, no session.

Invariants: user verification is required in both directions, so that a passkey is a thing one has and a face, finger or
PIN; passkeys are discoverable, so that nobody types who they are; a challenge is used once, within minutes, for the
purpose and at the terminal that it was given to. Attestation is not asked for: which make of authenticator somebody has
is settled where it is bought, and a terminal is enrolled by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from konbini.process.entropy import Entropy
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.staff import Passkey, Person
from konbini.ward_server.signed_acts.judging import ALGORITHMS, check_assertion
from konbini.ward_server.signed_acts.proof import Assertion

__all__ = ["Challenges", "Enrolled", "Passkeys", "challenge_of", "credential_of"]

_CHALLENGE_BYTES: Final = 32
_CHALLENGE_SECONDS: Final = 180.0
_MOST_CHALLENGES: Final = 1024
_MOST_OF_ONE: Final = 8
"""Challenges out for one purpose at one place; of more, the oldest go, so that one terminal does not use up all."""
_MOST_TEXT: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A passkey that was made: what is kept of it."""

    credential: bytes
    public_key: bytes
    sign_count: int


class Challenges:
    """The challenges that are out, each for one purpose at one place; moments are monotonic seconds."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._out: dict[bytes, tuple[str, float]] = {}

    def give(self, bound: str, now: float) -> bytes:
        """Give a challenge that `take` will take once for the same `bound`.

        Raises:
            Refused: `BUSY`: too many are out.
        """
        self._out = {one: (what, ends) for one, (what, ends) in self._out.items() if ends > now}
        same = [one for one, (what, _ends) in self._out.items() if what == bound]
        for one in same[: max(0, len(same) - _MOST_OF_ONE + 1)]:
            del self._out[one]
        if len(self._out) >= _MOST_CHALLENGES:
            raise Refused(Code.BUSY, "too many challenges")
        challenge = self._entropy.token(_CHALLENGE_BYTES)
        self._out[challenge] = (bound, now + _CHALLENGE_SECONDS)
        return challenge

    def take(self, challenge: bytes, bound: str, now: float) -> bytes:
        """Take a challenge back, for good.

        Raises:
            Refused: `PASSKEY_REFUSED`: it was not given for this, or was taken, or is over.
        """
        what, ends = self._out.pop(challenge, ("", 0.0))
        if what != bound or ends <= now:
            raise Refused(Code.PASSKEY_REFUSED, "no such challenge")
        return challenge


class Passkeys:
    """Makes options and judges answers for one origin.

    Args:
        origin: as browsers see the console.
        name: whose console it is, as an authenticator shows it.
    """

    def __init__(self, origin: str, name: str) -> None:
        self._origin = origin
        self._name = name
        self._host = urlsplit(origin).hostname or ""

    def to_enrol(self, person: Person, challenge: bytes) -> str:
        """Give the options for `navigator.credentials.create`, as JSON."""
        return options_to_json(
            generate_registration_options(
                rp_id=self._host,
                rp_name=self._name,
                user_id=person.handle,
                user_name=person.person,
                user_display_name=person.name,
                challenge=challenge,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                supported_pub_key_algs=list(ALGORITHMS),
            )
        )

    def to_assert(self, challenge: bytes, known: Iterable[Passkey] = ()) -> str:
        """Give the options for `navigator.credentials.get`, as JSON; `known` where it must be one of these."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self._host,
                challenge=challenge,
                allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in known],
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def enrolled(self, text: str, challenge: bytes) -> Enrolled:
        """Judge what `create` answered.

        Raises:
            Refused: `PASSKEY_REFUSED`.
        """
        try:
            made = verify_registration_response(
                credential=_object(text),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=list(ALGORITHMS),
            )
        except (WebAuthnException, ValueError) as error:  # a library that also leaks what base64 raises
            raise Refused(Code.PASSKEY_REFUSED, type(error).__name__) from error
        return Enrolled(
            credential=made.credential_id, public_key=made.credential_public_key, sign_count=made.sign_count
        )

    def asserted(self, text: str, challenge: bytes, passkey: Passkey) -> Assertion:
        """Judge what `get` answered, with a passkey that is known.

        Raises:
            Refused: `PASSKEY_REFUSED`: the signature, the origin, the challenge, the person's verification, or a count
                that does not rise, as that of a copied passkey would not.
        """
        try:
            answer = parse_authentication_credential_json(_object(text))
        except (WebAuthnException, ValueError) as error:  # a library that also leaks what base64 raises
            raise Refused(Code.PASSKEY_REFUSED, type(error).__name__) from error
        if answer.raw_id != passkey.credential:
            raise Refused(Code.PASSKEY_REFUSED, "another passkey's id")
        assertion = Assertion(
            credential=passkey.credential,
            authenticator_data=answer.response.authenticator_data,
            client_data=answer.response.client_data_json,
            signature=answer.response.signature,
        )
        check_assertion(
            assertion,
            challenge=challenge,
            origin=self._origin,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
        )
        return assertion

    def holds(self, assertion: Assertion, challenge: bytes, public_key: bytes) -> bool:
        """Say whether a kept assertion is this passkey's, to this challenge; its count was judged when it was taken."""
        try:
            check_assertion(assertion, challenge=challenge, origin=self._origin, public_key=public_key)
        except Refused:
            return False
        return True


def credential_of(text: str) -> tuple[bytes, bytes]:
    """Give the id of the passkey that an answer claims to be of, and the handle of its person.

    Raises:
        Refused: `PASSKEY_REFUSED`.
    """
    try:
        answer = parse_authentication_credential_json(_object(text))
    except (WebAuthnException, ValueError) as error:  # a library that also leaks what base64 raises
        raise Refused(Code.PASSKEY_REFUSED, type(error).__name__) from error
    return answer.raw_id, answer.response.user_handle or b""


def challenge_of(text: str) -> bytes:
    """Give the challenge that an answer claims to be to.

    Raises:
        Refused: `PASSKEY_REFUSED`.
    """
    response = _object(text).get("response")
    try:
        client_data = json.loads(base64url_to_bytes(response["clientDataJSON"])) if isinstance(response, dict) else {}
        return base64url_to_bytes(client_data["challenge"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused(Code.PASSKEY_REFUSED, "no challenge") from error


def _object(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text) if len(text) <= _MOST_TEXT else None
    except (ValueError, RecursionError) as error:  # the latter: brackets within brackets, thousands deep
        raise Refused(Code.PASSKEY_REFUSED, "no JSON") from error
    if not isinstance(answer, dict):
        raise Refused(Code.PASSKEY_REFUSED, "no object, or a long one")
    return answer
