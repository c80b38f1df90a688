"""People with passkeys at a console's origin, who sign what they are asked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from konbini.process.entropy import Entropy
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.passkeys.authenticator import Authenticator
from konbini.ward_server.console.passkeys import Passkeys
from konbini.ward_server.console.staff import Passkey, Person
from konbini.ward_server.signed_acts.call import OperatorsCall
from konbini.ward_server.signed_acts.calls import SignedCall
from konbini.ward_server.signed_acts.proof import Assertion, Proof, act_challenge, said_digest
from konbini.ward_server.signed_acts.roll import Enrolment

__all__ = ["ORIGIN", "UNTIL", "Signer"]

ORIGIN = "https://console.ward.example"
UNTIL = 20270331
SAID = said_digest(name="agree", arguments=bytes(32), reason="確認", seen=b"")


@dataclass(kw_only=True)
class Signer:
    """One person with one passkey."""

    person: str
    origin: str = ORIGIN
    entropy: Entropy = field(default_factory=lambda: SeededEntropy(7))

    def __post_init__(self) -> None:
        """Make the passkey."""
        self.passkeys = Passkeys(self.origin, "澄川区")
        self.authenticator = Authenticator(origin=self.origin, entropy=self.entropy)
        whose = Person(person=self.person, name=self.person, handle=bytes(32), begun=0, left_at=0)
        made = self.passkeys.enrolled(self.authenticator.create(self.passkeys.to_enrol(whose, bytes(32))), bytes(32))
        self.credential, self.public_key = made.credential, made.public_key

    def enrolment(self, until: int = UNTIL) -> Enrolment:
        """Give what is enrolled of it."""
        return Enrolment(person=self.person, credential=self.credential, public_key=self.public_key, until=until)

    def assertion(self, challenge: bytes) -> Assertion:
        """Sign a challenge."""
        known = Passkey(credential=self.credential, person=self.person, public_key=self.public_key, sign_count=0)
        return self.passkeys.asserted(
            self.authenticator.get(self.passkeys.to_assert(challenge, [known])), challenge, known
        )

    def signed(self, call: OperatorsCall[Any], place: str, nonce: bytes, *, person: str = "") -> SignedCall:
        """Sign a call at a process; `person`: as who the console says they are."""
        challenge = act_challenge(person=person or self.person, said=SAID, nonce=nonce, call=call.digest(place))
        proof = Proof(said=SAID, nonce=nonce, assertion=self.assertion(challenge))
        return SignedCall(method=call.method, arguments=call.arguments, proof=proof)
