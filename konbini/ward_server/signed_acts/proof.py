"""What a passkey signs when a person acts, and what a process is handed of it. Pure.

    challenge = SHA-256 [who, what the person was shown, a nonce, the call]

What was shown (`said_digest`) is the console's: the act's name, the SHA-256 of its arguments, the reason and the
version that was seen. A process does not judge it and keeps its digest alone, so that it keeps nothing of a resident a
second time; whoever has the console's evidence beside it can recompute it. The call (`call.call_digest`) is the
process's: where it goes, which method, which bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

from konbini.protocol.codec import encode
from konbini.protocol.shape import Digest, UpTo

__all__ = ["Assertion", "Proof", "act_challenge", "said_digest"]

_SAID: Final = "konbini/1 console act, as shown"
_CHALLENGE: Final = "konbini/1 console act"
_COUNT: Final = slice(33, 37)
"""Where authenticator data has the count of signatures (WebAuthn 6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What a passkey signed, whole: evidence that anybody can check with its public key (WebAuthn 7.2)."""

    credential: Annotated[bytes, UpTo(1024)]
    authenticator_data: Annotated[bytes, UpTo(1024)]
    client_data: Annotated[bytes, UpTo(2048)]
    signature: Annotated[bytes, UpTo(1024)]

    @property
    def sign_count(self) -> int:
        """How often the passkey says that it signed; 0 where it does not count."""
        return int.from_bytes(self.authenticator_data[_COUNT], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a process is handed with a call: `said_digest`, the nonce that it gave itself, and the assertion."""

    said: Digest
    nonce: Digest
    assertion: Assertion


def said_digest(*, name: str, arguments: bytes, reason: str, seen: bytes) -> bytes:
    """Give the SHA-256 of what a person was shown and typed; `arguments` are hashed already."""
    return hashlib.sha256(encode([_SAID, name, arguments, reason, seen])).digest()


def act_challenge(*, person: str, said: bytes, nonce: bytes, call: bytes) -> bytes:
    """Give the SHA-256 of an act: the challenge of its passkey; `call` is empty where no process is called."""
    return hashlib.sha256(encode([_CHALLENGE, person, said, nonce, call])).digest()
