"""Commands and status words as a card sees them (ISO/IEC 7816-4, short length fields only).

Owns the parsing of a command into its parts and the closed list of status words this card gives. A command that does
not parse is `None`: the card answers 6700, as it answers any length it does not like.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

__all__ = ["Command", "Instruction", "StatusWord", "answer", "parse", "tries_word"]

_HEADER = 4
_SHORT_LE_MAX = 256


@unique
class StatusWord(IntEnum):
    """What this card says at the end of an answer."""

    OK = 0x9000
    WRONG_LENGTH = 0x6700
    NO_LOGICAL_CHANNEL = 0x6881
    NO_SECURE_MESSAGING = 0x6882
    INCOMPATIBLE_FILE = 0x6981
    SECURITY_NOT_SATISFIED = 0x6982
    REFERENCE_DATA_UNUSABLE = 0x6984
    NO_FILE_SELECTED = 0x6986
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    PAST_THE_END = 0x6B00
    WRONG_LE = 0x6C00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00


class Instruction(IntEnum):
    """The instructions this card knows."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    PERFORM_SECURITY_OPERATION = 0x2A
    SELECT = 0xA4
    READ_BINARY = 0xB0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: header, data (Lc) and the length asked for (Le, 1 to 256; None when the field is absent)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None

    @property
    def parameters(self) -> int:
        """P1 and P2 as one number."""
        return self.p1 << 8 | self.p2


def parse(frame: bytes) -> Command | None:
    """Parse one short command (ISO/IEC 7816-3, 12.1.3: cases 1 to 4); None when its lengths do not fit."""
    if len(frame) < _HEADER:
        return None
    cla, ins, p1, p2 = frame[:_HEADER]
    body = frame[_HEADER:]
    data, le = b"", None
    if len(body) == 1:
        le = body[0] or _SHORT_LE_MAX
    elif body:
        lc = body[0]
        data, rest = body[1 : 1 + lc], body[1 + lc :]
        if lc == 0 or len(data) != lc or len(rest) > 1:
            return None
        le = (rest[0] or _SHORT_LE_MAX) if rest else None
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, le=le)


def answer(status: int, data: bytes = b"") -> bytes:
    """Data and status word as they go over the contacts."""
    return data + status.to_bytes(2, "big")


def tries_word(tries_left: int) -> int:
    """63Cx: x tries left."""
    return 0x63C0 | tries_left
