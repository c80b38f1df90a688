"""Drawing without a face: the form's own plan of its pages, written down as a paper of the world.

Invariants, as of the real drawing: equal facts, binding and seals give equal bytes; every fact is drawn whole or the
drawing refuses; each page carries number, page n/N and the set's hash.

Limits: the face of the world has every assigned character, each as wide as its em or half of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from konbini.pdf.binding import BINDING_BYTES
from konbini.pdf.era import in_era
from konbini.pdf.facts import PrintedFacts
from konbini.pdf.forms import copy_evident, individual_record, resident_record, seal_registration, sheet
from konbini.pdf.forms.drawing import PagePlan, Placed
from konbini.pdf.forms.ink import Slot
from konbini.pdf.paper_seal.qr import symbol_for
from konbini.pdf.printed import printed_hash
from konbini.pdf.template import Marks, Template
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Scope
from konbini.simulation.world.papers.fixed import fixed_texts
from konbini.simulation.world.papers.paper import Page, Paper, Shown, Text, place_of

__all__ = ["SimulatedForm"]

_NO_CHARACTER: Final = frozenset(("Cn", "Co", "Cs"))
_NO_WIDTH: Final = frozenset(("Mn", "Me", "Cf"))
_WIDE: Final = frozenset("FWA")

_PLANS: Final[Mapping[str, Callable[[Any, Marks], Sequence[PagePlan]]]] = {
    resident_record.KIND: resident_record.plan_pages,
    resident_record.ITEMS_KIND: resident_record.plan_pages,
    individual_record.KIND: individual_record.plan_pages,
    individual_record.ITEMS_KIND: individual_record.plan_pages,
    seal_registration.KIND: seal_registration.plan_pages,
}
"""Each takes the facts of its own kind, which nothing but the template's kind tells."""

_DATE: Final = place_of(sheet.DATE)
_NUMBER: Final = place_of(sheet.NUMBER)
_HASH: Final = place_of(sheet.HASH)
_PAGE: Final = place_of(sheet.PAGE)


class SimulatedForm:
    """A form under one template, as `konbini.ward_server.issuing.desk.Form`.

    Raises:
        ValueError: a template of no kind that there is.
    """

    __slots__ = ("_fixed", "_pictures", "_plan", "template")

    def __init__(self, template: Template) -> None:
        plan = _PLANS.get(template.kind)
        if plan is None:
            raise ValueError(f"{template.form}: there is no kind of form {template.kind}")
        self.template = template
        self._plan = plan
        self._fixed: dict[tuple[Scope, tuple[Placed, ...]], tuple[Text, ...]] = {}  # as many as forms have sheets
        pattern = copy_evident.placed() if template.copy_evident else ()
        self._pictures = (
            *(Shown(digest=one.picture.digest(), place=place_of(one.box)) for one in pattern),
            Shown(digest=template.seal.picture.digest(), place=place_of(sheet.seal_box(template))),
        )

    def fits(self, facts: PrintedFacts) -> None:
        """Refuse facts that the form cannot hold; see `Form`."""
        for plan in self._plan(facts, self.template.marks):
            _texts(plan)

    def pages(self, facts: PrintedFacts) -> int:
        """Say how many pages the facts take."""
        return len(self._plan(facts, self.template.marks))

    def draw(self, facts: PrintedFacts, *, binding: bytes, seals: Sequence[bytes]) -> bytes:
        """Draw the paper, unsigned; what it raises is the real drawing's.

        Raises:
            ValueError: the facts name another form, the binding is not of 32 bytes, or there are not as many seals as
                pages.
            Refused: as `fits`; `FORM_OVERFLOW` also for a seal that no code holds.
        """
        if facts.form != self.template.form:
            raise ValueError("these facts are for another form")
        if len(binding) != BINDING_BYTES:
            raise ValueError("a binding has 32 bytes")
        plans = self._plan(facts, self.template.marks)
        foot = (
            Text(_DATE, in_era(facts.issued_on)),
            Text(_NUMBER, facts.number),
            Text(_HASH, printed_hash(facts.digest())),
        )
        return Paper(
            title=self.template.title.replace("　", ""),
            number=facts.number,
            issued_on=facts.issued_on.isoformat(),
            binding=binding,
            pages=tuple(
                self._page(facts, plan, (*foot, Text(_PAGE, sheet.page_label(page, len(plans)))), seal)
                for page, (plan, seal) in enumerate(zip(plans, seals, strict=True), 1)
            ),
        ).to_bytes()

    def _page(self, facts: PrintedFacts, plan: PagePlan, foot: Sequence[Text], seal: bytes) -> bytes:
        symbol_for(len(seal))
        texts = [*self._fixed_texts(facts.scope, tuple(plan.placed)), *_texts(plan), *foot]
        texts.sort()
        shown = tuple(Shown(digest=one.picture.digest(), place=place_of(one.box)) for one in plan.pictures)
        return Page(
            kind=self.template.kind,
            across="見本" if self.template.specimen else "",
            texts=tuple(texts),
            pictures=(*self._pictures, *shown),
            seal=seal,
        ).to_bytes()

    def _fixed_texts(self, scope: Scope, placed: tuple[Placed, ...]) -> tuple[Text, ...]:
        found = self._fixed.get((scope, placed))
        if found is None:
            found = self._fixed[scope, placed] = fixed_texts(self.template, scope, placed)
        return found


def _texts(plan: PagePlan) -> list[Text]:
    """Give the facts' texts of a page, each in its place.

    Raises:
        Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`.
    """
    found = []
    for cell, text, slot in plan.entries:
        if not text.replace("　", "").isprintable():
            _check_characters(text)
        place, most = _room(slot)
        if len(text) > most and _width(text) > most:
            raise Refused(Code.FORM_OVERFLOW, f"{cell}: {len(text)} characters do not fit")
        found.append(Text(place, text))
    return found


@lru_cache(maxsize=2048)  # the slots of all forms; each is itself alone
def _room(slot: Slot) -> tuple[int, int]:
    """Give a slot's place, and how many full-width characters it holds."""
    room = slot.box.width - 2 * slot.padding
    most = max((step.lines * int(room / step.size) for step in slot.steps if step.height <= slot.box.height), default=0)
    return place_of(slot.box), most


def _check_characters(text: str) -> None:
    missing = [one for one in text if unicodedata.category(one) in _NO_CHARACTER]
    if missing:
        raise Refused(Code.GLYPH_MISSING, " ".join(f"U+{ord(one):04X}" for one in missing))


def _width(text: str) -> float:
    """Give a text's width in ems."""
    drawn = (one for one in text if unicodedata.category(one) not in _NO_WIDTH)
    return sum(1.0 if unicodedata.east_asian_width(one) in _WIDE else 0.5 for one in drawn)
