"""A chain of faces: every character has one place, in the declared order, and the clerk holds the drawing to it."""

from __future__ import annotations

import dataclasses
import io
from functools import partial
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it ships no types
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf import reading
from konbini.pdf.facts import CertificateFacts
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.originals import Originals
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.specimen.seals import specimen_seals
from konbini.pdf.template import Template
from konbini.protocol.errors import Code, Refused
from tests.unit.pdf.conftest import FACE
from tests.unit.pdf.documents import edited, rewritten
from tests.unit.pdf.made_font import COMPOSITE, LOOK_ALIKE, MADE_NAME, OTHER_VARIANT, PRIVATE, make_font
from tests.unit.pdf.seen import text_seen

_BINDING = bytes(range(32))
_NAME = f"{PRIVATE}{LOOK_ALIKE}西{COMPOSITE}{OTHER_VARIANT}　太{PRIVATE}郎"
_SECOND = "Pages Kids 0 Resources Font V2 DescendantFonts 0 FontDescriptor FontFile2"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second face's file."""
    return make_font(tmp_path_factory.mktemp("faces") / "made.ttf")


@pytest.fixture(scope="module")
def chain(made: Path) -> Typeface:
    """IPAmj Mincho, then the made one."""
    return Typeface(FACE, made)


@pytest.fixture(scope="module")
def words(template: Template) -> Template:
    """A template whose own words need the second face too: in a text and after a label's size."""
    return dataclasses.replace(template, mayor=f"澄川区長　{PRIVATE}田　一", title=f"住民票{COMPOSITE}")


@pytest.fixture(scope="module")
def facts() -> CertificateFacts:
    """A person whose name goes over both faces several times, over two lines in another cell."""
    person = dataclasses.replace(PEOPLE[0], name=_NAME, remarks=f"{'備' * 60}{PRIVATE * 20}{'考' * 40}")
    return specimen_facts(person, *PEOPLE[1:])


def _check(pdf: bytes, facts: CertificateFacts, template: Template, *paths: Path) -> None:
    partial(reading.check, originals=Originals(paths))(pdf, facts, template, _BINDING, specimen_seals(facts))


def _refused(pdf: bytes, facts: CertificateFacts, template: Template, *paths: Path) -> str:
    with pytest.raises(Refused) as refused:
        _check(pdf, facts, template, *paths)
    assert refused.value.code is Code.PAGE_MISMATCH
    return refused.value.detail


def test_the_first_face_that_has_it_draws_a_character(chain: Typeface, made: Path) -> None:
    """Never the look-alike further down; a sequence that the first face has not is the second's."""
    assert chain.find(LOOK_ALIKE).face == 0
    assert [chain.find(one).face for one in (PRIVATE, COMPOSITE, OTHER_VARIANT)] == [1, 1, 1]
    assert Typeface(made, FACE).find(LOOK_ALIKE).face == 0
    assert Typeface(made, FACE).find("葛\U000e0102").face == 1


def test_what_no_face_has_refuses_with_its_code_points(chain: Typeface) -> None:
    """A private character that nobody drew; a selector of neither; the faces asked are named."""
    for text in ("\U000f0002", "葛\U000e0101", "西\U000e0100"):
        with pytest.raises(Refused) as refused:
            chain.find(text)
        assert refused.value.code is Code.GLYPH_MISSING
        assert f"U+{ord(text[-1]):04X}" in refused.value.detail
        assert MADE_NAME in refused.value.detail


def test_a_text_is_split_where_its_face_changes(chain: Typeface) -> None:
    """Each face counts its own codes from 1 on."""
    assert Subset(chain, "FACTSA").runs(f"西{PRIVATE}{COMPOSITE}西葛") == [
        (0, "0001"),
        (1, "00010002"),
        (0, "00010002"),
    ]


