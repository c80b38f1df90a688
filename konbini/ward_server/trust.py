"""The roots that `issuing` and the clerk are each started with; read from files by each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from konbini.process.config import Table
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.trust import WardDirectory, WardEntry
from konbini.ward_server.asking.card import CardIssuer, check_told_apart
from konbini.ward_server.asking.offices import TicketOffices
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.asking.revocation import RevocationOrder, RevocationPolicy

__all__ = ["Trust", "TrustConfig", "read_trust", "read_trust_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssuerConfig:
    """A pinned issuer of card certificates: its certificate's file and the policies that mean user authentication.

    `own`: the ward's own issuer, of the ward's own cards (専用カード).
    """

    certificate: Path
    policies: frozenset[str]
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustConfig:
    """Where the roots are."""

    record: bytes
    directory_authority: bytes
    enrolment_authority: bytes
    center: bytes
    directory: Path
    enrolments: tuple[Path, ...]
    card_issuers: tuple[CardIssuerConfig, ...]
    revocation: RevocationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The roots, read and checked."""

    entry: WardEntry
    record: VerifyingKey
    offices: TicketOffices
    register: KioskRegister
    issuers: Sequence[CardIssuer]


def read_trust_config(table: Table) -> TrustConfig:
    """Take the entries of [trust].

    Raises:
        ConfigRefused: naming the place.
    """
    return TrustConfig(
        record=table.point("record"),
        directory_authority=table.point("directory_authority"),
        enrolment_authority=table.point("enrolment_authority"),
        center=table.point("center"),
        directory=table.path("directory"),
        enrolments=table.paths("enrolments"),
        card_issuers=tuple(_card_issuer(part) for part in table.parts("card_issuers")),
        revocation=_revocation(table.part("revocation")),
    )


def read_trust(config: TrustConfig, ward: str) -> Trust:
    """Read the files and check their signatures.

    Raises:
        Refused: `SIGNATURE_INVALID`, or `WARD_UNREACHABLE` where the directory does not know this ward.
        ValueError: a kiosk stands twice, or two card issuers have one key.
        OSError: a file cannot be read.
    """
    authority = VerifyingKey(config.directory_authority)
    directory = WardDirectory.open(config.directory.read_bytes(), authority, newest_seen=0)
    entry = directory.entry(ward)
    register = KioskRegister(
        (path.read_bytes() for path in config.enrolments), VerifyingKey(config.enrolment_authority)
    )
    issuers = tuple(
        CardIssuer(certificate=issuer.certificate.read_bytes(), policies=issuer.policies, own=issuer.own)
        for issuer in config.card_issuers
    )
    check_told_apart(issuers)
    return Trust(
        entry=entry,
        record=VerifyingKey(config.record),
        offices=TicketOffices(register, entry, VerifyingKey(config.center)),
        register=register,
        issuers=issuers,
    )


def _revocation(part: Table) -> RevocationPolicy:
    with part:
        return RevocationPolicy(
            order=part.convert("order", RevocationOrder),
            oldest_ocsp=part.integer("oldest_ocsp", least=1),
            oldest_list=part.integer("oldest_crl", least=1),
        )


def _card_issuer(part: Table) -> CardIssuerConfig:
    with part:
        return CardIssuerConfig(
            certificate=part.path("certificate"),
            policies=frozenset(part.texts("policies")),
            own=part.has("own") and part.boolean("own"),
        )
