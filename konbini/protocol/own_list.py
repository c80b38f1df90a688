"""Message 11: OWNLIST, both ways: what was issued on this card in the last year, at every kiosk.

It is what the owner of a card can find a dishonest kiosk with, so it is asked for in any visit, at any kiosk, and names
no person: whoever reads it over a shoulder learns kinds of certificates, moments and machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.kinds import CertificateKind, IssuanceFate
from konbini.protocol.shape import Digest, Line, Moment, Sized, UpTo

__all__ = ["MOST_OWN_ISSUANCES", "MOST_OWN_LISTS", "OwnIssuance", "OwnList", "OwnListAsk", "OwnListBody"]

MOST_OWN_LISTS = 3
"""Lists that one visit may ask for."""
MOST_OWN_ISSUANCES = 20
"""Issuances that one list names: as many of the longest there can be as one seal of `SealedSize.MEDIUM` holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnListBody:
    """The body of a kiosk's OWNLIST on the link: which ticket and which ask, and the rest sealed."""

    visit: Digest
    ordinal: Annotated[int, UpTo(9)]
    key_id: Annotated[bytes, Sized(8)]
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnListAsk:
    """Message 11, kiosk to ward, signed by the visit key."""

    t: Digest
    ordinal: Annotated[int, UpTo(9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIssuance:
    """One certificate that was issued on the card.

    `issued` is when its number was given, `operator` who runs the kiosk, empty where the ward's register does not name
    it any more.
    """

    number: Line
    kind: CertificateKind
    issued: Moment
    kiosk: Line
    operator: Line
    fate: IssuanceFate


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnList:
    """Message 11, ward to kiosk: the newest issuances first, and how many `older` ones there are since `since`."""

    t: Digest
    ordinal: Annotated[int, UpTo(9)]
    since: Moment
    entries: Annotated[tuple[OwnIssuance, ...], UpTo(MOST_OWN_ISSUANCES)]
    older: Annotated[int, UpTo(1_000_000)]
