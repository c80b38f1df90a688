"""The printed facts of a seal registration certificate (印鑑登録証明書).

Invariants: equal facts have equal bytes, the impression's among them; the impression (印影) has a true size, given by
its samples and how many of them make an inch, and that size is one that a seal may be registered with: it goes into a
square of 25 mm and not into one of 8 mm. The sex is no fact (it is never printed).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from konbini.pdf.picture import Picture
from konbini.pdf.printed import (
    MOST_BYTES,
    Cell,
    Mark,
    cell_value,
    check_heading,
    check_text,
    read_array,
    read_cell,
    read_date,
    read_integer,
    read_text,
)
from konbini.protocol.codec import decode, encode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

__all__ = ["LARGEST_MM", "SMALLEST_MM", "Impression", "SealRegistrationFacts"]

SMALLEST_MM: Final = 8.0
LARGEST_MM: Final = 25.0
_INCH_MM: Final = 25.4
_FEWEST_DOTS: Final = 200
_MOST_DOTS: Final = 1200
_MOST_PNG_BYTES: Final = 48 * 1024
_CONTEXT: Final = "konbini/1 seal registration facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """The registered seal's impression (印影), cut to its own extent.

    Args:
        png: greyscale, as `Picture` takes it.
        dots_per_inch: how finely the seal was scanned when it was registered, 200 to 1200.

    Raises:
        ValueError: not such a picture, or of a size that no seal is registered with.
    """

    png: bytes
    dots_per_inch: int
    picture: Picture = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.png) > _MOST_PNG_BYTES or not _FEWEST_DOTS <= self.dots_per_inch <= _MOST_DOTS:
            raise ValueError("an impression of too many bytes, or scanned too coarsely or finely")
        object.__setattr__(self, "picture", Picture.from_png(self.png))
        if not SMALLEST_MM < max(self.width_mm, self.height_mm) <= LARGEST_MM:
            raise ValueError("an impression of a size that no seal is registered with")

    @property
    def width_mm(self) -> float:
        """Its true width."""
        return self.picture.width * _INCH_MM / self.dots_per_inch

    @property
    def height_mm(self) -> float:
        """Its true height."""
        return self.picture.height * _INCH_MM / self.dots_per_inch


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRegistrationFacts:
    """All that is printed on one certificate beside the form's own text.

    Args:
        number: issuance number (発行番号).
        form: id of the dated template that it is drawn with.
        issued_on: the certifying date, in Japan.
        name: 氏名.
        former_name: 旧氏.
        alias: 通称.
        name_in_katakana: 氏名のカタカナ表記, of a foreign resident who registered one.
        birth_date: 生年月日.
        address: 住所.
        impression: 印影.
        remarks: 備考; in outage mode, as of when the facts are.

    Raises:
        ValueError: a field breaks its bound; from the wire that is `Refused(MALFORMED)`.
    """

    number: str
    form: str
    issued_on: date
    name: str
    former_name: Cell
    alias: Cell
    name_in_katakana: Cell
    birth_date: str
    address: str
    impression: Impression
    remarks: Cell = Mark.UNUSED

    def __post_init__(self) -> None:
        check_heading(self.number, self.form)
        for cell in self._cells():
            check_text(cell)

    @property
    def scope(self) -> Scope:
        """A seal is registered by one person, for oneself."""
        return Scope.SELF

    def _cells(self) -> tuple[Cell, ...]:
        names = self.name, self.former_name, self.alias, self.name_in_katakana
        return (*names, self.birth_date, self.address, self.remarks)

    def to_wire(self) -> bytes:
        """Encode the facts; equal facts give equal bytes."""
        return encode(
            [
                *(_CONTEXT, self.number, self.form, self.issued_on.isoformat()),
                *map(cell_value, self._cells()),
                *(self.impression.png, self.impression.dots_per_inch),
            ]
        )

    @classmethod
    def from_wire(cls, data: bytes) -> SealRegistrationFacts:
        """Decode facts.

        Raises:
            Refused: `MALFORMED` or `OVERSIZE`.
        """
        context, number, form, issued_on, *cells, png, dots = read_array(decode(data, MOST_BYTES), 13)
        name, former_name, alias, name_in_katakana, birth_date, address, remarks = cells
        if context != _CONTEXT or not isinstance(png, bytes):
            raise Refused(Code.MALFORMED, "not the facts of a seal registration")
        try:
            return cls(
                number=read_text(number),
                form=read_text(form),
                issued_on=read_date(read_text(issued_on)),
                name=read_text(name),
                former_name=read_cell(former_name),
                alias=read_cell(alias),
                name_in_katakana=read_cell(name_in_katakana),
                birth_date=read_text(birth_date),
                address=read_text(address),
                impression=Impression(png=png, dots_per_inch=read_integer(dots)),
                remarks=read_cell(remarks),
            )
        except ValueError as error:
            raise Refused(Code.MALFORMED, f"facts of a seal registration: {error}") from error

    def digest(self) -> bytes:
        """Return the SHA-256 of `to_wire`."""
        return hashlib.sha256(self.to_wire()).digest()
