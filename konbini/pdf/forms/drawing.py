"""Drawing, as every form does it: facts in, an unsigned document out.

What never changes under one template (rules, labels, sentences, the seal, the copy-evident pattern) is drawn once, at
start, into form XObjects with a font subset of their own; one issue adds the facts' text and the subset that it needs.
A form says which parts it has and what each page shows (`PagePlan`); everything else is here. Invariants: equal facts
and binding give equal bytes; every fact is drawn whole or the drawing refuses; each page carries number, page n/N and
the set's hash.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, NamedTuple, TypeAlias, TypeVar

from konbini.pdf.archive import Shell, add_profile, close
from konbini.pdf.facts import Cell, Mark, PrintedFacts
from konbini.pdf.fonts import Subset, Typeface
from konbini.pdf.forms import copy_evident
from konbini.pdf.forms.cells import THIN, LabelledCell
from konbini.pdf.forms.geometry import A4_HEIGHT, A4_WIDTH, Box
from konbini.pdf.forms.ink import Ink, Slot
from konbini.pdf.forms.setting import PADDING
from konbini.pdf.forms.sheet import CODE, Foot, draw_foot, draw_sheet
from konbini.pdf.objects import ONCE, Beginning, ObjectId, Revision, StreamBody
from konbini.pdf.paper_seal.code_picture import code_picture
from konbini.pdf.picture import Picture
from konbini.pdf.printed import printed_hash
from konbini.pdf.template import Marks, Template
from konbini.protocol.kinds import Scope

__all__ = ["Entry", "Form", "PagePlan", "Placed", "PlacedPicture", "entry", "rule_cells"]

F = TypeVar("F", bound=PrintedFacts)


_SPREAD: Final = 0.9
"""Of a label's room, in a form that pads its cells more than the least."""


class Placed(NamedTuple):
    """One of the form's own parts on a page, moved up by so many points."""

    part: str
    up: float = 0.0


class PlacedPicture(NamedTuple):
    """A picture that comes from the facts, at its true size."""

    resource: str
    picture: Picture
    box: Box


Entry: TypeAlias = tuple[str, str, Slot]
"""One text of a page that comes from the facts: the cell's name in a refusal, the text, and where it stands."""


class _Ready(NamedTuple):
    """What documents of some parts begin with, and the parts' numbers in it."""

    beginning: Beginning
    parts: Mapping[str, ObjectId]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """What one page shows beside sheet and foot, in the order of drawing."""

    placed: Sequence[Placed]
    entries: Iterable[Entry]
    pictures: Sequence[PlacedPicture] = ()


def entry(cell: LabelledCell, value: Cell, marks: Marks, whose: str = "") -> Entry:
    """Give the entry of a labelled cell: its text as its steps say, or its mark."""
    slot = cell.mark_slot if isinstance(value, Mark) else cell.slot
    return whose + cell.field, marks.text(value), slot


def rule_cells(ink: Ink, cells: Iterable[LabelledCell], size: float) -> None:
    """Rule labelled cells and write their labels, of a type size in points."""
    for cell in cells:
        ink.frame(cell.label_box, THIN)
        ink.frame(cell.box, THIN)
        ink.label(cell.label, cell.label_box, size, spread=1.0 if cell.padding == PADDING else _SPREAD)


