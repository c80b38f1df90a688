"""The comparison of a day and the figures of days: pure, exact between kiosk and ledger, bounded by the center."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.accounts import DayFigures, KioskCount
from konbini.protocol.kinds import CertificateKind, Outcome
from konbini.ward_server.issuing.accounts import CenterSide, LedgerDay, compare
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from konbini.ward_server.issuing.ledger.orders import OrderRow
from konbini.ward_server.issuing.reports import FigureLine, by_month, report, to_csv

EXACT = ("cancelled", "printed", "void", "jam", "in_doubt", "taken", "returned", "owed")
FIGURES = DayFigures(
    kiosk="K-0001",
    ward="131997",
    day=20261120,
    visits=3,
    cancelled=1,
    printed=2,
    void=1,
    jam=0,
    in_doubt=1,
    taken=900,
    returned=300,
    owed=0,
)
LEDGER = LedgerDay(visits=4, ordered=3, unsettled=0, kept=400, fees=400, said=replace(FIGURES, visits=4))
SEEN = CenterSide(spoke=True, counts=KioskCount(kiosk="K-0001", ordered=3, finished=3))


def test_what_agrees_names_nothing() -> None:
    """A visit whose menu never reached its kiosk is the ledger's alone, and no difference."""
    assert compare(FIGURES, SEEN, LEDGER) == ()
    assert compare(FIGURES, None, LEDGER) == ()


@given(name=st.sampled_from(EXACT), other=st.integers(min_value=0, max_value=1_000_000))
def test_kiosk_and_ledger_agree_to_the_order_and_the_yen(name: str, other: int) -> None:
    """Whatever else the kiosk says of one of them is named, and nothing but that one."""
    found = compare(replace(FIGURES, **{name: other}), SEEN, LEDGER)  # type: ignore[arg-type] # a field by name
    ours = getattr(FIGURES, name)
    assert found == (() if other == ours else (f"{name}: kiosk {other}, ledger {ours}",))


@given(
    ordered=st.integers(min_value=0, max_value=9),
    finished=st.integers(min_value=0, max_value=9),
    visits=st.integers(min_value=3, max_value=9),
    mine=st.integers(min_value=0, max_value=3),
    unsettled=st.integers(min_value=0, max_value=3),
)
def test_the_center_bounds_the_ledger(ordered: int, finished: int, visits: int, mine: int, unsettled: int) -> None:
    """Nothing was issued that did not pass, nothing passed that is unknown here, nothing finished there is open."""
    center = CenterSide(spoke=True, counts=KioskCount(kiosk="K-0001", ordered=ordered, finished=min(finished, ordered)))
    ledger = replace(LEDGER, visits=visits, ordered=mine, unsettled=unsettled)
    agrees = mine <= ordered <= visits and unsettled <= ordered - min(finished, ordered)
    assert (compare(FIGURES, center, ledger) == ()) is agrees


def test_who_said_nothing() -> None:
    """A kiosk without an order has nothing to say; a center always has."""
    silent = CenterSide(spoke=False, counts=None)
    assert compare(None, silent, LEDGER) == ("no figures of the kiosk", "no counts of the center")
    nothing = replace(FIGURES, **dict.fromkeys(EXACT, 0))  # type: ignore[arg-type] # fields by name
    empty = replace(LEDGER, ordered=0, kept=0, fees=0, said=nothing)
    assert compare(None, CenterSide(spoke=True, counts=None), empty) == ()


def test_paid_iff_printed_is_looked_at_too() -> None:
    """Money that stayed and is no paper's."""
    assert compare(FIGURES, SEEN, replace(LEDGER, kept=500)) == ("kept 500 yen for papers of 400",)


def order(outcome: Outcome | None = Outcome.PRINTED, **changes: int | str | IssuanceState) -> OrderRow:
    """Give an order of a paper for 300 yen."""
    made = OrderRow(
        day=20261120,
        kiosk="K-0001",
        kind=int(CertificateKind.RESIDENT_RECORD),
        fee=300,
        state=IssuanceState.SETTLED,
        outcome=outcome,
        taken=300,
        returned=0 if outcome is Outcome.PRINTED else 300,
        owed=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("one", "counted"),
    [
        (order(), {"printed": 1, "fees": 300}),
        (order(Outcome.VOID), {"void": 1, "returned": 300}),
        (order(Outcome.JAM, returned=0, owed=300), {"jam": 1, "owed": 300}),
        (order(Outcome.CANCELLED), {"cancelled": 1, "returned": 300}),
        (order(Outcome.IN_DOUBT, returned=0), {"in_doubt": 1}),
        (order(None, state=IssuanceState.ISSUED, taken=0, returned=0), {"in_doubt": 1}),
        (order(None, state=IssuanceState.VOID, taken=0, returned=0), {"void": 1}),
    ],
)
def test_an_order_is_counted_once_under_what_became_of_it(one: OrderRow, counted: dict[str, int]) -> None:
    """Money that nobody knows of yet is no fee."""
    (line,) = report([one])
    assert line == FigureLine(day=20261120, kiosk="K-0001", kind=1, **counted)


@given(
    st.lists(
        st.builds(
            order,
            st.none() | st.sampled_from(Outcome),
            day=st.sampled_from((20261120, 20261121, 20261201)),
            kiosk=st.sampled_from(("K-0001", "K-0002")),
            kind=st.sampled_from((0, 1, 3)),
        ),
        max_size=30,
    )
)
def test_nothing_is_lost_in_a_sum(orders: list[OrderRow]) -> None:
    """Days and months count as many orders and yen as there are, each in one line; CSV says the same."""
    days = report(orders)
    for lines in (days, by_month(days)):
        assert len({(line.day, line.kiosk, line.kind) for line in lines}) == len(lines)
        counts = ("printed", "void", "jam", "cancelled", "in_doubt")
        assert sum(getattr(line, name) for line in lines for name in counts) == len(orders)
        assert sum(line.returned for line in lines) == sum(one.returned for one in orders)
        read = list(csv.DictReader(io.StringIO(to_csv(lines))))
        assert [
            {name: str(getattr(line, name)) for name in (field.name for field in fields(line))} for line in lines
        ] == read
    assert {line.day for line in by_month(days)} == {one.day // 100 for one in orders}
