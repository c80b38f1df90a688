"""The judge of the paper, over every combination that can be told apart."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.printing.outcome import Claim, Observation, Outcome, OutcomeKind, Stillness, judge

_BEFORE = 100


def _judged(*, moved: int, due: int, sent: bool, settled: bool, fault: bool) -> Outcome:
    claim = Claim(before=_BEFORE, due=due, sent=sent, fault_seen=fault)
    return judge(claim, Observation(impressions=_BEFORE + moved, settled=settled))


def _due_outcome(*, moved: int, due: int, sent: bool, settled: bool, fault: bool) -> OutcomeKind:
    """The rule as the design says it, written as a table rather than as code in order."""
    table = {
        OutcomeKind.PRINTED: moved == due and sent,
        OutcomeKind.VOID: moved == 0 and settled,
        OutcomeKind.JAM: 0 < moved < due and settled and fault,
    }
    true = [kind for kind, holds in table.items() if holds]
    assert len(true) <= 1, "two outcomes at once"
    return true[0] if true else OutcomeKind.IN_DOUBT


def test_every_combination_follows_the_table() -> None:
    """All pages, all flags, for documents of one to four pages and counters from back to beyond."""
    flags = (False, True)
    for due in range(1, 5):
        for moved, sent, settled, fault in itertools.product(range(-2, due + 3), flags, flags, flags):
            outcome = _judged(moved=moved, due=due, sent=sent, settled=settled, fault=fault)
            expected = _due_outcome(moved=moved, due=due, sent=sent, settled=settled, fault=fault)
            assert outcome.kind is expected, (moved, due, sent, settled, fault)
            assert outcome.pages == max(moved, 0)


@given(
    moved=st.integers(-_BEFORE, 200), due=st.integers(1, 100), sent=st.booleans(), settled=st.booleans(),
    fault=st.booleans(),
)  # fmt: skip
def test_only_printed_is_final_before_the_printer_rests(
    *,
    moved: int,
    due: int,
    sent: bool,
    settled: bool,
    fault: bool,
) -> None:
    """While a job is held or the counter moves, nothing but printed is final; at any size."""
    outcome = _judged(moved=moved, due=due, sent=sent, settled=settled, fault=fault)
    if outcome.final and not settled:
        assert outcome.kind is OutcomeKind.PRINTED
    if outcome.kind is OutcomeKind.PRINTED:
        assert moved == due
        assert sent
    if moved < 0 or moved > due:
        assert outcome.kind is OutcomeKind.IN_DOUBT


@given(readings=st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.floats(0, 5)), min_size=1, max_size=30))
def test_stillness_counts_only_unmoved_empty_readings(readings: list[tuple[int, bool, float]]) -> None:
    """The seconds given are those since the last reading that held a job or moved the counter."""
    stillness, moment, since, impressions = Stillness(), 0.0, 0.0, 0
    held_last, first = False, True
    for moved, held, step in readings:
        moment += step
        impressions += moved
        if first or held_last or moved:
            since = moment
        first, held_last = False, held
        got = stillness.note(impressions=impressions, jobs_held=int(held), moment=moment)
        assert got == pytest.approx(0.0 if held else moment - since)


def test_a_silence_breaks_stillness() -> None:
    """A printer that did not answer may have been switched off and on: rest is counted anew."""
    stillness = Stillness()
    stillness.note(impressions=5, jobs_held=0, moment=0.0)
    assert stillness.note(impressions=5, jobs_held=0, moment=4.0) == 4.0
    stillness.forget()
    assert stillness.note(impressions=5, jobs_held=0, moment=9.0) == 0.0


@pytest.mark.parametrize(("before", "due"), [(-1, 1), (0, 0)])
def test_a_claim_without_a_page_or_a_counter_is_refused(before: int, due: int) -> None:
    """Nonsense never reaches the judge."""
    with pytest.raises(ValueError, match="claim"):
        Claim(before=before, due=due, sent=True, fault_seen=False)
