"""The catalogue: every alteration fits our source as it is, alone and together, and what it makes is Python."""

from __future__ import annotations

import pytest

from konbini.simulation.museum.altering import altered_source
from konbini.simulation.museum.catalogue import CATALOGUE, named
from konbini.simulation.museum.defence import Defence
from konbini.simulation.museum.mutant import Mutant, alterations_of
from konbini.simulation.museum.run import taken_away

_DEFENCES = {defence.name: defence for mutant in CATALOGUE for defence in mutant.defences}
_RUNS = [
    pytest.param(mutant, defences, id=f"{mutant.name} {defences}")
    for mutant in CATALOGUE
    for defences in ("on", "off", *(defence.name for defence in mutant.defences))
]


@pytest.mark.parametrize(("mutant", "defences"), _RUNS)
def test_every_run_can_be_made(mutant: Mutant, defences: str) -> None:
    """The fault with all defences away, with none, and with each of them alone."""
    alterations = alterations_of(mutant, taken_away(mutant, defences))
    for module in {one.module for one in alterations}:
        compile(altered_source(module, alterations), module, "exec")


@pytest.mark.parametrize("defence", _DEFENCES.values(), ids=_DEFENCES)
def test_every_defence_can_be_taken_away_alone(defence: Defence) -> None:
    """Without any fault."""
    alterations = alterations_of(None, [defence])
    for module in {one.module for one in alterations}:
        compile(altered_source(module, alterations), module, "exec")


def test_names_and_numbers() -> None:
    """Rooms are numbered without gaps, the published twelve first; a name is one mutant's, or one defence's."""
    assert [mutant.number for mutant in CATALOGUE] == list(range(1, len(CATALOGUE) + 1))
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)
    assert all(named(mutant.name) is mutant for mutant in CATALOGUE)
    for mutant in CATALOGUE:
        for defence in mutant.defences:
            assert _DEFENCES[defence.name] is defence


def test_what_a_run_takes_away() -> None:
    """All, none, or all but one; another word is refused."""
    mutant = CATALOGUE[0]
    assert taken_away(mutant, "on") == ()
    assert taken_away(mutant, "off") == mutant.defences
    stays = mutant.defences[0]
    assert taken_away(mutant, stays.name) == mutant.defences[1:]
    with pytest.raises(KeyError):
        taken_away(mutant, "none of these")
