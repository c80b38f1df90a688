"""The device's count against the orders: whatever the orders were, one yen beside them is found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.payment.amounts import CashCounts
from konbini.kiosk.payment.reckoning import Reckoning

_YEN = st.integers(0, 1000)
_ORDERS = st.lists(st.tuples(_YEN, _YEN, _YEN), max_size=5)


def _counts(taken: int, returned: int, owed: int, escrow: int = 0) -> CashCounts:
    return CashCounts(taken=taken, returned=returned, owed=owed, escrow=escrow)


@given(orders=_ORDERS, missing=st.sampled_from(((0, 0, 0), (10, 0, 0), (0, -10, 0), (0, 0, -10), (10, 10, 0))))
def test_a_count_agrees_with_its_orders_and_no_others(
    orders: list[tuple[int, int, int]], missing: tuple[int, int, int]
) -> None:
    """Kept, returned and owed of each order move the count; any other movement is a difference, and stays one."""
    reckoning, counts = Reckoning(), [9000, 900, 90]
    assert reckoning.agrees(_counts(*counts))
    for kept, returned, owed in orders:
        taken = kept + returned + owed
        reckoning.note(taken=taken, returned=returned, owed=owed)
        counts = [counts[0] + taken, counts[1] + returned, counts[2] + owed]
    off = [count + by for count, by in zip(counts, missing, strict=True)]
    right = missing == (0, 0, 0)
    assert reckoning.agrees(_counts(*off)) is right
    assert reckoning.agrees(_counts(*off)) is right
    assert reckoning.agrees(_counts(*counts))


def test_an_escrow_that_no_order_knows_is_a_difference() -> None:
    """Between two visits nothing lies between slot and box."""
    reckoning = Reckoning()
    assert reckoning.agrees(_counts(500, 0, 0))
    assert not reckoning.agrees(_counts(600, 0, 0, escrow=100))
