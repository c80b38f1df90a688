"""A simulated authenticator: keeps one P-256 key for each account, counts its signatures, and signs as WebAuthn says.

It answers `navigator.credentials.create` and `get` from the options that a page gives, as JSON in and out. What it
says of its person (present, verified) is settable, since a defect of the other side shows only where that is not said.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from cbor2 import dumps
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from konbini.process.entropy import Entropy

__all__ = ["Authenticator"]

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40
_ID_BYTES: Final = 32
_P256_BYTES: Final = 32
_NO_MODEL: Final = bytes(16)


@dataclass(slots=True, kw_only=True)
class _Account:
    key: ec.EllipticCurvePrivateKey
    handle: bytes
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """One authenticator of one person; `origin` is what the browser around it says.

    Attributes:
        is_verified: whether it says that it verified its person.
        counts: whether it counts its signatures; a passkey that is synchronised between devices says 0 each time.
    """

    origin: str
    entropy: Entropy
    is_verified: bool = True
    counts: bool = True
    _accounts: dict[bytes, _Account] = field(default_factory=dict)

    def create(self, options: str) -> str:
        """Make a key for the account that the options name."""
        asked = json.loads(options)
        account = _Account(key=ec.generate_private_key(ec.SECP256R1()), handle=_bytes(asked["user"]["id"]))
        credential = self.entropy.token(_ID_BYTES)
        self._accounts[credential] = account
        attested = _NO_MODEL + len(credential).to_bytes(2, "big") + credential + _cose(account.key)
        data = self._data(asked["rp"]["id"], account, _ATTESTED) + attested
        client_data = self._client_data("webauthn.create", asked["challenge"])
        return _answer(
            credential,
            clientDataJSON=client_data,
            attestationObject=dumps({"fmt": "none", "attStmt": {}, "authData": data}),
        )

    def get(self, options: str) -> str:
        """Sign the challenge with a key that the options allow: the newest one where they name none.

        Raises:
            KeyError: it has none of them.
        """
        asked = json.loads(options)
        allowed = [_bytes(one["id"]) for one in asked.get("allowCredentials", [])]
        credential = next(one for one in reversed(self._accounts) if one in allowed or not allowed)
        account = self._accounts[credential]
        account.count += self.counts
        data = self._data(asked["rpId"], account, 0)
        client_data = self._client_data("webauthn.get", asked["challenge"])
        signed = data + hashlib.sha256(client_data).digest()
        return _answer(
            credential,
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=account.key.sign(signed, ec.ECDSA(hashes.SHA256())),
            userHandle=account.handle,
        )

    def copy(self) -> Authenticator:
        """Copy it with its keys and counts, as a thief might."""
        accounts = {
            credential: _Account(key=one.key, handle=one.handle, count=one.count)
            for credential, one in self._accounts.items()
        }
        return Authenticator(
            origin=self.origin,
            entropy=self.entropy,
            is_verified=self.is_verified,
            counts=self.counts,
            _accounts=accounts,
        )

    def forget_counts(self) -> None:
        """Begin to count anew, as an authenticator does that was reset from a copy."""
        for account in self._accounts.values():
            account.count = 0

    def _data(self, party: str, account: _Account, flags: int) -> bytes:
        """Give authenticator data (WebAuthn 6.1), without extensions."""
        said = _PRESENT | (_VERIFIED if self.is_verified else 0) | flags
        return hashlib.sha256(party.encode()).digest() + bytes([said]) + account.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a public key as COSE (RFC 9052): EC2, ES256, P-256."""
    numbers = key.public_key().public_numbers()
    x, y = (number.to_bytes(_P256_BYTES, "big") for number in (numbers.x, numbers.y))
    return dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def _answer(credential: bytes, **response: bytes) -> str:
    written: dict[str, Any] = {name: _text(value) for name, value in response.items()}
    return json.dumps({"id": _text(credential), "rawId": _text(credential), "type": "public-key", "response": written})


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
