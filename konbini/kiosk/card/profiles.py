"""Card profiles: where a generation of cards keeps what the kiosk needs. Data only.

A card is told by selecting its application and reading its token name, never by its ATR: many exist. The algorithm is
not here, it comes from the certificate's key (`schemes`). The cards of fiscal 2028 (ECDSA P-384) will be another row,
once their commands are published.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INDIVIDUAL_NUMBER_CARD", "PROFILES", "CardProfile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One generation: application, file identifiers, and what its PIN looks like."""

    name: str
    application: bytes
    token_file: int
    token_name: bytes
    certificate_file: int
    key_file: int
    pin_file: int
    pin_length: int
    pin_tries: int


# The application of the Public Certification Service for Individuals (公的個人認証サービス, JPKI) on a plastic
# card; on a telephone it has another token name, and asks for the PIN before it shows its certificate.
INDIVIDUAL_NUMBER_CARD = CardProfile(
    name="individual-number card",
    application=bytes.fromhex("D392F000260100000001"),
    token_file=0x0006,
    token_name=b"JPKIAPICCTOKEN2",
    certificate_file=0x000A,
    key_file=0x0017,
    pin_file=0x0018,
    pin_length=4,
    pin_tries=3,
)

PROFILES = (INDIVIDUAL_NUMBER_CARD,)