def test_a_typeface_has_a_face() -> None:
    """An empty chain is a defect of the configuration, for either side."""
    with pytest.raises(ValueError, match="face"):
        Typeface()
    with pytest.raises(ValueError, match="face"):
        Originals(())


def test_a_certificate_over_two_faces_reads_back(
    chain: Typeface, words: Template, facts: CertificateFacts, made: Path
) -> None:
    """Two subsets a stream, each named apart; texts of both come back in their order."""
    drawn = ResidentRecordForm(words, chain).draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    _check(drawn, facts, words, FACE, made)
    fonts = PdfFileReader(io.BytesIO(drawn)).root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    assert [fonts[name]["/BaseFont"] for name in ("/V", "/V2")] == ["/FACTSA+IPAmjMincho", f"/FACTSB+{MADE_NAME}"]
    assert _NAME in text_seen(drawn)


def test_one_face_is_written_as_before(chain: Typeface, form: ResidentRecordForm, template: Template) -> None:
    """Where the second face has nothing to say, the document is the same as without it."""
    facts = specimen_facts()
    assert ResidentRecordForm(template, chain).draw(facts, binding=_BINDING, seals=specimen_seals(facts)) == form.draw(
        facts, binding=_BINDING, seals=specimen_seals(facts)
    )


def test_the_clerk_takes_a_character_from_its_own_face_alone(
    template: Template, facts: CertificateFacts, made: Path
) -> None:
    """Drawn with the faces in another order, 葛 would be the made one's; a clerk who knows fewer faces refuses too."""
    drawn = ResidentRecordForm(template, Typeface(FACE, made)).draw(
        facts, binding=_BINDING, seals=specimen_seals(facts)
    )
    assert "font" in _refused(drawn, facts, template, FACE)
    turned = ResidentRecordForm(template, Typeface(made, FACE)).draw(
        facts, binding=_BINDING, seals=specimen_seals(facts)
    )
    _check(turned, facts, template, made, FACE)
    assert "font" in _refused(turned, facts, template, FACE, made)


def _shifted(content: bytes) -> bytes:
    """The second face's subset with a part of its composite moved."""
    out = io.BytesIO()
    with TTFont(io.BytesIO(content), recalcBBoxes=False, recalcTimestamp=False) as font:
        (composite,) = (glyph for glyph in map(font["glyf"].__getitem__, font.getGlyphOrder()) if glyph.isComposite())
        composite.components[1].x += 1
        font.save(out, reorderTables=False)
    return out.getvalue()


def test_a_composite_is_compared_with_its_parts(
    chain: Typeface, template: Template, facts: CertificateFacts, made: Path
) -> None:
    """A component moved by one unit is another outline."""
    drawn = ResidentRecordForm(template, chain).draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    _check(rewritten(drawn, lambda _: None), facts, template, FACE, made)
    assert "another glyph" in _refused(edited(drawn, _SECOND, _shifted), facts, template, FACE, made)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/V2 15 Tf", b"/V2 14 Tf"),
        (b"/V2 15 Tf", b"/V3 15 Tf"),
        (b"/V2 15 Tf", b"/V 15 Tf"),
        (b"/V2 15 Tf", b"/V2 15 Tf 3 Tr"),
        (b"/V2 15 Tf <0001>", b"/V2 15 Tf <0009>"),
    ],
)
def test_a_change_of_face_changes_nothing_else(  # noqa: PLR0913, PLR0917 - fixtures, and what is changed
    chain: Typeface, template: Template, facts: CertificateFacts, made: Path, old: bytes, new: bytes
) -> None:
    """Another size, a font that is none, the wrong face, an operator between, a code beyond the font."""
    drawn = ResidentRecordForm(template, chain).draw(facts, binding=_BINDING, seals=specimen_seals(facts))
    pdf = edited(drawn, "Pages Kids 0 Contents", lambda content: content.replace(old, new))
    assert "page 1" in _refused(pdf, facts, template, FACE, made)
