"""A key in a PKCS #11 token: it signs there and never leaves it.

Invariants: one caller at a time, since a module need not bear threads; a signature is handed on only when the signing
certificate's key confirms it, so that a token whose key was changed signs nothing for anybody; a PIN that was refused
is never tried again by this process, and none is tried where the token says that a wrong one was entered before:
tokens lock after few.

A lost session is opened anew once, with the module's own memory of slots, when the next paper is to be signed. Limits:
one `Token` for each module in a process, since opening anew ends what others have open there; a module that hangs
holds its caller, and whoever asked gives up by its own time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pkcs11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error, TokenFlag
from pkcs11.types import SignMixin

from konbini.pdf.algorithms import Algorithm
from konbini.pdf.signing.port import certified_key
from konbini.protocol.errors import Code, Refused

__all__ = ["Token", "TokenAccess", "TokenSigner"]

_PIN_REFUSED: Final = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinExpired,
    pkcs11.PinLocked,
    pkcs11.UserPinNotInitialized,
)
_NO_KEY: Final = (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned)
_WRONG_BEFORE: Final = TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED
_RSA: Final = {"sha256": Mechanism.SHA256_RSA_PKCS}
_KINDS: Final = {Mechanism.SHA256_RSA_PKCS: KeyType.RSA, Mechanism.ECDSA: KeyType.EC}
_PROBE: Final = b"konbini/1 is this the key of the certificate?"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAccess:
    """How a token is reached.

    Attributes:
        module: the PKCS #11 library of its maker.
        label: the token's.
        pin: the user's.
    """

    module: Path
    label: str
    pin: str = field(repr=False)


class Token:
    """One token, logged in to when a key of it is first used."""

    __slots__ = ("_access", "_barred", "_keys", "_lock", "_session")

    def __init__(self, access: TokenAccess) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._session: pkcs11.Session | None = None
        self._keys: dict[str, SignMixin] = {}
        self._barred = False

    def sign(self, label: str, data: bytes, mechanism: Mechanism) -> bytes:
        """Sign `data` with the private key of this label.

        Raises:
            Refused: `TOKEN_UNAVAILABLE`, `TOKEN_PIN_REFUSED`, `SIGNING_KEY_MISSING`.
        """
        with self._lock:
            if self._session is not None:
                with suppress(PKCS11Error):  # whatever it is, a session opened anew says it once more or is rid of it
                    return self._sign(label, data, mechanism)
            try:
                self._open()
                return self._sign(label, data, mechanism)
            except _NO_KEY as error:
                raise Refused(Code.SIGNING_KEY_MISSING, type(error).__name__) from error
            except PKCS11Error as error:
                self._forget()
                raise Refused(Code.TOKEN_UNAVAILABLE, type(error).__name__) from error

    def close(self) -> None:
        """Log out; the next signature opens it anew."""
        with self._lock:
            self._forget()

    def _sign(self, label: str, data: bytes, mechanism: Mechanism) -> bytes:
        if self._session is None:
            raise pkcs11.SessionClosed
        if label not in self._keys:
            self._keys[label] = self._find(self._session, label, _KINDS[mechanism])
        return bytes(self._keys[label].sign(data, mechanism=mechanism))

    @staticmethod
    def _find(session: pkcs11.Session, label: str, kind: KeyType) -> SignMixin:
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: kind, Attribute.LABEL: label}
        # All of them are asked for: a search that is left before its end bars the session.
        found = [key for key in session.get_objects(wanted) if isinstance(key, SignMixin)]
        if len(found) != 1:
            raise pkcs11.MultipleObjectsReturned if found else pkcs11.NoSuchKey
        return found[0]

    def _open(self) -> None:
        """Find the token and log in, as if for the first time.

        Raises:
            Refused: `TOKEN_PIN_REFUSED`.
            PKCS11Error: there is no such token, or it does not answer.
        """
        if self._barred:
            raise Refused(Code.TOKEN_PIN_REFUSED, "its PIN was refused before")
        self._forget()
        library = pkcs11.lib(str(self._access.module))
        library.reinitialize()
        token = library.get_token(token_label=self._access.label)
        if token.flags & _WRONG_BEFORE:
            raise Refused(Code.TOKEN_PIN_REFUSED, "a wrong PIN was entered before: no other is tried")
        try:
            self._session = token.open(user_pin=self._access.pin)
        except _PIN_REFUSED as error:
            self._barred = True
            raise Refused(Code.TOKEN_PIN_REFUSED, type(error).__name__) from error

    def _forget(self) -> None:
        session, self._session = self._session, None
        self._keys.clear()
        if session is not None:
            with suppress(PKCS11Error):  # a lost session cannot be closed, and need not be
                session.close()


class TokenSigner:
    """A key of a token.

    Args:
        token: where it is.
        label: the private key's.
        certificates: DER, see `Signer`.

    Raises:
        ValueError: a certificate whose key signs no papers.
        Refused: the key cannot be used now: found when the process starts.
    """

    __slots__ = ("_label", "_public", "_token", "algorithm", "certificates")

    def __init__(self, token: Token, label: str, certificates: Sequence[bytes]) -> None:
        self._public = certified_key(certificates)
        self.algorithm = Algorithm.of_key(self._public)
        self.certificates = tuple(certificates)
        self._token = token
        self._label = label
        self.sign(_PROBE)

    def sign(self, data: bytes) -> bytes:
        """See `Signer`."""
        signature = self._elliptic(data) if self.algorithm.elliptic else self._rsa(data)
        if not self.algorithm.holds(self._public, signature, data):
            raise Refused(Code.SIGNING_KEY_MISSING, "the token's key is not that of the certificate")
        return signature

    def _elliptic(self, data: bytes) -> bytes:
        """Have the digest signed as it is (raw ECDSA): tokens that hash by themselves are few."""
        hashing = hashes.Hash(self.algorithm.hash)
        hashing.update(data)
        pair = self._token.sign(self._label, hashing.finalize(), Mechanism.ECDSA)
        half = len(pair) // 2
        return encode_dss_signature(int.from_bytes(pair[:half]), int.from_bytes(pair[half:]))

    def _rsa(self, data: bytes) -> bytes:
        return self._token.sign(self._label, data, _RSA[self.algorithm.digest])
