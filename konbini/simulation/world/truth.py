"""What is true in the world, as nobody in it knows it: whose each name was, and who was held back, and when.

Built from the people at the beginning and from what operators did since; what they were not told of may or may not be
in force, and no paper is blamed for either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from konbini.pdf.era import from_era
from konbini.simulation.town.people import Townsperson
from konbini.simulation.world.office import Act, ActKind
from konbini.simulation.world.papers.printed import Subject
from konbini.ward_server.residents.dates import to_number

__all__ = ["Truth"]

_BEFORE = -1.0
"""Loop seconds of what was in force when the world began."""
_SETS = {ActKind.PROTECT: ActKind.UNPROTECT, ActKind.HOLD: ActKind.RELEASE}


def printed(name: str) -> str:
    """Give a name as it is read off a sheet: the space between its parts is a gap there and no sign."""
    return "".join(name.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    resident: str
    household: str
    birth: int
    name: str


class Truth:
    """One ward's people and acts.

    Args:
        people: as the town was when the world began.
        acts: of its office, in order of their beginning; it grows while the world runs.
    """

    def __init__(self, people: Iterable[Townsperson], acts: Sequence[Act]) -> None:
        self._acts = acts
        people = tuple(people)
        self._before = tuple(
            Act(
                kind=ActKind.PROTECT,
                resident=one.record.resident,
                begun=_BEFORE,
                name=one.measure,
                acknowledged=_BEFORE,
            )
            for one in people
            if one.measure is not None
        )
        self._people = {
            one.record.resident: _Person(
                resident=one.record.resident,
                household=one.record.household,
                birth=one.record.birth,
                name=one.record.name,
            )
            for one in people
        }
        self._by_birth: dict[int, list[_Person]] = {}
        for person in self._people.values():
            self._by_birth.setdefault(person.birth, []).append(person)

    def household(self, resident: str) -> str:
        """Give whose household a resident is of."""
        return self._people[resident].household

    def whose(self, subject: Subject, household: str) -> str | None:
        """Give the resident of a household whom a sheet shows; None where it shows nobody of it."""
        birth = from_era(subject.birth_date)
        if birth is None:
            candidates: Iterable[_Person] = self._people.values()
        else:
            candidates = self._by_birth.get(to_number(birth), ())
        for person in candidates:
            if person.household == household and printed(subject.name) in self._names(person):
                return person.resident
        return None

    def stale(self, resident: str, name: str, completed: float) -> bool | None:
        """Say whether a paper that was issued at a moment shows a name that was acknowledged to be another's by then.

        None where nothing was ever changed, so that nothing was at stake.
        """
        renames = [act for act in self._of(resident) if act.kind is ActKind.RENAME]
        done = [act for act in renames if act.acknowledged is not None and act.acknowledged < completed]
        if not done:
            return None
        newest = done[-1]
        later = (act.name for act in renames if act.acknowledged is None or act not in done)
        return printed(name) not in {printed(one) for one in (newest.name, *later)}

    def restricted(self, resident: str, completed: float) -> bool | None:
        """Say whether somebody whom a paper shows was held back for certain when it was issued.

        None where nothing was ever said about the resident.
        """
        acts = [act for act in self._of(resident) if act.kind is not ActKind.RENAME]
        if not acts:
            return None
        return any(self._certain(act, acts, completed) for act in acts if act.kind in _SETS)

    @staticmethod
    def _certain(act: Act, acts: Sequence[Act], moment: float) -> bool:
        """Say whether a restriction was acknowledged before a moment and no release of it had begun."""
        if act.acknowledged is None or act.acknowledged >= moment:
            return False
        return not any(
            other.kind is _SETS[act.kind] and other.name in (act.name, "") and other.begun < moment
            for other in acts
            if other.begun > act.begun
        )

    def _of(self, resident: str) -> list[Act]:
        return [act for act in (*self._before, *self._acts) if act.resident == resident and not act.refused]

    def _names(self, person: _Person) -> set[str]:
        renames = (act.name for act in self._of(person.resident) if act.kind is ActKind.RENAME)
        return {printed(name) for name in (person.name, *renames)}