class Form(ABC, Generic[F]):
    """A form under one template, ready to draw.

    Args:
        template: of one of `KINDS`.
        typeface: draws labels and facts alike.

    Raises:
        ValueError: the template is of another kind, or lacks a sentence that the form needs.
        Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`: the template's own words cannot be drawn.
    """

    KINDS: ClassVar[frozenset[str]]
    """The kinds of template that this form draws."""
    SCOPES: ClassVar[tuple[Scope, ...]] = tuple(Scope)
    """The scopes that it can certify."""

    __slots__ = ("_base", "_parts", "_pattern", "_profile", "_ready", "_typeface", "template")

    def __init__(self, template: Template, typeface: Typeface) -> None:
        if template.kind not in self.KINDS:
            raise ValueError(f"{template.form} is no template of {', '.join(sorted(self.KINDS))}")
        self.template = template
        self._typeface = typeface
        words = Subset(typeface, "FORMAA")
        contents = {name: ink.content() for name, ink in self._all_parts(words).items()}
        base = Revision()
        fonts, seal = words.write(base, "L", level=ONCE), base.add(template.seal.picture.to_stream())
        self._pattern = {copy_evident.RESOURCE: copy_evident.write(base)} if template.copy_evident else {}
        self._profile = add_profile(base)
        self._base = base.beginning()
        self._ready: dict[frozenset[str], _Ready] = {}  # by the parts; a form has few, and fewer that go together
        entries = _form_entries(fonts, seal)
        self._parts = {name: StreamBody.compressed(content, entries, level=ONCE) for name, content in contents.items()}

    @abstractmethod
    def plan(self, facts: F) -> Sequence[PagePlan]:
        """Say what each page shows.

        Raises:
            Refused: `FORM_OVERFLOW`: the form has no cell for something that the facts hold.
        """

    @abstractmethod
    def _draw_parts(self, words: Subset) -> Mapping[str, Ink]:
        """Draw the form's own parts that pages place over the sheet, each an ink of its own."""

    @abstractmethod
    def _draw_head(self, ink: Ink) -> None:
        """Draw what the form has on each sheet beside what every sheet has."""

    def fits(self, facts: F) -> None:
        """Say whether the certificate can be drawn, without drawing it; asked when a menu is made.

        Raises:
            Refused: `FORM_OVERFLOW` naming the cell, or `GLYPH_MISSING` naming the code points.
        """
        ink = Ink(Subset(self._typeface, "FACTSA"), "V")
        plans = self.plan(facts)
        foot = _foot(facts, facts.digest(), len(plans))
        for page, plan in enumerate(plans, 1):
            self._write(ink, plan, foot, page)

    def pages(self, facts: F) -> int:
        """Say how many pages the certificate takes."""
        return len(self.plan(facts))

    def draw(self, facts: F, *, binding: bytes, seals: Sequence[bytes]) -> bytes:
        """Draw the certificate, unsigned.

        Args:
            facts: whose `form` is this template's.
            binding: 32 bytes that tie the document to its visit and order.
            seals: the paper seal of each page.

        Raises:
            ValueError: the facts name another form, the binding is not of 32 bytes, or there are not as many seals as
                pages.
            Refused: as `fits`; `FORM_OVERFLOW` also for a seal that no code holds.
        """
        if facts.form != self.template.form:
            raise ValueError("these facts are for another form")
        values, plans, digest = Subset(self._typeface, "FACTSA"), self.plan(facts), facts.digest()
        named = [_part_names(facts, plan) for plan in plans]
        beginning, parts = self._begin(frozenset().union(*named))
        revision = Revision(after=beginning)
        foot = _foot(facts, digest, len(plans))
        codes = [revision.add(code_picture(seal).to_stream()) for seal in seals]
        contents = [
            revision.add(self._content(facts.scope, plan, values, foot, page)) for page, plan in enumerate(plans, 1)
        ]
        fonts = values.write(revision, "V")
        pages = [
            _page_entries(
                content,
                fonts,
                self._pattern
                | {name: parts[name] for name in sorted(names)}
                | _pictures(revision, plan)
                | {_code_name(page): code},
            )
            for page, (plan, names, content, code) in enumerate(zip(plans, named, contents, codes, strict=True), 1)
        ]
        return close(revision, pages, _shell(self.template, facts, digest, binding), profile=self._profile)

    def _begin(self, names: frozenset[str]) -> _Ready:
        """Return what is the same in every document of these parts, written once."""
        ready = self._ready.get(names)
        if ready is None:
            revision = Revision(after=self._base)
            parts = {name: revision.add(self._parts[name]) for name in sorted(names)}
            ready = self._ready[names] = _Ready(revision.beginning(), parts)
        return ready

    def _content(self, scope: Scope, plan: PagePlan, values: Subset, foot: Foot, page: int) -> StreamBody:
        ink = Ink(values, "V")
        for name in self._pattern:
            ink.place(name)
        ink.place(_sheet_name(scope))
        for placed in plan.placed:
            ink.place(placed.part, up=placed.up)
        for shown in plan.pictures:
            ink.picture(shown.resource, shown.box)
        ink.picture(_code_name(page), CODE)
        self._write(ink, plan, foot, page)
        return StreamBody.compressed(ink.content())

    def _write(self, ink: Ink, plan: PagePlan, foot: Foot, page: int) -> None:
        """Write every fact of one page, row by row of the form."""
        for cell, text, slot in plan.entries:
            ink.write(slot, text, cell)
        draw_foot(ink, foot, page=page)

    def _all_parts(self, words: Subset) -> Mapping[str, Ink]:
        """Draw the sheet for each scope, then the form's own parts."""
        parts = {}
        for scope in self.SCOPES:
            ink = Ink(words, "L")
            draw_sheet(ink, self.template, scope, self._typeface, seal="Seal")
            self._draw_head(ink)
            parts[_sheet_name(scope)] = ink
        return {**parts, **self._draw_parts(words)}


def _sheet_name(scope: Scope) -> str:
    return f"Sheet{int(scope)}"


def _code_name(page: int) -> str:
    """Name a page's code; each page has another name for its own, so that none can stand for another's."""
    return f"Code{page}"


def _part_names(facts: PrintedFacts, plan: PagePlan) -> set[str]:
    return {_sheet_name(facts.scope)} | {placed.part for placed in plan.placed}


def _pictures(revision: Revision, plan: PagePlan) -> dict[str, ObjectId]:
    return {shown.resource: revision.add(shown.picture.to_stream()) for shown in plan.pictures}


def _form_entries(fonts: str, seal: ObjectId) -> str:
    return (
        f"/Type /XObject /Subtype /Form /BBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] "
        f"/Resources << /Font << {fonts} >> /XObject << /Seal {seal} >> >>"
    )


def _page_entries(content: ObjectId, fonts: str, parts: dict[str, ObjectId]) -> str:
    named = " ".join(f"/{name} {part}" for name, part in parts.items())
    return (
        f"/MediaBox [0 0 {A4_WIDTH:.3f} {A4_HEIGHT:.3f}] /Contents {content} "
        f"/Resources << /Font << {fonts} >> /XObject << {named} >> >>"
    )


def _foot(facts: PrintedFacts, digest: bytes, pages: int) -> Foot:
    return Foot(issued_on=facts.issued_on, number=facts.number, set_hash=printed_hash(digest), pages=pages)


def _shell(template: Template, facts: PrintedFacts, digest: bytes, binding: bytes) -> Shell:
    identity = hashlib.sha256(b"konbini/1 file" + digest + binding).digest()[:16]
    return Shell(
        title=template.title.replace("　", ""),
        number=facts.number,
        issued_on=facts.issued_on,
        binding=binding,
        identity=identity,
    )
