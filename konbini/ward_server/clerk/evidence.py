"""What `issuing` hands the clerk: what proves who asked, and the records as the registry signed them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from konbini.pdf.paper_seal.signed_page import MOST_SEAL_BYTES
from konbini.protocol.shape import Digest, Line, Sized, UpTo
from konbini.ward_server.asking.revocation import RevocationAnswer

__all__ = ["Certified", "Evidence", "Sealed"]

_Signed = Annotated[bytes, UpTo(32 * 1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The argument of `certify`, all of it bytes that somebody else signed.

    Attributes:
        ticket: the center's TICKET.
        opening: what OPEN sealed: the visit key's signature inside the device key's.
        revocation: what says that the card's certificate is not revoked: an OCSP response, or a whole list.
        menu: the MENU that `issuing` signed.
        order: the ORDER that the visit key signed.
        order_key_id: the prekey that ORDER was sealed to; it stands in what the visit key signed.
        ordinal: which order of the visit.
        number: the issuance number that `issuing` reserved.
        records: each subject's record as the registry signed it, in the order of the household.
        individual_numbers: beside each record the signed part that holds its individual number, or null where
            it is not asked for.
        seal_registration: the holder's seal registration as the registry signed it, null for every other certificate.
    """

    ticket: _Signed
    opening: _Signed
    revocation: RevocationAnswer
    menu: _Signed
    order: _Signed
    order_key_id: Annotated[bytes, Sized(8)]
    ordinal: Annotated[int, UpTo(5)]
    number: Line
    records: tuple[_Signed, ...]
    individual_numbers: tuple[_Signed | None, ...]
    seal_registration: _Signed | None = None

    def order_key(self) -> bytes:
        """Give what an order is known by: SHA-256 of v, the ordinal and the ORDER's bytes."""
        visit = hashlib.sha256(self.ticket).digest()
        return hashlib.sha256(visit + bytes([self.ordinal]) + hashlib.sha256(self.order).digest()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """The answer of `certify`: the facts to draw, and the newest version of each person on the paper.

    Attributes:
        order: the order's key, for `seal`.
        facts: what the form draws, by its `to_wire()`.
        binding: the 32 bytes that tie the PDF to this order.
        seals: the paper seal of each page.
        versions: [resident, version] of each subject, for the completing transaction to compare.
        seal_registration: [resident, version] of the seal registration that the paper shows, for the same.
    """

    order: Digest
    facts: bytes
    binding: Digest
    seals: tuple[Annotated[bytes, UpTo(MOST_SEAL_BYTES)], ...]
    versions: tuple[Version, ...]
    seal_registration: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One person's record, or seal registration, as the clerk read it."""

    resident: Line
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The answer of `seal`: what follows the PDF that was handed in, so that the whole is signed."""

    suffix: bytes
    pdf_hash: Digest
