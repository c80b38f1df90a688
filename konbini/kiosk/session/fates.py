"""What became of the money and the paper, in words that a screen can say. Amounts are whole yen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind

__all__ = ["Money", "MoneyFate", "OrderLine", "Paper", "PaperFate"]


@unique
class MoneyFate(Enum):
    """What became of the resident's money."""

    NONE_TAKEN = "none taken"
    RETURNED = "returned"
    TAKEN = "taken"
    OWED = "owed"
    """The machine could not pay it out: a slip (控え) says so."""
    HELD = "held"
    """Nobody knows yet whether a certificate came out: a person settles it."""
    UNKNOWN = "unknown"
    """The device that takes it answers no more: what it counted last is known, what it holds is not."""


@unique
class PaperFate(Enum):
    """What became of the paper."""

    NONE = "none"
    ALL = "all"
    SOME = "some"
    """Pages came out, and they are void."""
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What became of `amount` yen."""

    fate: MoneyFate
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What became of the paper: `out` pages of `due`."""

    fate: PaperFate
    out: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """How one of several orders ended; `code` says why it was not printed, None where it was.

    `number` is the number of the certificate (発行番号), empty where it got none.
    """

    kind: CertificateKind
    fee: int
    number: str = ""
    code: Code | None = None
