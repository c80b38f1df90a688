"""The sums of the money: what balances is accepted, and nothing else exists."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from konbini.kiosk.payment.amounts import MOST_YEN, CashCounts, Ending, Settlement, change, missing

_YEN = st.integers(0, MOST_YEN)


@given(fee=_YEN, escrow=_YEN)
def test_missing_and_change_make_up_the_fee(fee: int, escrow: int) -> None:
    """Either something is missing, or what is kept is the fee exactly."""
    if lacking := missing(fee, escrow):
        assert escrow + lacking == fee
        with pytest.raises(ValueError, match="never captured"):
            change(fee, escrow)
    else:
        assert escrow - change(fee, escrow) == fee


@pytest.mark.parametrize("yen", [-1, MOST_YEN + 1])
def test_impossible_amounts_are_refused(yen: int) -> None:
    """An amount that no visit can have is a defect, on either side."""
    for fee, escrow in ((yen, 0), (0, yen)):
        with pytest.raises(ValueError, match="no amount"):
            missing(fee, escrow)


@given(taken=_YEN, returned=_YEN, owed=_YEN, escrow=_YEN)
def test_a_count_balances_or_does_not_exist(taken: int, returned: int, owed: int, escrow: int) -> None:
    """No count in which more came out than went in."""
    kept = taken - returned - owed - escrow
    if kept < 0:
        with pytest.raises(ValueError, match="balance"):
            CashCounts(taken=taken, returned=returned, owed=owed, escrow=escrow)
    else:
        assert CashCounts(taken=taken, returned=returned, owed=owed, escrow=escrow).kept == kept


@given(ending=st.sampled_from(Ending), taken=_YEN, returned=_YEN, owed=_YEN)
def test_a_settlement_balances_or_does_not_exist(ending: Ending, taken: int, returned: int, owed: int) -> None:
    """What was given back kept nothing; what was captured kept the rest."""
    kept = taken - returned - owed
    assume(kept >= 0)
    if ending is Ending.GIVEN_BACK and kept:
        with pytest.raises(ValueError, match="balance"):
            Settlement(ending=ending, taken=taken, returned=returned, owed=owed)
    else:
        assert Settlement(ending=ending, taken=taken, returned=returned, owed=owed).kept == kept
