"""The last word of an order as rows have it: what two persons settled stands before what its kiosk said."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.cose import unchecked_payload
from konbini.protocol.receipts import Receipt
from konbini.protocol.shape import from_bytes

__all__ = ["LastWord", "last_word", "said_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWord:
    """What the kiosk said, None where it said nothing; and the money as it stands, in yen."""

    said: Receipt | None
    taken: int
    returned: int
    owed: int

    @property
    def kept(self) -> int:
        """Yen that stayed."""
        return self.taken - self.returned - self.owed


def last_word(signed: bytes | None, taken: int | None, returned: int | None, owed: int | None) -> LastWord:
    """Put an order's receipt and its settlement together; the settlement's amounts are null where there is none."""
    said = said_in(signed)
    if taken is not None and returned is not None and owed is not None:
        return LastWord(said=said, taken=taken, returned=returned, owed=owed)
    if said is None:
        return LastWord(said=None, taken=0, returned=0, owed=0)
    return LastWord(said=said, taken=said.taken, returned=said.returned, owed=said.owed)


def said_in(signed: bytes | None) -> Receipt | None:
    """Read a receipt, whose signature was checked when it was taken; None where two persons settled without one."""
    return from_bytes(Receipt, unchecked_payload(bytes(signed))) if signed else None
