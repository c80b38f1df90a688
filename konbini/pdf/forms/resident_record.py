"""住民票の写し, household form (世帯連記式): facts in, an unsigned document out.

What never changes under one template (rules, labels, sentences, the seal) is drawn once, at start, into form XObjects
with a font subset of their own; one issue adds the facts' text and the subset that it needs. Invariants: equal facts
and binding give equal bytes; every fact is drawn whole or the drawing refuses; each page carries number, page n/N and
the set's hash. Four people a sheet; what is left of the last sheet is struck through under 以下余白.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from konbini.pdf.archive import Shell, close
from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, Mark, PersonFacts
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms import resident_record_grid as grid
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH
from konbini.pdf.forms.ink import Align, Ink
from konbini.pdf.forms.setting import Step, Steps, set_text
from konbini.pdf.forms.sheet import draw_foot, draw_sheet
from konbini.pdf.objects import ObjectId, Revision, StreamBody
from konbini.pdf.template import Template
from konbini.protocol.kinds import Scope

__all__ = ["KIND", "ResidentRecordForm"]

KIND: Final = "resident-record.household"
_LABEL_SIZE: Final = 7.0
_ORDINAL: Final[Steps] = (Step(10, 1),)
_MARK_SIZE: Final[Steps] = (Step(7.5, 1), Step(6, 1))
_THICK: Final = 0.9
_THIN: Final = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """One page in the making: its people, the ordinal of the first, and its place in the set."""

    people: tuple[PersonFacts, ...]
    first: int
    page: int
    pages: int

    def parts(self, scope: Scope) -> list[str]:
        """Name the form's own parts that this page shows."""
        blocks = {_block_name(person) for person in self.people}
        unused = {_unused_name(len(self.people))} if len(self.people) < grid.BLOCKS else set()
        return sorted({_sheet_name(scope)} | blocks | unused)


def _sheet_name(scope: Scope) -> str:
    return f"Sheet{int(scope)}"


def _block_name(person: PersonFacts) -> str:
    return "Foreign" if isinstance(person.items, ForeignItems) else "Japanese"


def _unused_name(used: int) -> str:
    return f"Unused{grid.BLOCKS - used}"


