"""The numbers of the wire: kinds of message, certificates, options, outcomes (docs/protocol.md).

Numbers are never used again for something else.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique

__all__ = [
    "ANYONE",
    "CENTER",
    "LONG_VISIT_MINUTES",
    "MOST_ORDERS",
    "PROTOCOL",
    "SUITE",
    "VISIT_MINUTES",
    "CertificateKind",
    "IssuanceFate",
    "LeftThings",
    "MessageKind",
    "Mismatched",
    "Options",
    "Outcome",
    "Scope",
]

PROTOCOL = "konbini/1"
"""The name and version of this protocol; it stands in everything that is signed."""
SUITE = 1
"""HPKE base mode, ML-KEM-768+X25519, HKDF-SHA256, AES-256-GCM (RFC 9180)."""
CENTER = "center"
"""The issuance center's name as sender and receiver."""
ANYONE = "*"
"""The receiver of what is signed for everybody."""
MOST_ORDERS = 5
"""Certificates in one visit; it stands in what the card signs."""
VISIT_MINUTES = 15
"""Minutes that one visit may take; it stands in what the card signs."""
LONG_VISIT_MINUTES = 30
"""The same where the resident asked for more time."""


@unique
class MessageKind(IntEnum):
    """What a message is; the tens are the message's number in the design of a visit."""

    PREKEY = 0
    HELLO = 10
    TICKET = 20
    OPEN = 40
    MENU = 41
    ORDER = 50
    DOCUMENT = 51
    RECEIPT = 70
    FINAL = 71
    LEFT = 72
    LEFT_NOTED = 73
    MISMATCH = 74
    MISMATCH_NOTED = 75
    ASK = 80
    STATE = 90
    FIGURES = 91
    FIGURES_NOTED = 92
    COUNTS = 93
    NOTICE = 100
    OWNLIST = 110
    LINK_REFUSED = 120
    CHECKPOINT = 130
    COSIGNED = 131

    # What is signed once and carried by others.
    DIRECTORY = 200
    ENROLMENT = 201
    MESSAGE_KEY = 202

    # Inside a ward: from its registry to its issuing copy and its clerk.
    RECORD = 210
    FEED = 211
    HEARTBEAT = 212
    SEAL = 213
    HELD = 219

    # Inside a ward: what is kept, and for how long.
    BACKUP = 215
    DISPOSAL = 216
    ENTRY_DISPOSED = 217

    # On paper, and what is published for whoever verifies it (docs/paper-seal.md).
    PAGE_SEAL = 220
    ISSUER_LIST = 221
    STATUS_LIST = 222
    LOG_CHECKPOINTS = 223


@unique
class CertificateKind(IntEnum):
    """The certificates (証明書の種類)."""

    RESIDENT_RECORD = 1
    """住民票の写し."""
    RESIDENT_RECORD_ITEMS = 2
    """住民票記載事項証明書."""
    SEAL_REGISTRATION = 3
    """印鑑登録証明書."""


@unique
class Scope(IntEnum):
    """Whom a copy of the resident record shows."""

    SELF = 1
    """本人."""
    PART = 2
    """世帯の一部."""
    WHOLE = 3
    """世帯全員."""


class Options(IntFlag):
    """What a resident may ask to have shown; what is not asked for prints as omitted (省略)."""

    HEAD_AND_RELATIONSHIP = 1
    """世帯主・続柄."""
    DOMICILE = 2
    """本籍・筆頭者."""
    INDIVIDUAL_NUMBER = 4
    """個人番号."""
    RESIDENT_CODE = 8
    """住民票コード."""
    FOREIGN_ITEMS = 16
    """国籍・地域, 法第30条の45に規定する区分, 在留資格, 在留期間等, 在留カード等の番号."""
    EARLIER_ADDRESS = 32
    """異動前住所, where the form has a cell for it."""


@unique
class Outcome(IntEnum):
    """What became of an order, as the kiosk's receipt says. All but `IN_DOUBT` are final."""

    CANCELLED = 1
    PRINTED = 2
    VOID = 3
    JAM = 4
    IN_DOUBT = 5


@unique
class IssuanceFate(IntEnum):
    """What became of a number, as the card's holder is told."""

    PRINTED = 1
    IN_DOUBT = 2
    """Issued, and nobody knows (yet) whether it was printed."""
    VOID = 3
    """Not printed, or not whole: no certificate."""
    WITHDRAWN = 4
    """Printed, and taken back by the ward since."""


@unique
class Mismatched(IntEnum):
    """Which of a kiosk's own checks of a DOCUMENT failed, as MISMATCH says it."""

    ENVELOPE = 1
    """It is of another visit, order or fee, or of no page."""
    HASH = 2
    """The paper is not the one whose hash was signed."""
    PAPER = 3
    """The paper's own signature, number, binding or pages do not hold."""


class LeftThings(IntFlag):
    """What lies at a kiosk that nobody took (置き忘れ), as STATE says it."""

    CARD = 1
    """On the reader."""
    PAPER = 2
    """In the paper exit: somebody's certificate."""
    COINS = 4
    """In the dish."""
