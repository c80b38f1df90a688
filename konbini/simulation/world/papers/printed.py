"""What comes out of a printer of the world: pages of bytes, from which it can be told whose data stands on a sheet.

A simulated paper gives its pages as they are. A real one gives what pdfium reads from the very buffer that would be
rasterised, in the same form, so that whoever looks at a sheet need not know which of the two it is: its labels tell the
kind of form, and what identifies a person is read from the cells where that form has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import TracebackType
from typing import Final, NamedTuple, Self

from konbini.kiosk.printing.raster import ColourSpace
from konbini.pdf.forms import (
    individual_record,
    individual_record_grid,
    resident_record,
    resident_record_grid,
    seal_registration,
    seal_registration_grid,
    sheet,
)
from konbini.pdf.forms.cells import LabelledCell
from konbini.pdf.forms.geometry import Box
from konbini.pdf.second_reading import PageSeen, second_reading
from konbini.protocol.errors import Code, Refused
from konbini.simulation.world.papers.paper import Page, Text, place_of, read_paper, seen_on
from konbini.simulation.world.papers.signing import unsigned

__all__ = [
    "PrintedPages", "Rasterising", "Subject", "number_on", "real_pages", "simulated_pages", "subjects_on", "texts_on",
]  # fmt: skip

_NAME: Final = "氏名"
_BIRTH: Final = "生年月日"
_SPACES: Final = str.maketrans("", "", " 　")
_LARGEST: Final = 72.0
"""Points; what is written larger is the mark of a specimen, across all cells."""
_ELSEWHERE: Final = 0
"""The place of a text of a real page that is in no cell that is asked for; no cell stands there."""


class Subject(NamedTuple):
    """A person whose data stands on a sheet: name and date of birth as they are printed, without their spaces."""

    name: str
    birth_date: str


class _Cell(NamedTuple):
    """A labelled cell: both its boxes."""

    label: Box
    box: Box


class _Person(NamedTuple):
    """Where a form shows one person: each item where its label stands, which is not in one place on every sheet."""

    names: tuple[_Cell, ...]
    births: tuple[_Cell, ...]


class PrintedPages:
    """The pages of a document as `konbini.kiosk.printing.raster.Rasterise` hands them to a printer.

    Args:
        pages: gives the pages of a buffer.
        pdf: the buffer that was verified.
    """

    def __init__(self, pages: Callable[[bytes], Sequence[bytes]], pdf: bytes | bytearray | memoryview) -> None:
        self._pages = tuple(pages(bytes(pdf)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pages = ()

    @property
    def pages(self) -> int:
        """Pages of the document."""
        return len(self._pages)

    def page(self, index: int) -> bytes:
        """Give page `index` (from 0).

        Raises:
            Refused: `DOCUMENT_INVALID`: there is none, or the document is closed.
        """
        if index >= len(self._pages):
            raise Refused(Code.DOCUMENT_INVALID, "the document is closed, or has no such page")
        return self._pages[index]


@dataclass(frozen=True, slots=True)
class Rasterising:
    """Opens documents whose pages one of the two functions below gives."""

    pages: Callable[[bytes], Sequence[bytes]]

    def __call__(
        self, pdf: bytes | bytearray | memoryview, space: ColourSpace, *, two_sided: bool = False
    ) -> PrintedPages:
        """See `konbini.kiosk.printing.raster.Rasterise`; a page of bytes has no colour and no back."""
        del space, two_sided
        return PrintedPages(self.pages, pdf)


def simulated_pages(pdf: bytes) -> tuple[bytes, ...]:
    """Give the pages of a signed paper of the world.

    Raises:
        Refused: `DOCUMENT_INVALID`.
    """
    try:
        return read_paper(unsigned(pdf)).pages
    except Refused as refused:
        raise Refused(Code.DOCUMENT_INVALID, "no paper") from refused


def real_pages(pdf: bytes) -> tuple[bytes, ...]:
    """Give what pdfium reads on each page of a real document, written as `Page`.

    Raises:
        Refused: `DOCUMENT_INVALID`.
    """
    try:
        with second_reading(pdf) as seen:
            return tuple(_read(page).to_bytes() for page in seen)
    except Refused as refused:
        raise Refused(Code.DOCUMENT_INVALID, "no PDF") from refused


def subjects_on(page: bytes) -> tuple[Subject, ...]:
    """Say whose data is seen on a sheet, in the order of the form; one who stands there twice is named twice.

    What is written in a picture is seen as any other text; what is hidden is not seen.

    Raises:
        Refused: `MALFORMED`: no page of a paper.
    """
    kind, seen = seen_on(page)
    said = dict[int, list[str]]()
    for place, text in zip(seen[::2], seen[1::2], strict=True):
        said.setdefault(place, []).append(text)  # type: ignore[arg-type]  # as `seen_on` says
    people = _PEOPLE.get(kind, ())
    return tuple(subject for person in people for subject in _subjects(said, person))


def texts_on(page: bytes) -> tuple[str, ...]:
    """Give every text that is seen on a sheet; of a real page all of it is one text.

    Raises:
        Refused: `MALFORMED`: no page of a paper.
    """
    _, seen = seen_on(page)
    return tuple(text for text in seen if isinstance(text, str))


def number_on(page: bytes) -> str | None:
    """Give the issuance number on a sheet; None where none stands in its place.

    Raises:
        Refused: `MALFORMED`: no page of a paper.
    """
    _, seen = seen_on(page)
    pairs = zip(seen[::2], seen[1::2], strict=True)
    return next((text for place, text in pairs if place == _NUMBER and isinstance(text, str)), None)


def _subjects(said: dict[int, list[str]], person: _Person) -> Iterator[Subject]:
    names, births = _under(said, _NAME, person.names), _under(said, _BIRTH, person.births)
    for name, birth in zip_longest(names, births, fillvalue=""):
        yield Subject(name.translate(_SPACES), birth.translate(_SPACES))


def _under(said: dict[int, list[str]], label: str, cells: Iterable[_Cell]) -> Iterator[str]:
    for cell in cells:
        if label in said.get(place_of(cell.label), ()):
            yield from said.get(place_of(cell.box), ())


def _read(seen: PageSeen) -> Page:
    """Sort what pdfium reads into the cells that are asked for; what stands in none of them is in the whole text."""
    units = [seen.units[index : index + 2] for index in range(0, len(seen.units), 2)]
    pens, sizes = seen.pens(range(len(units))), seen.type_sizes(range(len(units)))
    boxes = dict.fromkeys((sheet.NUMBER, *(box for people in _PEOPLE.values() for box in _boxes(people))))
    said = {box: bytearray() for box in boxes}
    for unit, across, up, size in zip(units, pens.across, pens.up, sizes, strict=True):
        for box in boxes if size < _LARGEST else ():
            if box.holds(across, up):
                said[box] += unit
    texts = {box: text.decode("utf-16-le") for box, text in said.items()}
    kind = next((one for one, people in _PEOPLE.items() if texts[people[0].names[0].label] == _NAME), "")
    asked = dict.fromkeys((sheet.NUMBER, *_boxes(_PEOPLE.get(kind, ()))))
    cells = sorted(Text(place_of(box), texts[box]) for box in asked if texts[box])
    whole = Text(_ELSEWHERE, seen.units.decode("utf-16-le"))
    return Page(kind=kind, across="", texts=(whole, *cells), pictures=(), seal=b"")


def _boxes(people: Sequence[_Person]) -> Iterator[Box]:
    for person in people:
        for cell in (*person.names, *person.births):
            yield from cell


def _cell(cells: Sequence[LabelledCell], label: str, up: float) -> _Cell:
    (found,) = (cell for cell in cells if cell.label == label)
    return _Cell(found.label_box.moved(up=up), found.box.moved(up=up))


def _person(*sheets: Sequence[LabelledCell], up: float = 0.0) -> _Person:
    """Say where somebody stands on any of some sheets."""
    names = dict.fromkeys(_cell(cells, _NAME, up) for cells in sheets)
    births = dict.fromkeys(_cell(cells, _BIRTH, up) for cells in sheets)
    return _Person(tuple(names), tuple(births))


_HOUSEHOLD: Final = tuple(
    _person(
        resident_record_grid.JAPANESE,
        resident_record_grid.FOREIGN,
        up=-block * resident_record_grid.BLOCK_HEIGHT,
    )
    for block in range(resident_record_grid.BLOCKS)
)
_INDIVIDUAL: Final = (_person(individual_record_grid.JAPANESE, individual_record_grid.FOREIGN),)
_PEOPLE: Final = {
    resident_record.KIND: _HOUSEHOLD,
    resident_record.ITEMS_KIND: _HOUSEHOLD,
    individual_record.KIND: _INDIVIDUAL,
    individual_record.ITEMS_KIND: _INDIVIDUAL,
    seal_registration.KIND: (_person(seal_registration_grid.CELLS),),
}
"""Where each form shows people."""
_NUMBER: Final = place_of(sheet.NUMBER)