class ResidentRecordForm:
    """The form under one template, ready to draw.

    Args:
        template: of the kind `KIND`.
        typeface: draws labels and facts alike.

    Raises:
        ValueError: the template is of another kind.
        Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`: the template's own words cannot be drawn.
    """

    __slots__ = ("_base", "_parts", "_typeface", "template")

    def __init__(self, template: Template, typeface: Typeface) -> None:
        if template.kind != KIND:
            raise ValueError(f"{template.form} is no template of {KIND}")
        self.template = template
        self._typeface = typeface
        words = Subset(typeface, "FORMAA")
        contents = self._draw_parts(words)
        self._base = Revision()
        font, seal = words.write(self._base), self._base.add(template.seal.picture.to_stream())
        entries = _form_entries(font, seal)
        self._parts = {name: StreamBody.compressed(content, entries) for name, content in contents.items()}

    def fits(self, facts: CertificateFacts) -> None:
        """Say whether the certificate can be drawn, without drawing it; asked when a menu is made.

        Raises:
            Refused: `FORM_OVERFLOW` naming the cell, or `GLYPH_MISSING` naming the code points.
        """
        ink = Ink(Subset(self._typeface, "FACTSA"), "V")
        for sheet in _sheets(facts):
            self._write(ink, facts, sheet)

    def pages(self, facts: CertificateFacts) -> int:
        """Say how many pages the certificate takes."""
        return len(_sheets(facts))

    def draw(self, facts: CertificateFacts, *, binding: bytes) -> bytes:
        """Draw the certificate, unsigned.

        Args:
            facts: whose `form` is this template's.
            binding: 32 bytes that tie the document to its visit and order.

        Raises:
            ValueError: the facts name another form, or the binding is not of 32 bytes.
            Refused: as `fits`.
        """
        if facts.form != self.template.form:
            raise ValueError("these facts are for another form")
        revision, values = self._base.copy(), Subset(self._typeface, "FACTSA")
        sheets = _sheets(facts)
        contents = [revision.add(self._content(facts, sheet, values)) for sheet in sheets]
        font = values.write(revision)
        used = sorted({name for sheet in sheets for name in sheet.parts(facts.scope)})
        parts = {name: revision.add(self._parts[name]) for name in used}
        pages = [
            _page_entries(content, font, {name: parts[name] for name in sheet.parts(facts.scope)})
            for sheet, content in zip(sheets, contents, strict=True)
        ]
        return close(revision, pages, _shell(self.template, facts, binding))

    def _content(self, facts: CertificateFacts, sheet: _Sheet, values: Subset) -> StreamBody:
        ink = Ink(values, "V")
        ink.place(_sheet_name(facts.scope))
        for place, person in enumerate(sheet.people):
            ink.place(_block_name(person), up=-place * grid.BLOCK_HEIGHT)
        if len(sheet.people) < grid.BLOCKS:
            ink.place(_unused_name(len(sheet.people)))
        self._write(ink, facts, sheet)
        return StreamBody.compressed(ink.content())

    def _write(self, ink: Ink, facts: CertificateFacts, sheet: _Sheet) -> None:
        """Write every fact of one page, row by row of the form."""
        self._write_cell(ink, grid.ADDRESS, facts.address, "")
        self._write_cell(ink, grid.HEAD, facts.head, "")
        for place, person in enumerate(sheet.people):
            self._write_person(ink, person, place, sheet.first + place)
        draw_foot(ink, facts, self._typeface, page=sheet.page, pages=sheet.pages)

    def _write_person(self, ink: Ink, person: PersonFacts, place: int, ordinal: int) -> None:
        up = -place * grid.BLOCK_HEIGHT
        box = grid.ORDINAL.moved(up=up)
        number = set_text(str(ordinal), box, _ORDINAL, self._typeface, cell="ordinal", padding=0.0)
        ink.text(number, box, Align.CENTRE)
        foreign = isinstance(person.items, ForeignItems)
        for cell in grid.FOREIGN if foreign else grid.JAPANESE:
            holder = person if hasattr(person, cell.field) else person.items
            self._write_cell(ink, cell, getattr(holder, cell.field), f"person {ordinal} ", up)

    def _write_cell(self, ink: Ink, cell: grid.LabelledCell, value: Cell, whose: str, up: float = 0.0) -> None:
        box = cell.box.moved(up=up)
        text = self.template.marks.text(value)
        steps, align = (_MARK_SIZE, Align.CENTRE) if isinstance(value, Mark) else (cell.steps, cell.align)
        ink.text(set_text(text, box, steps, self._typeface, cell=whose + cell.field), box, align)

    def _draw_parts(self, words: Subset) -> dict[str, bytes]:
        """Draw the form's own parts, each a content stream."""
        parts = {}
        for scope in Scope:
            ink = Ink(words, "L")
            draw_sheet(ink, self.template, scope, self._typeface, seal="Seal")
            self._rule_cells(ink, (grid.ADDRESS, grid.HEAD))
            ink.frame(grid.HOUSEHOLD, _THICK)
            parts[_sheet_name(scope)] = ink.content()
        for name, cells in (("Japanese", grid.JAPANESE), ("Foreign", grid.FOREIGN)):
            ink = Ink(words, "L")
            if name == "Japanese":
                self._rule_spare_rows(ink)
            self._rule_cells(ink, cells)
            ink.frame(grid.ORDINAL, _THIN)
            ink.frame(grid.block_box(0), _THICK)
            parts[name] = ink.content()
        return parts | {_unused_name(used): self._unused(words, used) for used in range(1, grid.BLOCKS)}

    def _rule_cells(self, ink: Ink, cells: tuple[grid.LabelledCell, ...]) -> None:
        for cell in cells:
            ink.frame(cell.label_box, _THIN)
            ink.frame(cell.box, _THIN)
            ink.label(cell.label, cell.label_box, _LABEL_SIZE)

    def _rule_spare_rows(self, ink: Ink) -> None:
        unused = self.template.marks.unused
        for box in (*grid.SPARE_LABELS, *grid.SPARE_VALUES):
            ink.frame(box, _THIN)
            ink.text(set_text(unused, box, _MARK_SIZE, self._typeface, cell="spare"), box, Align.CENTRE)

    def _unused(self, words: Subset, used: int) -> bytes:
        ink, box = Ink(words, "L"), grid.unused_box(used)
        ink.frame(box, _THICK)
        head = grid.nothing_below_box(used)
        note = set_text(self.template.nothing_below, head, grid.NOTHING_BELOW, self._typeface, cell="nothing below")
        ink.text(note, head, Align.CENTRE)
        ink.rule((box.right, head.bottom), (box.left, box.bottom), _THIN)
        return ink.content()


def _sheets(facts: CertificateFacts) -> list[_Sheet]:
    starts = range(0, len(facts.people), grid.BLOCKS)
    return [
        _Sheet(people=facts.people[start : start + grid.BLOCKS], first=start + 1, page=page, pages=len(starts))
        for page, start in enumerate(starts, 1)
    ]


def _form_entries(font: ObjectId, seal: ObjectId) -> str:
    return (
        f"/Type /XObject /Subtype /Form /BBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] "
        f"/Resources << /Font << /L {font} >> /XObject << /Seal {seal} >> >>"
    )


def _page_entries(content: ObjectId, font: ObjectId, parts: dict[str, ObjectId]) -> str:
    named = " ".join(f"/{name} {part}" for name, part in parts.items())
    return (
        f"/MediaBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] /Contents {content} "
        f"/Resources << /Font << /V {font} >> /XObject << {named} >> >>"
    )


def _shell(template: Template, facts: CertificateFacts, binding: bytes) -> Shell:
    identity = hashlib.sha256(b"konbini/1 file" + facts.digest() + binding).digest()[:16]
    return Shell(
        title=template.title.replace("　", ""),
        number=facts.number,
        issued_on=facts.issued_on,
        binding=binding,
        identity=identity,
    )
