"""What all printed facts are made of: cells of plain text or a mark, their bounds, and their place on the wire.

Invariants: a cell is one line of printable characters, never empty, neither begins nor ends with a space, and has no
plain space beside another space; every kind's array begins with its context, the issuance number and the form's id, so
that who draws can tell which form a paper takes before reading the rest.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import IntEnum, unique
from typing import Final, Protocol, TypeAlias

from konbini.protocol.codec import Value, decode
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope

__all__ = [
    "MOST_BYTES", "Cell", "Mark", "PrintedFacts", "cell_value", "check_heading", "check_line",
    "check_lines", "check_text",
    "form_of", "printed_hash", "read_array", "read_cell", "read_date", "read_integer", "read_text",
]  # fmt: skip

MOST_BYTES: Final = 1 << 16
"""Facts on the wire are never longer."""
_MOST_TEXT: Final = 256
_PRINTED_DIGEST: Final = 8
_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,31}")
_FORM: Final = re.compile(r"[0-9a-z][0-9a-z.-]{0,63}")
_NO_TEXT: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_SPACES_TOGETHER: Final = re.compile(r" \s|\s ")
_HEADING: Final = 3  # context, number, form


@unique
class Mark(IntEnum):
    """What a cell says that shows no item; the wording is the template's."""

    OMITTED = 1
    """省略: the record has the item and it was not asked for."""
    UNUSED = 2
    """＊＊＊: the item does not apply to this person."""
    BLANK = 3
    """【空欄】: the record leaves it blank, as where 住所を定めた年月日 equals 住民となった年月日."""


Cell: TypeAlias = str | Mark
"""One cell of the form: its text as printed, or a mark."""


class PrintedFacts(Protocol):
    """What the facts of every kind of certificate have, whatever else they say."""

    @property
    def number(self) -> str:
        """Issuance number (発行番号)."""

    @property
    def form(self) -> str:
        """Id of the dated template that it is drawn with."""

    @property
    def issued_on(self) -> date:
        """The certifying date, in Japan."""

    @property
    def scope(self) -> Scope:
        """Decides the certifying sentence."""

    def to_wire(self) -> bytes:
        """Encode the facts; equal facts give equal bytes."""

    def digest(self) -> bytes:
        """Return the SHA-256 of `to_wire`."""


def check_heading(number: str, form: str) -> None:
    """Refuse an issuance number or a form's id that has not its shape.

    Raises:
        ValueError: it has not.
    """
    if not _NUMBER.fullmatch(number) or not _FORM.fullmatch(form):
        raise ValueError("number or form is not of its shape")


def check_text(cell: Cell) -> None:
    """Refuse a cell that is not one line of plain characters.

    Raises:
        ValueError: it is not.
    """
    if isinstance(cell, Mark):
        return
    check_line(cell)
    if _SPACES_TOGETHER.search(cell):
        raise ValueError("a cell holds a space beside another, which paper does not tell from one")


def check_line(text: str) -> None:
    """Refuse a text that is no line of printed characters, or longer than any.

    Raises:
        ValueError: it is not.
    """
    if not 1 <= len(text) <= _MOST_TEXT or text != text.strip():
        raise ValueError("a cell is empty, too long, or begins or ends with a space")
    if text.replace("　", "").isprintable():  # then no character is of those classes
        return
    if any(unicodedata.category(character) in _NO_TEXT for character in text):
        raise ValueError("a cell holds something that is no printed character")


def check_lines(texts: list[str]) -> None:
    """Refuse texts of which `check_line` refuses one; what all of them hold is looked at together.

    Raises:
        ValueError: one is no line of printed characters.
    """
    whole = "".join(texts).replace("　", "")
    if not whole.isprintable() or not all(texts) or list(map(str.strip, texts)) != texts or _is_longer(texts):
        for text in texts:
            check_line(text)


def _is_longer(texts: list[str]) -> bool:
    return max(map(len, texts), default=0) > _MOST_TEXT


def printed_hash(digest: bytes) -> str:
    """Return what every page of a set prints of its digest: the first 8 bytes, in hexadecimal."""
    return digest[:_PRINTED_DIGEST].hex().upper()


def form_of(data: bytes) -> str:
    """Return the id of the form that facts on the wire name, whatever their kind.

    Raises:
        Refused: `MALFORMED` or `OVERSIZE`.
    """
    heading = read_array(decode(data, MOST_BYTES))[:_HEADING]
    if len(heading) != _HEADING:
        raise Refused(Code.MALFORMED, "printed facts: not the array that it should be")
    return read_text(heading[-1])


def cell_value(cell: Cell) -> Value:
    """Return a cell as it stands on the wire: text, or the mark's number."""
    return int(cell) if isinstance(cell, Mark) else cell


def read_array(value: Value, length: int | None = None) -> list[Value]:
    """Return an array, of a length if one is given.

    Raises:
        Refused: `MALFORMED`.
    """
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise Refused(Code.MALFORMED, "printed facts: not the array that it should be")
    return value


def read_text(value: Value) -> str:
    """Return a text.

    Raises:
        Refused: `MALFORMED`.
    """
    if not isinstance(value, str):
        raise Refused(Code.MALFORMED, "printed facts: not text")
    return value


def read_integer(value: Value) -> int:
    """Return an integer; a boolean is none.

    Raises:
        Refused: `MALFORMED`.
    """
    if type(value) is not int:
        raise Refused(Code.MALFORMED, "printed facts: not an integer")
    return value


def read_cell(value: Value) -> Cell:
    """Return a cell.

    Raises:
        Refused: `MALFORMED`.
        ValueError: a mark that there is not.
    """
    return value if isinstance(value, str) else Mark(read_integer(value))


def read_date(text: str) -> date:
    """Read a day: `date.fromisoformat` takes several writings; only the one that we write is taken.

    Raises:
        ValueError: it is none, or written otherwise.
    """
    found = date.fromisoformat(text)
    if found.isoformat() != text:
        raise ValueError("date not in its one writing")
    return found
