"""The clerk's document-signing key: from a file, or in a token; the table `[signing]` of its configuration.

[signing]
certificates = ["document.pem", "paper-authority.pem"]  # the key's own first, then its issuers
key = "document.key"                                    # PEM: the demo's way; or
[signing.token]                                         # a ward's
module = "/usr/lib/softhsm/libsofthsm2.so"              # the PKCS #11 library of the token's maker
label = "ward"                                          # the token's
key = "document"                                        # the private key's label in it
pin = "token.pin"                                       # a secret file: the user's PIN in its only line
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from konbini.pdf.signing import KeyFileSigner, PadesSigner, Token, TokenAccess, TokenSigner
from konbini.process.config import ConfigRefused, Table
from konbini.process.log import logger
from konbini.process.secret_files import read_secret

__all__ = ["SigningConfig", "TokenConfig", "open_signer", "read_signing_config"]

_log = logger("konbini.ward_server.clerk")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """Where the key is in a token; `pin` is the path of a secret file."""

    module: Path
    label: str
    key: str
    pin: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """The key, as the path of a file or as a place in a token, and its certificates."""

    certificates: tuple[Path, ...]
    key: Path | TokenConfig


def read_signing_config(table: Table) -> SigningConfig:
    """Take the table.

    Raises:
        ConfigRefused: naming the place; also where both kinds of key are named, or neither.
    """
    with table as signing:
        if signing.has("key") is signing.has("token"):
            raise ConfigRefused("[signing]: either key, a file, or [signing.token]")
        key = signing.path("key") if signing.has("key") else _read_token(signing.part("token"))
        return SigningConfig(certificates=signing.paths("certificates"), key=key)


def _read_token(table: Table) -> TokenConfig:
    with table as token:
        return TokenConfig(
            module=token.path("module"), label=token.text("label"), key=token.text("key"), pin=token.path("pin")
        )


@contextmanager
def open_signer(config: SigningConfig) -> Iterator[PadesSigner]:
    """Give the signer while the context lasts.

    Raises:
        Refused: the token cannot be used now.
        OSError, ValueError: a file cannot be used, or key and certificate do not belong together.
    """
    certificates = _certificates(config.certificates)
    if isinstance(config.key, Path):
        _log.warning("signing with a key file", detail="the demo's key; a ward keeps its key in a token")
        yield PadesSigner(KeyFileSigner(read_secret(config.key), certificates))
        return
    pin = read_secret(config.key.pin).decode().removesuffix("\n")
    token = Token(TokenAccess(module=config.key.module, label=config.key.label, pin=pin))
    try:
        yield PadesSigner(TokenSigner(token, config.key.key, certificates))
    finally:
        token.close()


def _certificates(paths: Sequence[Path]) -> list[bytes]:
    """Read PEM files, each of one certificate or more, and give them all as DER."""
    found = (certificate for path in paths for certificate in x509.load_pem_x509_certificates(path.read_bytes()))
    return [certificate.public_bytes(serialization.Encoding.DER) for certificate in found]
