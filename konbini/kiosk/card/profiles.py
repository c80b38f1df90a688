"""Card profiles: where a kind of card keeps what the kiosk needs, and who asks its holder for what. Data only.

A card is told by selecting its application and reading its token name, never by its ATR: many exist. The algorithm is
not here, it comes from the certificate's key (`schemes`). The cards of fiscal 2028 (ECDSA P-384) will be another row,
once their commands are published.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = [
    "ANDROID_TOKEN",
    "INDIVIDUAL_NUMBER_CARD",
    "IPHONE_TOKEN",
    "OWN_MACHINE_PROFILES",
    "PROFILES",
    "WARD_CARD",
    "CardProfile",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One kind of card: application, file identifiers, what its PIN looks like, and what comes first.

    Attributes:
        needs_pin: whether the kiosk asks for the PIN; a phone that asks for a face or a code itself needs none.
        certificate_after_pin: whether the certificate can be read only when the PIN has been verified.
    """

    name: str
    application: bytes
    token_file: int
    token_name: bytes
    certificate_file: int
    key_file: int
    pin_file: int
    pin_length: int
    pin_tries: int
    needs_pin: bool = True
    certificate_after_pin: bool = False

    def __post_init__(self) -> None:
        if self.certificate_after_pin and not self.needs_pin:
            raise ValueError("nobody would ever verify the PIN that this certificate waits for")


# The application of the Public Certification Service for Individuals (公的個人認証サービス, JPKI) on a plastic card.
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
# The same application on a telephone (スマートフォン用電子証明書), under another token name.
ANDROID_TOKEN = replace(
    INDIVIDUAL_NUMBER_CARD,
    name="Android phone",
    token_name=b"JPKIAPGPSETOKEN",
    certificate_after_pin=True,
)
# An iPhone asks for its holder's face itself, before it lets a reader near.
IPHONE_TOKEN = replace(INDIVIDUAL_NUMBER_CARD, name="iPhone", token_name=b"JPKIAPIOSTOKEN", needs_pin=False)
# The ward's own card (専用カード): files as above under a name of our own. F0 begins a proprietary name that nobody
# registered (ISO/IEC 7816-4, 12.2.3.4).
WARD_CARD = replace(
    INDIVIDUAL_NUMBER_CARD,
    name="ward card",
    application=b"\xf0KONBINI WARD",
    token_name=b"KONBINIWARDCARD1",
)

PROFILES = (INDIVIDUAL_NUMBER_CARD, ANDROID_TOKEN, IPHONE_TOKEN)
"""What a kiosk in a shop takes."""
OWN_MACHINE_PROFILES = (*PROFILES, WARD_CARD)
"""What a ward's own machine takes."""
