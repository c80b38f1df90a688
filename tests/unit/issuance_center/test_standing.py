"""How far a visit has come, and how often a name may do something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.standing import Phase, Standing, phase_after, standing
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind

OPEN, ORDER, DOCUMENT = MessageKind.OPEN, MessageKind.ORDER, MessageKind.DOCUMENT
RECEIPT, FINAL, ASK = MessageKind.RECEIPT, MessageKind.FINAL, MessageKind.ASK


def after(*kinds: MessageKind) -> Phase:
    """Give the phase after these frames."""
    phase = Phase.NOTHING_ORDERED
    for kind in kinds:
        phase = phase_after(phase, kind)
    return phase


@pytest.mark.parametrize(
    ("kinds", "now", "when_over"),
    [
        ((), Standing.FINISHED, Standing.FINISHED),
        ((OPEN, MessageKind.MENU), Standing.FINISHED, Standing.FINISHED),
        ((OPEN, ORDER), Standing.NOT_FINISHED, Standing.IN_DOUBT),
        ((OPEN, ORDER, DOCUMENT), Standing.NOT_FINISHED, Standing.IN_DOUBT),
        ((OPEN, ORDER, DOCUMENT, RECEIPT), Standing.NOT_FINISHED, Standing.IN_DOUBT),
        ((OPEN, ORDER, DOCUMENT, RECEIPT, FINAL), Standing.FINISHED, Standing.FINISHED),
        ((OPEN, ORDER, DOCUMENT, RECEIPT, ORDER, FINAL), Standing.NOT_FINISHED, Standing.IN_DOUBT),
        ((OPEN, ORDER, DOCUMENT, ASK), Standing.IN_DOUBT, Standing.IN_DOUBT),
        ((OPEN, ORDER, DOCUMENT, ASK, RECEIPT, FINAL), Standing.FINISHED, Standing.FINISHED),
        ((OPEN, ORDER, RECEIPT, FINAL, ORDER, DOCUMENT, RECEIPT, FINAL), Standing.FINISHED, Standing.FINISHED),
    ],
)
def test_what_the_kinds_tell(kinds: tuple[MessageKind, ...], now: Standing, when_over: Standing) -> None:
    """While the visit lives, and when its time is over."""
    assert standing(after(*kinds), over=False) is now
    assert standing(after(*kinds), over=True) is when_over


@given(st.lists(st.sampled_from(MessageKind)))
def test_finished_means_nothing_ordered_or_a_final_after_the_last_order(kinds: list[MessageKind]) -> None:
    """Whatever passed: an order with no FINAL behind it is never counted as finished."""
    if standing(after(*kinds), over=False) is Standing.FINISHED:
        last_order = max((place for place, kind in enumerate(kinds) if kind is ORDER), default=-1)
        assert last_order == -1 or FINAL in kinds[last_order:]


def test_a_window_counts_and_forgets() -> None:
    """Two within ten seconds, each name for itself; one of before a restart counts."""
    window = Window(10)
    window.restore("a", 95)
    window.spend("a", 2, 100)
    window.spend("b", 2, 100)
    with pytest.raises(Refused) as refused:
        window.spend("a", 2, 104)
    assert refused.value.code is Code.QUOTA
    window.spend("a", 2, 105)
    with pytest.raises(ValueError, match="length"):
        Window(0)
