"""pdfium's reading is held against ours: where the two would differ, the clerk refuses, whoever of them is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from konbini.pdf import reading
from konbini.pdf.composition import Composition
from konbini.pdf.file_structure import read_file
from konbini.pdf.forms.expected import ExpectedPicture
from konbini.pdf.forms.expected_acts import over_pattern, with_codes
from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.forms.sheet import CODE
from konbini.pdf.originals import Originals
from konbini.pdf.paper_seal.code_picture import code_picture
from konbini.pdf.second_reading import PageSeen, second_reading
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.pdf.written_text import Piece
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import FACE

_FACTS = specimen_facts(*PEOPLE, PEOPLE[0])  # two pages
_SEALS = specimen_seals(_FACTS)


@pytest.fixture(scope="module")
def drawn(form: ResidentRecordForm) -> bytes:
    """An honest document of two pages."""
    return form.draw(_FACTS, binding=bytes(32), seals=_SEALS)


@pytest.fixture(scope="module")
def written(drawn: bytes, template: Template) -> list[tuple[Piece, ...]]:
    """What our own reading says that its pages write."""
    acts = over_pattern(FORM_KINDS[template.kind].expected_acts(_FACTS, template), template)
    codes = [code_picture(seal) for seal in _SEALS]
    return Composition(read_file(drawn), Originals((FACE,))).check(with_codes(acts, codes))


def _pictures(template: Template) -> tuple[ExpectedPicture, ...]:
    (first, _) = FORM_KINDS[template.kind].expected_pages(_FACTS, template)
    return (*first.pictures, ExpectedPicture("paper seal", code_picture(_SEALS[0]).digest(), CODE))


@pytest.fixture
def seen(drawn: bytes) -> Iterator[PageSeen]:
    """Pdfium's reading of its first page."""
    with second_reading(drawn) as pages:
        yield pages[0]


def _refused(seen: PageSeen, pieces: Sequence[Piece], pictures: Sequence[ExpectedPicture]) -> str:
    with pytest.raises(Refused) as refused:
        reading.check_seen(seen, pieces, pictures, "page 1: ")
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def test_two_readings_agree(seen: PageSeen, written: list[tuple[Piece, ...]], template: Template) -> None:
    """Every piece of the form's and of the facts, selectors and narrowed labels among them."""
    assert len(written[0]) > 150
    reading.check_seen(seen, written[0], _pictures(template), "page 1: ")


def test_another_text_in_either_is_found(seen: PageSeen, written: list[tuple[Piece, ...]], template: Template) -> None:
    """Each piece in its turn: a character more, one less, another one, a piece missing, two exchanged."""
    pieces, pictures = list(written[0]), _pictures(template)
    for place, piece in enumerate(pieces):
        other = "女" if piece.text[-1] != "女" else "男"
        for text in (piece.text + "一", piece.text[:-1] + other):
            changed = [*pieces[:place], piece._replace(text=text), *pieces[place + 1 :]]
            assert "two readings of one text" in _refused(seen, changed, pictures)
    assert "two readings of one text" in _refused(seen, pieces[1:], pictures)
    assert "two readings" in _refused(seen, [pieces[0], pieces[2], pieces[1], *pieces[3:]], pictures)


@pytest.mark.parametrize("edge", ["left", "baseline", "last", "size"])
def test_another_place_in_either_is_found(
    seen: PageSeen, written: list[tuple[Piece, ...]], template: Template, edge: str
) -> None:
    """Each upright piece in its turn, moved or widened by a fiftieth of a point."""
    pieces, pictures = list(written[0]), _pictures(template)
    for place, piece in enumerate(pieces):
        if not piece.turned:
            moved = piece._replace(**{edge: getattr(piece, edge) + 0.02})
            changed = [*pieces[:place], moved, *pieces[place + 1 :]]
            assert "where a text stands" in _refused(seen, changed, pictures)


def test_another_picture_in_either_is_found(
    seen: PageSeen, written: list[tuple[Piece, ...]], template: Template
) -> None:
    """Other samples, another place, one too few, one too many."""
    pictures = _pictures(template)
    for place, picture in enumerate(pictures):
        for other in (
            ExpectedPicture(picture.name, bytes(32), picture.box),
            ExpectedPicture(picture.name, picture.digest, picture.box.moved(up=1)),
        ):
            assert picture.name in _refused(seen, written[0], [*pictures[:place], other, *pictures[place + 1 :]])
    for some in (pictures[:-1], (*pictures, pictures[-1])):
        assert "pictures" in _refused(seen, written[0], some)


@pytest.mark.parametrize("noise", [b"", b"noise", b"%PDF-1.7\n"])
def test_what_pdfium_cannot_read_is_refused(noise: bytes) -> None:
    """As a refusal, and the lock is free again."""
    for _ in range(2):
        with pytest.raises(Refused), second_reading(noise):
            pass
