"""A mutant: one incident, its fault built into our code, and the defences that stand between it and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, unique

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = ["Happening", "Mutant", "Papers", "Story", "Workload", "alterations_of"]


@unique
class Happening(Enum):
    """What happens in the world besides its profile, in the words of the page."""

    CLERK_FALTERS = "the clerk's disk turns slow each minute, and then the clerk dies and is started again"
    ISSUING_SLOW = "issuing's disk takes up to three seconds for a commit"
    FEED_INTERRUPTED = "registry and issuing do not hear each other for 45 seconds out of 65"
    SEALS_CANCELLED = "two operators cancel seal registrations"
    RENAMED_TWICE = "two operators change one resident's name twice in a row"
    OLD_LISTS = "a list that releases a measure is approved after the measure was applied for anew"
    WITHDRAWN = (
        "when the last visit is over, two operators take certificates back; lists that hold for an hour are published "
        "each quarter of an hour, and after five quarters somebody verifies the papers"
    )
    REGISTRY_RESTORED = (
        "the registry's disk is lost, a backup that is four minutes old is put in its place, and two operators say so"
    )
    CARDS_SWAPPED = (
        "every second visitor lays down a card that they found, and exchanges it for their own within a look of the "
        "reader, before they type their own PIN"
    )
    SERIALS_MEET = "two operators link cards of the ward's own whose serials are those of other residents' number cards"
    SHEETS_JAM = "a sheet jams in each printer about once a minute, and somebody clears it"


@unique
class Papers(Enum):
    """What papers are made with in the run."""

    SIMULATED = "simulated"
    REAL = "real"
    """The fault is in drawing itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What makes a fault show.

    Attributes:
        profile: of the simulated world.
        wards, kiosks, visits, seed: as `konbini simulate` has them.
        papers: what papers are made with.
        cryptography: whether the run's cryptography is real too.
        besides: what happens besides.
    """

    profile: str
    wards: int = 1
    kiosks: int = 4
    visits: int = 150
    seed: int = 1
    papers: Papers = Papers.SIMULATED
    cryptography: bool = False
    besides: tuple[Happening, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a mutant's page says in words.

    Attributes:
        happened: what happened, where it is published; for our own mutants what could.
        fault: the fault in our code, and why it is the same one.
        off: what it does with the defences off.
        on: what catches it with the defences on, and how the visit ends.
    """

    happened: str
    fault: str
    off: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One room of the museum.

    Attributes:
        number: its place; 1 to 12 are the published cases, as docs/museum numbers them.
        name: how the command calls it.
        title: of its page.
        story: its page's words.
        alterations: the fault.
        defences: everything in our code that refuses what the fault leads to. At least one.
        workload: what makes it show.
    """

    number: int
    name: str
    title: str
    story: Story
    alterations: tuple[Alteration, ...]
    defences: tuple[Defence, ...] = field(default=())
    workload: Workload

    def __post_init__(self) -> None:
        """Refuse a mutant that could show nothing.

        Raises:
            ValueError: it alters nothing, or nothing stands in its way.
        """
        if not self.alterations or not self.defences:
            raise ValueError(f"{self.name}: a mutant has a fault, and something in its way")

    def defence(self, name: str) -> Defence:
        """Find one of its defences.

        Raises:
            KeyError: none of this name stands in its way.
        """
        return {one.name: one for one in self.defences}[name]


def alterations_of(mutant: Mutant | None, without: Sequence[Defence]) -> tuple[Alteration, ...]:
    """Give what is altered where a mutant's fault is in and these defences are taken away."""
    fault = () if mutant is None else mutant.alterations
    return (*fault, *(one for defence in without for one in defence.alterations))
