"""What one page says, as its seal carries it: the payload and its codec (docs/paper-seal.md).

A body is a CBOR array of the protocol's subset; every page has exactly one body, and what is decoded is that body or
is refused. A body is deflated (RFC 1951) where that is shorter. Limits: the form's own words (title, certifying
sentence, the mayor's line, labels) are not repeated, the kind and the scope stand for them; and no value here proves
anything until `signed_page` has checked the signature.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import ge, itemgetter
from typing import Final, NamedTuple

from konbini.pdf.paper_seal.items import WITHHELD_ITEMS, Item
from konbini.pdf.paper_seal.values import ItemValue, Withheld, check_value, to_wire, value_of
from konbini.pdf.printed import check_lines
from konbini.protocol.codec import Value, decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Scope
from konbini.protocol.numbers import IssuanceNumber

__all__ = ["MOST_BODY_BYTES", "MOST_INDEX", "MOST_PAGES", "SET_HASH_BYTES", "PageSeal", "SealedItem", "pack", "unpack"]

SET_HASH_BYTES: Final = 8
MOST_BODY_BYTES: Final = 1 << 14
"""Of a body, inflated."""
MOST_INDEX: Final = (1 << 24) - 1
"""The last place of a status list."""
MOST_PAGES: Final = 12
_MOST_PEOPLE: Final = 12
_MOST_PACKED: Final = 1 << 12
_PLAIN, _DEFLATED = 0, 1
_WINDOW_BITS: Final = 14  # a body is not longer than such a window
_MEMORY: Final = 6  # of zlib: what it clears each time is an eighth of what it would at most
_COUNTER_RANGE: Final = 10**7
_FIRST_DAY: Final = date(2000, 1, 1)
_HEADS: Final = 9
_GROUP_HEADS: Final = 2
_ITEM_BITS: Final = max(Item).bit_length()
_WITHHELD: Final = tuple(WITHHELD_ITEMS)  # a look into a set would hash an item by its name
_IMPRINT: Final = Item.SEAL_IMPRINT
_NO_TEXT: Final = (*_WITHHELD, _IMPRINT)


class SealedItem(NamedTuple):
    """One printed item of the page.

    Attributes:
        person: the person's place in the set, from 1 on; 0 for what concerns the whole page.
        item: which item.
        value: what is printed.
    """

    person: int
    item: Item
    value: ItemValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSeal:
    """What one page says.

    Attributes:
        number: issuance number; municipality and date of issue are its own.
        status_index: place in the status list of the municipality and of the number's incarnation.
        page: n of N, from 1 on.
        pages: N.
        set_hash: 8 bytes, printed on each page in hexadecimal.
        kind: which certificate.
        scope: whom it shows; it decides the certifying sentence.
        items: ordered by person and item, none twice.

    Raises:
        ValueError: a field breaks its bound; from the wire that is `Refused(MALFORMED)`.
    """

    number: IssuanceNumber
    status_index: int
    page: int
    pages: int
    set_hash: bytes
    kind: CertificateKind
    scope: Scope
    items: tuple[SealedItem, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.status_index <= MOST_INDEX or not 1 <= self.page <= self.pages <= MOST_PAGES:
            raise ValueError("status index, page or pages out of range")
        if len(self.set_hash) != SET_HASH_BYTES or not self.items:
            raise ValueError("a set hash of another size, or a page without items")
        order = [person << _ITEM_BITS | item for person, item, _ in self.items]
        if any(map(ge, order, order[1:])):
            raise ValueError("items not in their order, or one twice")
        if not 0 <= self.items[0].person <= self.items[-1].person <= _MOST_PEOPLE:
            raise ValueError("a person out of range")
        check_lines([value for _, _, value in self.items if isinstance(value, str)])
        for item in self.items:
            if not isinstance(item[2], str) or item[1] in _NO_TEXT:
                _check_item(item)

    @property
    def municipality(self) -> str:
        """The municipality code, 6 digits."""
        return self.number.ward

    @property
    def issued_on(self) -> date:
        """The certifying date, in Japan."""
        return self.number.date

    def to_wire(self) -> bytes:
        """Give the body; equal pages give equal bytes."""
        number = self.number
        people = [_group(person, list(items)) for person, items in groupby(self.items, key=itemgetter(0))]
        return encode(
            [
                *(
                    int(number.ward),
                    (number.date - _FIRST_DAY).days,
                    number.incarnation * _COUNTER_RANGE + number.counter,
                ),
                *(self.status_index, self.page, self.pages, self.set_hash, int(self.kind), int(self.scope)),
                *people,
            ]
        )

    @classmethod
    def from_wire(cls, body: bytes) -> PageSeal:
        """Read a body.

        Raises:
            Refused: `MALFORMED` or `OVERSIZE`.
        """
        values = decode(body, MOST_BODY_BYTES)
        if not isinstance(values, list) or len(values) < _HEADS:
            raise Refused(Code.MALFORMED, "page seal: not a body")
        set_hash, *groups = values[6], *values[_HEADS:]
        ward, day, serial, index, page, pages, kind, scope = map(_natural, (*values[:6], *values[7:_HEADS]))
        if not isinstance(set_hash, bytes):
            raise Refused(Code.MALFORMED, "page seal: no set hash")
        try:
            found = cls(
                number=_number(ward, day, serial),
                status_index=index,
                page=page,
                pages=pages,
                set_hash=set_hash,
                kind=CertificateKind(kind),
                scope=Scope(scope),
                items=tuple(item for group in groups for item in _items(group)),
            )
        except (ValueError, OverflowError) as error:
            raise Refused(Code.MALFORMED, f"page seal: {error}") from error
        if found.to_wire() != body:
            raise Refused(Code.MALFORMED, "page seal: people not in their groups")
        return found


def pack(body: bytes) -> list[Value]:
    """Give how a body travels: its coding (0 plain, 1 raw deflate) and its bytes, the shorter of the two."""
    deflating = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS, _MEMORY)
    deflated = deflating.compress(body) + deflating.flush()
    return [_DEFLATED, deflated] if len(deflated) < len(body) else [_PLAIN, body]


def unpack(coding: Value, packed: bytes) -> bytes:
    """Give the body of what travelled.

    Raises:
        Refused: `MALFORMED` or `OVERSIZE`.
    """
    if len(packed) > _MOST_PACKED:
        raise Refused(Code.OVERSIZE, "page seal: a body too long")
    if type(coding) is not int or coding not in (_PLAIN, _DEFLATED):
        raise Refused(Code.MALFORMED, "page seal: an unknown coding")
    if coding == _PLAIN:
        return packed
    inflating = zlib.decompressobj(-15)
    try:
        body = inflating.decompress(packed, MOST_BODY_BYTES + 1)
    except zlib.error as error:
        raise Refused(Code.MALFORMED, "page seal: not deflated") from error
    if len(body) > MOST_BODY_BYTES:
        raise Refused(Code.OVERSIZE, "page seal: a body too long")
    if not inflating.eof or inflating.unused_data:
        raise Refused(Code.MALFORMED, "page seal: deflated data cut short, or something behind it")
    return body


def _check_item(one: SealedItem) -> None:
    _, item, value = one
    check_value(value)
    withheld = item in _WITHHELD
    if withheld and isinstance(value, (str, bytes)):
        raise ValueError(f"{item.name} may not stand in a seal")
    if not withheld and isinstance(value, Withheld):
        raise ValueError(f"{item.name} is not withheld")
    if (item is _IMPRINT) != isinstance(value, bytes):
        raise ValueError("an image and its digest belong together")


def _natural(value: Value) -> int:
    if type(value) is not int or value < 0:
        raise Refused(Code.MALFORMED, "page seal: not a number")
    return value


def _number(ward: int, day: int, serial: int) -> IssuanceNumber:
    incarnation, counter = divmod(serial, _COUNTER_RANGE)
    return IssuanceNumber(
        ward=f"{ward:06d}", date=_FIRST_DAY + timedelta(days=day), incarnation=incarnation, counter=counter
    )


def _group(person: int, items: Sequence[SealedItem]) -> list[Value]:
    """Write one person's items: who, which (a bit an item), and their values in the order of their numbers."""
    which = sum([1 << item for _, item, _ in items])
    return [person, which, *[to_wire(value) for _, _, value in items]]


def _items(group: Value) -> list[SealedItem]:
    if not isinstance(group, list) or len(group) < _GROUP_HEADS:
        raise Refused(Code.MALFORMED, "page seal: not a person's items")
    person, which, values = _natural(group[0]), _natural(group[1]), group[_GROUP_HEADS:]
    if which >> (max(Item) + 1) or which.bit_count() != len(values):
        raise Refused(Code.MALFORMED, "page seal: other items than values")
    items = [Item(number) for number in range(max(Item) + 1) if which >> number & 1]
    return [
        SealedItem(person=person, item=item, value=value_of(value)) for item, value in zip(items, values, strict=True)
    ]
