"""Which applications and files a card carries: data, so that the next card generation is another table.

Application identifiers and file identifiers of the card of the Public Certification Service for Individuals
(公的個人認証サービス, JPKI) and of the applications that lie beside it, as the public readers of this card use
them. File sizes are not published; as on the card, an EF here is longer than its content and ends in filler.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

__all__ = [
    "ANDROID_PHONE",
    "CONTACTLESS_ATR",
    "CONTACT_ATR",
    "DRIVING_LICENCE",
    "INDIVIDUAL_NUMBER_CARD",
    "IPHONE",
    "TRANSIT_CARD",
    "WARD_CARD",
    "Application",
    "CardLayout",
    "FileEntry",
    "FileKind",
    "PinRule",
    "Slot",
]

# T=1, no historical bytes; the one ATR that OpenSC's jpki driver lists.
CONTACT_ATR = bytes.fromhex("3BE000FF8131FE4514")
# What a PC/SC reader makes of an ISO/IEC 14443-4 type B card (PC/SC part 3, 3.1.3.2.3.1). Many others exist.
CONTACTLESS_ATR = bytes.fromhex("3B8880010000000033818100" + "3A")


class FileKind(Enum):
    """What an elementary file (EF) is."""

    DATA = auto()
    KEY = auto()
    PIN = auto()


class Slot(Enum):
    """What the issuer writes into a file when the card is made; `applet.CardContent` has a field for each."""

    AUTH_CERTIFICATE = auto()
    AUTH_CA = auto()
    AUTH_KEY = auto()
    AUTH_PIN = auto()
    SIGN_CERTIFICATE = auto()
    SIGN_CA = auto()
    SIGN_KEY = auto()
    SIGN_PASSWORD = auto()
    TOKEN_NAME = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRule:
    """What a PIN file takes: its alphabet, its shortest and longest value, and how many misses lock it."""

    alphabet: bytes
    shortest: int
    longest: int
    tries: int

    def allows(self, value: bytes) -> bool:
        """Whether `value` may become the PIN."""
        return self.shortest <= len(value) <= self.longest and all(octet in self.alphabet for octet in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One EF: its identifier, what is in it, the PIN file that guards it, its size in bytes (DATA only).

    `confirmed`: what guards it is the phone, which asks its holder's face or code itself; no PIN opens it.
    """

    fid: int
    kind: FileKind
    slot: Slot
    guard: int | None = None
    size: int = 0
    filler: int = 0xFF
    pin: PinRule | None = None
    confirmed: bool = False

    def __post_init__(self) -> None:
        if (self.kind is FileKind.PIN) != (self.pin is not None):
            raise ValueError("a PIN file, and only a PIN file, has a PIN rule")
        if self.confirmed and self.guard is not None:
            raise ValueError("a file is opened by a PIN or by the phone, not by both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application (DF): its name and its files."""

    aid: bytes
    files: tuple[FileEntry, ...] = ()

    def file(self, fid: int) -> FileEntry | None:
        """The file with this identifier, if there is one."""
        return next((entry for entry in self.files if entry.fid == fid), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLayout:
    """One kind of card: its name for people and its applications."""

    name: str
    token: bytes = b""
    applications: tuple[Application, ...] = ()

    def application(self, aid: bytes) -> Application | None:
        """The application with exactly this name."""
        return next((one for one in self.applications if one.aid == aid), None)


_DIGITS = b"0123456789"
_CAPITALS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CERTIFICATE_SIZE = 3072
_TOKEN_SIZE = 160

_TOKEN = FileEntry(fid=0x0006, kind=FileKind.DATA, slot=Slot.TOKEN_NAME, size=_TOKEN_SIZE, filler=0x20)
_AUTH_CERTIFICATE = FileEntry(fid=0x000A, kind=FileKind.DATA, slot=Slot.AUTH_CERTIFICATE, size=_CERTIFICATE_SIZE)
_AUTH_CA = FileEntry(fid=0x000B, kind=FileKind.DATA, slot=Slot.AUTH_CA, size=_CERTIFICATE_SIZE)
_AUTH_KEY = FileEntry(fid=0x0017, kind=FileKind.KEY, slot=Slot.AUTH_KEY, guard=0x0018)
_AUTH_PIN = FileEntry(
    fid=0x0018,
    kind=FileKind.PIN,
    slot=Slot.AUTH_PIN,
    pin=PinRule(alphabet=_DIGITS, shortest=4, longest=4, tries=3),
)
_SIGNATURE_HALF = (
    FileEntry(fid=0x0001, kind=FileKind.DATA, slot=Slot.SIGN_CERTIFICATE, guard=0x001B, size=_CERTIFICATE_SIZE),
    FileEntry(fid=0x0002, kind=FileKind.DATA, slot=Slot.SIGN_CA, size=_CERTIFICATE_SIZE),
    FileEntry(fid=0x001A, kind=FileKind.KEY, slot=Slot.SIGN_KEY, guard=0x001B),
    FileEntry(
        fid=0x001B,
        kind=FileKind.PIN,
        slot=Slot.SIGN_PASSWORD,
        pin=PinRule(alphabet=_DIGITS + _CAPITALS, shortest=6, longest=16, tries=5),
    ),
)
_JPKI_NAME = bytes.fromhex("D392F000260100000001")


def _jpki(certificate: FileEntry, key: FileEntry) -> Application:
    """The JPKI application; carriers differ in what opens the authentication half."""
    return Application(aid=_JPKI_NAME, files=(_TOKEN, certificate, _AUTH_CA, key, _AUTH_PIN, *_SIGNATURE_HALF))


# Present on the card, none of our business: the kiosk never selects them.
_BESIDE_JPKI = tuple(
    Application(aid=bytes.fromhex(aid))
    for aid in (
        "D3921000310001010100",  # common application (共通)
        "D3921000310001010401",  # basic resident register (住基)
        "D3921000310001010402",  # card face (券面事項確認)
        "D3921000310001010408",  # card-face text support (券面事項入力補助)
    )
)

INDIVIDUAL_NUMBER_CARD = CardLayout(
    name="individual-number card",
    token=b"JPKIAPICCTOKEN2",
    applications=(_jpki(_AUTH_CERTIFICATE, _AUTH_KEY), *_BESIDE_JPKI),
)
# A phone shows no card face and no register: the JPKI application alone. An Android phone locks the certificate too.
ANDROID_PHONE = CardLayout(
    name="Android phone",
    token=b"JPKIAPGPSETOKEN",
    applications=(_jpki(replace(_AUTH_CERTIFICATE, guard=_AUTH_PIN.fid), _AUTH_KEY),),
)
IPHONE = CardLayout(
    name="iPhone",
    token=b"JPKIAPIOSTOKEN",
    applications=(_jpki(_AUTH_CERTIFICATE, replace(_AUTH_KEY, guard=None, confirmed=True)),),
)
# The ward's own card (専用カード): one application under the ward's name for it, and no signature half.
WARD_CARD = CardLayout(
    name="ward card",
    token=b"KONBINIWARDCARD1",
    applications=(
        Application(aid=b"\xf0KONBINI WARD", files=(_TOKEN, _AUTH_CERTIFICATE, _AUTH_CA, _AUTH_KEY, _AUTH_PIN)),
    ),
)
# The IC driving licence (運転免許証) answers SELECT for its own applications, and 6A82 for ours.
DRIVING_LICENCE = CardLayout(
    name="driving licence",
    applications=(
        Application(aid=bytes.fromhex("A0000002310100000000000000000000")),
        Application(aid=bytes.fromhex("A0000002310200000000000000000000")),
    ),
)
TRANSIT_CARD = CardLayout(name="transit card")
