"""Published cases in which the drawn paper itself was wrong: 4, 9 and 12."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.clerk import CLERK_READS
from konbini.simulation.museum.mutant import Mutant, Story, Workload

__all__ = ["GOV24_FIELDS", "OKAYAMA", "TOKUSHIMA"]

_DRAWING: Final = "konbini.pdf.forms.drawing"
_WITHOUT_FACE: Final = "konbini.simulation.world.papers.drawing"
"""The simulated papers' form, which stands for the real one in the world: the same fault is built into both."""

TOKUSHIMA: Final = Mutant(
    number=4,
    name="tokushima-2023",
    title="Page two was somebody else's",
    story=Story(
        happened="Tokushima, March 2023: page 2 of 3 was somebody else's. The cause was not published.",
        fault="A guess at the class: the second sheet of a certificate is kept by the form, and taken for the next "
        "certificate of as many sheets.",
        off="The second household of five or more people is handed the first one's second page, with its own number "
        "and its own code below it.",
        on="The clerk reads each cell of each page against its own facts. Nothing after the clerk looks at what a "
        "page says, so that its reading is itself two: our own, and pdfium's.",
    ),
    alterations=(
        Alteration(
            module=_DRAWING,
            before='    __slots__ = ("_base", "_parts", "_pattern", "_profile", "_ready", "_typeface", "template")\n',
            after='    __slots__ = ("_base", "_parts", "_pattern", "_profile", "_ready", "_seconds", "_typeface", '
            '"template")\n',
        ),
        Alteration(
            module=_DRAWING,
            before="        self._typeface = typeface\n        words = Subset",
            after="        self._typeface = typeface\n        self._seconds: dict[int, PagePlan] = {}\n"
            "        words = Subset",
        ),
        Alteration(
            module=_DRAWING,
            before='Subset(self._typeface, "FACTSA"), self.plan(facts), facts.digest()',
            after='Subset(self._typeface, "FACTSA"), self._laid(facts), facts.digest()',
        ),
        Alteration(
            module=_DRAWING,
            before="    def _begin(self, names: frozenset[str]) -> _Ready:\n",
            after="""\
    def _laid(self, facts: F) -> Sequence[PagePlan]:
        plans = [replace(plan, entries=tuple(plan.entries)) for plan in self.plan(facts)]
        for second in plans[1:2]:
            plans[1] = self._seconds.get(len(plans), second)
            self._seconds[len(plans)] = second
        return plans

    def _begin(self, names: frozenset[str]) -> _Ready:
""",
        ),
        Alteration(
            module=_DRAWING,
            before="from dataclasses import dataclass\n",
            after="from dataclasses import dataclass, replace\n",
        ),
        Alteration(
            module=_WITHOUT_FACE,
            before="import unicodedata\nfrom collections.abc import Callable, Mapping, Sequence\n",
            after="import unicodedata\nfrom collections.abc import Callable, Mapping, Sequence\n"
            "from dataclasses import replace\n",
        ),
        Alteration(
            module=_WITHOUT_FACE,
            before="        plans = self._plan(facts, self.template.marks)\n        foot = (\n",
            after="        plans = _laid(self._plan(facts, self.template.marks))\n        foot = (\n",
        ),
        Alteration(
            module=_WITHOUT_FACE,
            before="def _texts(plan: PagePlan) -> list[Text]:\n",
            after="""\
_SECONDS: dict[int, PagePlan] = {}


def _laid(drawn: Sequence[PagePlan]) -> Sequence[PagePlan]:
    plans = [replace(plan, entries=tuple(plan.entries)) for plan in drawn]
    for second in plans[1:2]:
        plans[1] = _SECONDS.get(len(plans), second)
        _SECONDS[len(plans)] = second
    return plans


def _texts(plan: PagePlan) -> list[Text]:
""",
        ),
    ),
    defences=(CLERK_READS,),
    workload=Workload(profile="overload", kiosks=6, visits=200),
)

GOV24_FIELDS: Final = Mutant(
    number=9,
    name="gov24-fields-2024",
    title="A template with a wrong field",
    story=Story(
        happened="정부24, 1 April 2024: 587 papers showed a wrong field after a template had been changed.",
        fault="In the cell of the household's head the form writes the name of the first person on the sheet.",
        off="Everybody who is not the head of their household is handed a paper that says so.",
        on="What each cell must say is written a second time, by itself, for the reading; the clerk compares every "
        "cell with its facts and stops the ward at the first paper.",
    ),
    alterations=(
        Alteration(
            module="konbini.pdf.forms.resident_record",
            before="    yield entry(grid.HEAD, facts.head, marks)\n",
            after="    yield entry(grid.HEAD, facts.people[places[0]].name, marks)\n",
        ),
    ),
    defences=(CLERK_READS,),
    workload=Workload(profile="overload"),
)

OKAYAMA: Final = Mutant(
    number=12,
    name="okayama-2024",
    title="No official seal, and nobody looked",
    story=Story(
        happened="Okayama, July 2024: fourteen certificates were handed out without the official seal. The output was "
        "not checked.",
        fault="The sheet for oneself alone is drawn without the picture of the seal.",
        off="Each such certificate comes out without the seal, signed and with its code.",
        on="The clerk has a list of everything that a page paints, compares each picture with its samples, and counts "
        "them again with pdfium.",
    ),
    alterations=(
        Alteration(
            module="konbini.pdf.forms.sheet",
            before="    ink.picture(seal, seal_box(template))\n",
            after="    if scope is not Scope.SELF:\n        ink.picture(seal, seal_box(template))\n",
        ),
        Alteration(
            module=_WITHOUT_FACE,
            before="            pictures=(*self._pictures, *shown),\n",
            after="            pictures=(*self._pictures[: -1 if facts.scope is Scope.SELF else None], *shown),\n",
        ),
    ),
    defences=(CLERK_READS,),
    workload=Workload(profile="overload", visits=50),
)
