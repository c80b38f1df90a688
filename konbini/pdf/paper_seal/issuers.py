"""The issuer list: which key seals pages, or signs status lists, for which municipality and when.

Signed by the directory authority, which no serving machine holds; published as a file, never going back in version.
Whoever verifies a paper holds the authority's public key and this list, and needs nothing else to check a page offline.
A key that became known to others leaves the list: its papers are then of an unknown key, since nobody can tell the
genuine ones among them any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, unique
from typing import Annotated, Final

from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import Line, Moment, UpTo, from_bytes, to_bytes
from konbini.protocol.trust import Point

__all__ = ["MOST_LIST_BYTES", "DayNumber", "IssuerKey", "IssuerList", "KeyUse"]

MOST_LIST_BYTES: Final = 1 << 20
"""Of a signed list: about four thousand keys."""
_AUTHORITY: Final = "directory authority"
_MUNICIPALITY_DIGITS: Final = 6

DayNumber = Annotated[int, UpTo(99991231)]
"""A day in Japan as yyyymmdd."""


@unique
class KeyUse(IntEnum):
    """What a key of the list signs; one key has one use."""

    PAGES = 1
    STATUS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """One key of one municipality.

    Attributes:
        municipality: its code, 6 digits.
        name: as papers name it.
        name_english: the same in English.
        use: pages or status lists.
        point: the key.
        begins: first day that it signs for, yyyymmdd.
        ends: the last one.
    """

    municipality: Line
    name: Line
    name_english: Line
    use: KeyUse
    point: Point
    begins: DayNumber
    ends: DayNumber

    @property
    def key_id(self) -> bytes:
        """SHA-256 of the point, its first 8 bytes."""
        return VerifyingKey(self.point).key_id

    def check_in_force(self, day: date) -> None:
        """Refuse a day for which the key may not sign.

        Raises:
            Refused: `PAPER_KEY_EXPIRED`.
        """
        if not self.begins <= day.year * 10000 + day.month * 100 + day.day <= self.ends:
            raise Refused(Code.PAPER_KEY_EXPIRED, f"key {self.key_id.hex()} on {day.isoformat()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerList:
    """The list.

    Attributes:
        version: grows with each list.
        issued: when it was signed.
        expires: a verifier that has nothing newer says so from then on.
        keys: no key twice.
    """

    version: int
    issued: Moment
    expires: Moment
    keys: tuple[IssuerKey, ...]

    def sign(self, authority: SigningKey) -> bytes:
        """Sign with the directory authority's key, offline."""
        return authority.sign(to_bytes(self), _context())

    @classmethod
    def open(cls, signed: bytes, authority: VerifyingKey, *, newest_seen: int) -> IssuerList:
        """Check the signature, the version and the keys.

        Raises:
            Refused: `OVERSIZE`; `SIGNATURE_INVALID`; `MALFORMED`: a version behind `newest_seen`, a key twice, a code
                that is none, a point that is none.
        """
        if len(signed) > MOST_LIST_BYTES:
            raise Refused(Code.OVERSIZE, "an issuer list too long")
        found = from_bytes(cls, authority.open(signed, _context()))
        if found.version < newest_seen:
            raise Refused(Code.MALFORMED, f"issuer list {found.version} after {newest_seen}")
        if len({key.key_id for key in found.keys}) != len(found.keys):
            raise Refused(Code.MALFORMED, "a key stands twice in the issuer list")
        for key in found.keys:
            if len(key.municipality) != _MUNICIPALITY_DIGITS or not (
                key.municipality.isascii() and key.municipality.isdigit()
            ):
                raise Refused(Code.MALFORMED, "no municipality code in the issuer list")
        return found

    def key(self, key_id: bytes, use: KeyUse) -> IssuerKey:
        """Find a key.

        Raises:
            Refused: `PAPER_KEY_UNKNOWN`, also where it is a key of another use.
        """
        for key in self.keys:
            if key.use is use and key.key_id == key_id:
                return key
        raise Refused(Code.PAPER_KEY_UNKNOWN, f"no key {key_id.hex()} for {use.name.lower()}")

    def is_current(self, moment: int) -> bool:
        """Say whether the list is still to be relied on at a moment (Unix seconds)."""
        return moment < self.expires


def _context() -> Context:
    return Context(kind=MessageKind.ISSUER_LIST, sender=_AUTHORITY, receiver=ANYONE)
