"""What else is wrong on a sheet of the world: a cancelled seal, no official seal, a wrong head of the household.

The world's checker holds each sheet against the person before it, against names that were changed and measures that
were set. This looks at what the published cases had besides.

Limits: pictures are seen on simulated papers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from konbini.pdf.forms import resident_record, resident_record_grid, seal_registration
from konbini.pdf.forms.sheet import seal_box
from konbini.pdf.template import Template
from konbini.protocol.errors import Refused
from konbini.simulation.town.people import Townsperson
from konbini.simulation.world.office import Act, ActKind
from konbini.simulation.world.papers.paper import Page, place_of
from konbini.simulation.world.papers.printed import subjects_on

__all__ = ["Looking", "Register"]

_HEAD: Final = place_of(resident_record_grid.HEAD.box)
_HEADS: Final = "世帯主"
_FORMS_WITH_HEAD: Final = (resident_record.KIND, resident_record.ITEMS_KIND)
_SPACES: Final = str.maketrans("", "", " 　")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What is known of one ward's people.

    Attributes:
        people: as the town was made.
        acts: of its office.
        cancelled: whose seal is cancelled since when, seconds of the world.
    """

    people: Sequence[Townsperson]
    acts: Sequence[Act]
    cancelled: dict[str, float]

    def names(self, *, heads: bool, household: str) -> set[str]:
        """Give the names that the heads of a household, or its other members, have and had; without spaces."""
        members = [
            one.record
            for one in self.people
            if one.record.household == household and (one.record.relationship == _HEADS) is heads
        ]
        renamed = {
            act.name
            for act in self.acts
            if act.kind is ActKind.RENAME and act.resident in {one.resident for one in members}
        }
        return {name.translate(_SPACES) for name in (*(one.name for one in members), *renamed)}


@dataclass(eq=False)
class Looking:
    """Looks at each sheet, and counts those that are wrong, for whatever reason.

    Args:
        registers: of each ward, by its code.
        templates: every template that is drawn with.
    """

    registers: dict[str, Register]
    templates: Sequence[Template]
    wrong: int = 0
    found_after: int | None = None
    _seals: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find where official seals stand."""
        self._seals = frozenset(place_of(seal_box(template)) for template in self.templates)

    def note(self, visits: int) -> None:
        """Count one wrong sheet, after so many visits."""
        self.wrong += 1
        self.found_after = visits if self.found_after is None else self.found_after

    def is_wrong(self, content: bytes, ward: str, resident: str, ordered: float) -> bool:
        """Say whether a sheet that came out before a resident, and was ordered at a moment, should not be there."""
        try:
            page = Page.from_bytes(content)
        except Refused:
            return True
        if page.pictures and self._seals.isdisjoint(one.place for one in page.pictures):
            return True
        register = self.registers[ward]
        if page.kind == seal_registration.KIND:
            return register.cancelled.get(resident, ordered) < ordered
        return page.kind in _FORMS_WITH_HEAD and _head_is_wrong(page, content, register, resident)


def _head_is_wrong(page: Page, content: bytes, register: Register, resident: str) -> bool:
    """Say whether the head's cell names a member of the household who is not its head."""
    written = {text.text.translate(_SPACES) for text in page.texts if text.place == _HEAD}
    household = next(one.record.household for one in register.people if one.record.resident == resident)
    others = register.names(heads=False, household=household)
    heads = register.names(heads=True, household=household)
    return bool(subjects_on(content)) and bool(written & (others - heads))
