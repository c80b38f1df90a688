"""The clerk's document-signing key, from a file or in a token, and the level of its signatures: the table `[signing]`.

[signing]
certificates = ["document.pem", "paper-authority.pem"]  # the key's own first, then its issuers
key = "document.key"                                    # PEM: the demo's way; or
[signing.token]                                         # a ward's
module = "/usr/lib/softhsm/libsofthsm2.so"              # the PKCS #11 library of the token's maker
label = "ward"                                          # the token's
key = "document"                                        # the private key's label in it
pin = "token.pin"                                       # a secret file: the user's PIN in its only line
[signing.time_stamps]                                   # where it stands: PAdES B-T, not B-B; asked each 10 minutes
url = "http://192.0.2.10/tsa"
authorities = ["time-authority.pem"]                    # under whom time-stamps are believed
[signing.revocation]                                    # where it stands besides: B-LT
sources = ["http://192.0.2.11/"]                        # how addresses begin that may be asked
authorities = ["paper-authority.pem"]                   # under whom the signing certificate stands
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from konbini.pdf.signing import (
    KeyFileSigner,
    PadesSigner,
    RevocationSources,
    Signer,
    Token,
    TokenAccess,
    TokenSigner,
)
from konbini.process.certificate_files import read_certificates
from konbini.process.config import ConfigRefused, Table
from konbini.process.log import logger
from konbini.process.secret_files import read_secret
from konbini.time_stamps.asking import TimeStamps

__all__ = [
    "RevocationConfig",
    "SigningConfig",
    "TimeStampConfig",
    "TokenConfig",
    "open_signer",
    "read_signing_config",
]

_log = logger("konbini.ward_server.clerk")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """Where the key is in a token; `pin` is the path of a secret file."""

    module: Path
    label: str
    key: str
    pin: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampConfig:
    """A time-stamp service, and whom it stands under."""

    url: str
    authorities: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationConfig:
    """Sources of revocation evidence, and the paper authorities that it is about."""

    sources: tuple[str, ...]
    authorities: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """The key, as the path of a file or as a place in a token, its certificates, and the services of its level."""

    certificates: tuple[Path, ...]
    key: Path | TokenConfig
    time_stamps: TimeStampConfig | None
    revocation: RevocationConfig | None


def read_signing_config(table: Table) -> SigningConfig:
    """Take the table.

    Raises:
        ConfigRefused: naming the place; also where both kinds of key are named, or neither.
    """
    with table as signing:
        if signing.has("key") is signing.has("token"):
            raise ConfigRefused("[signing]: either key, a file, or [signing.token]")
        key = signing.path("key") if signing.has("key") else _read_token(signing.part("token"))
        time_stamps = _read_time_stamps(signing.part("time_stamps")) if signing.has("time_stamps") else None
        revocation = _read_revocation(signing.part("revocation")) if signing.has("revocation") else None
        if revocation is not None and time_stamps is None:
            raise ConfigRefused("[signing.revocation]: embedded beside a time-stamp only, and no service is named")
        return SigningConfig(
            certificates=signing.paths("certificates"), key=key, time_stamps=time_stamps, revocation=revocation
        )


def _read_time_stamps(table: Table) -> TimeStampConfig:
    with table as service:
        return TimeStampConfig(url=service.text("url"), authorities=service.paths("authorities"))


def _read_revocation(table: Table) -> RevocationConfig:
    with table as evidence:
        return RevocationConfig(sources=evidence.texts("sources"), authorities=evidence.paths("authorities"))


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
    certificates = read_certificates(config.certificates)
    if isinstance(config.key, Path):
        _log.warning("signing with a key file", detail="the demo's key; a ward keeps its key in a token")
        yield _of_level(config, KeyFileSigner(read_secret(config.key), certificates))
        return
    pin = read_secret(config.key.pin).decode().removesuffix("\n")
    token = Token(TokenAccess(module=config.key.module, label=config.key.label, pin=pin))
    try:
        yield _of_level(config, TokenSigner(token, config.key.key, certificates))
    finally:
        token.close()


def _of_level(config: SigningConfig, signer: Signer) -> PadesSigner:
    """Give a signer of B-B, B-T or B-LT."""
    stamps, revocation = config.time_stamps, config.revocation
    return PadesSigner(
        signer,
        time_stamps=None if stamps is None else TimeStamps(stamps.url, read_certificates(stamps.authorities)),
        revocation=None
        if revocation is None
        else RevocationSources(revocation.sources, read_certificates(revocation.authorities)),
    )
