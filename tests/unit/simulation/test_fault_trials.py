"""The table of faults tried: what it names exists, no breakdown is left out, and its page has its rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.fates import MoneyFate
from konbini.kiosk.session.look import Language
from konbini.kiosk.ui.catalogue import catalogues
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.simulation.faults.breakdowns import BREAKDOWNS
from konbini.simulation.faults.report import page
from konbini.simulation.faults.trials import TRIALS, Trial
from konbini.simulation.faults.verdict import Found, faults_of

_PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
_ALL = catalogues()
_WORDS = _ALL[Language.ENGLISH]
_FEE = 300
_JAM = next(trial for trial in TRIALS if trial.name == "jam-2 at pay")
_RIGHT = Found(
    screen="refused",
    heading="Paper is jammed",
    text=(_WORDS.text("outcome.code", number=603), _WORDS.text("money.returned", amount="¥300")),
    later=None,
    outcome=Outcome.JAM,
    final=True,
    fee=_FEE,
    taken=_FEE,
    returned=_FEE,
    owed=0,
    sides=1,
    served=True,
)


def test_every_breakdown_is_tried_and_every_trial_is_one() -> None:
    """No button of the hardware page without a row, no row without its button, no row twice."""
    assert {key for trial in TRIALS for key in trial.breaks} == set(BREAKDOWNS)
    names = [trial.name for trial in TRIALS]
    assert len(names) == len(set(names))


def test_the_page_is_the_table() -> None:
    """docs/faults.md is what the command writes of these rows, to the letter."""
    assert _PAGE.read_text("utf-8") == page(_WORDS)


def test_what_is_right_has_no_fault() -> None:
    """A jam on page two: page one is void, the fee comes back."""
    assert list(faults_of(_JAM, _RIGHT, _ALL)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"taken": 600, "returned": 300}, "300 yen were kept, 0 are right"),
        ({"outcome": Outcome.PRINTED}, "printed with 1 of 2 pages"),
        ({"sides": 3}, "a page came out twice"),
        ({"final": False}, "the ward has no receipt"),
        ({"served": False}, "the kiosk is not back in service"),
        ({"screen": "end"}, "the screen was 'end', not 'refused'"),
        ({"text": ()}, "the screen does not say JAM"),
        ({"text": (_WORDS.text("outcome.code", number=603),)}, "the screen does not say that the money is returned"),
        ({"outcome": None}, "the receipt says nothing"),
        ({"sides": 0}, "0 sides came out"),
        ({"later": Code.PAPER_IN_EXIT}, "after the visit the kiosk showed PAPER_IN_EXIT"),
    ],
)
def test_each_thing_that_is_wrong_is_found(changed: dict[str, object], said: str) -> None:
    """One thing changed at a time is one fault at least, and named."""
    assert said in list(faults_of(_JAM, replace(_RIGHT, **changed), _ALL))  # type: ignore[arg-type]


def test_where_one_pays_at_a_terminal_the_screen_has_its_words() -> None:
    """The words of coins are wrong there."""
    declined = next(trial for trial in TRIALS if trial.name == "declines at pay")
    right = replace(
        _RIGHT,
        text=(_WORDS.text("outcome.code", number=614), _WORDS.text("cashless.money.none_taken")),
        outcome=Outcome.CANCELLED,
        taken=0,
        returned=0,
        sides=0,
    )
    assert list(faults_of(declined, right, _ALL)) == []
    of_coins = replace(right, text=(right.text[0], _WORDS.text("money.none_taken")))
    assert list(faults_of(declined, of_coins, _ALL)) == ["the screen does not say that the money is none taken"]


@given(outcome=st.none() | st.sampled_from(Outcome), taken=st.integers(0, 900), returned=st.integers(0, 900))
def test_paid_iff_printed_holds_for_every_row(outcome: Outcome | None, taken: int, returned: int) -> None:
    """Whatever a row allows, money that does not follow the paper is a fault."""
    if returned > taken:
        taken, returned = returned, taken
    found = replace(_RIGHT, outcome=outcome, taken=taken, returned=returned)
    due = _FEE if outcome in (Outcome.PRINTED, Outcome.IN_DOUBT) else 0
    anything = Trial(breaks=("jam",), at="pay", screen="", money=MoneyFate.RETURNED)
    assert any("are right" in fault for fault in faults_of(anything, found, _ALL)) is (taken - returned != due)
