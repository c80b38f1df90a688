"""The bytes of a paper: an array that names what it is and holds each page as bytes of its own, then its signature.

    paper  ["konbini/1 simulated paper", title, number, issued on, binding, page, page, ...]
    page   ["konbini/1 simulated page", kind of form, across, texts, hidden texts, pictures, seal]
    texts  [place, text, place, text, ...]
    picture [digest, place, texts that are seen in it]

Invariants: equal papers have equal bytes; texts stand in the order of their places, pictures in the order of painting;
`hidden` is what is in the file and not seen on paper (an invisible text, one under a picture). A page is read without
its neighbours, as a printer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

import cbor2

from konbini.pdf.forms.geometry import Box
from konbini.protocol.codec import Value, decode, encode_checked
from konbini.protocol.errors import Code, Refused

__all__ = ["MOST_PAPER_BYTES", "Page", "Paper", "Shown", "Text", "place_of", "read_paper", "seen_on"]

MOST_PAPER_BYTES: Final = 1 << 19
"""A paper is never longer, its signature among it."""
_PAPER: Final = "konbini/1 simulated paper"
_PAGE: Final = "konbini/1 simulated page"
_STRIPES: Final = 100_000
_TENTHS: Final = 10


class Text(NamedTuple):
    """A text and the place (`place_of`) where it stands."""

    place: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture on a page.

    Attributes:
        digest: of its samples.
        place: where it stands.
        says: what a reader of the sheet sees written in it; a seal or a pattern says nothing.
    """

    digest: bytes
    place: int
    says: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        kind: of form (`konbini.pdf.forms.kinds`).
        across: the mark across the page, or nothing.
        texts: what is seen on it.
        hidden: what is in it and not seen.
        pictures: in the order of painting.
        seal: what its code holds.
    """

    kind: str
    across: str
    texts: tuple[Text, ...]
    pictures: tuple[Shown, ...]
    seal: bytes
    hidden: tuple[Text, ...] = ()

    def to_bytes(self) -> bytes:
        """Write the page."""
        pictures: list[Value] = [[one.digest, one.place, _flat(one.says)] for one in self.pictures]
        return encode_checked(
            [_PAGE, self.kind, self.across, _flat(self.texts), _flat(self.hidden), pictures, self.seal],
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Page:
        """Read a page.

        Raises:
            Refused: `MALFORMED` or `OVERSIZE`.
        """
        match decode(data, MOST_PAPER_BYTES):
            case [str(named), str(kind), str(across), list(texts), list(hidden), list(pictures), bytes(seal)] if (
                named == _PAGE
            ):
                return cls(
                    kind=kind,
                    across=across,
                    texts=_texts(texts),
                    hidden=_texts(hidden),
                    pictures=tuple(map(_picture, pictures)),
                    seal=seal,
                )
            case _:
                raise _malformed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper without its signature; pages are bytes, see `Page`."""

    title: str
    number: str
    issued_on: str
    binding: bytes
    pages: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Write the paper."""
        return encode_checked([_PAPER, self.title, self.number, self.issued_on, self.binding, *self.pages])


@lru_cache(maxsize=64)  # by content: who signs, verifies and prints a paper reads the same bytes
def read_paper(data: bytes) -> Paper:
    """Read a paper; its pages are not looked into.

    Raises:
        Refused: `MALFORMED` or `OVERSIZE`.
    """
    match decode(data, MOST_PAPER_BYTES):
        case [str(named), str(title), str(number), str(issued_on), bytes(binding), *pages] if named == _PAPER:
            found = tuple(page for page in pages if isinstance(page, bytes))
            if len(found) == len(pages):
                return Paper(title=title, number=number, issued_on=issued_on, binding=binding, pages=found)
    raise _malformed()


def seen_on(data: bytes) -> tuple[str, list[int | str]]:
    """Give a page's kind of form, and what is seen on it: place, text, place, text, and so on.

    For whoever looks at very many sheets of the world's own printers: not looked over as a message is.

    Raises:
        Refused: `MALFORMED`: no page of a paper.
    """
    try:
        named, kind, _, texts, _, pictures, _ = cbor2.loads(data)
        seen: list[int | str] = [*texts, *(said for _, _, says in pictures for said in says)]
    except (cbor2.CBORDecodeError, TypeError, ValueError) as error:
        raise _malformed() from error
    if named != _PAGE or len(seen) % 2:
        raise _malformed()
    return kind, seen


@lru_cache(maxsize=4096)  # the cells of all forms, and the boxes of as many impressions as a while has
def place_of(box: Box) -> int:
    """Give the place of a box: its lower left corner, to a tenth of a point."""
    return round(box.left * _TENTHS) * _STRIPES + round(box.bottom * _TENTHS)


_Flat: TypeAlias = list[Value]


def _flat(texts: Iterable[tuple[int, str]]) -> _Flat:
    found: _Flat = []
    for text in texts:
        found += text
    return found


def _texts(values: Sequence[Value]) -> tuple[Text, ...]:
    pairs = zip(values[::2], values[1::2], strict=False)
    found = tuple(
        Text(place, text) for place, text in pairs if isinstance(place, int) and isinstance(text, str) and place >= 0
    )
    if 2 * len(found) != len(values):
        raise _malformed()
    return found


def _picture(value: Value) -> Shown:
    match value:
        case [bytes(digest), int(place), list(says)]:
            return Shown(digest=digest, place=place, says=_texts(says))
        case _:
            raise _malformed()


def _malformed() -> Refused:
    return Refused(Code.MALFORMED, "not a paper of the world")
