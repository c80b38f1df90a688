"""Roles and rights: they begin, end, and do not all go together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.console.rights import ALL, Right, Role, check_span, check_together, rights_in, roles_on

DAYS = st.integers(1, 28).map(lambda day: 20261200 + day)


def right(begins: int, ends: int, withdrawn: int = 0, role: Role = Role.ENTRY) -> Right:
    """Give a right of somebody."""
    return Right(
        right_id="r",
        person="aoki",
        role=role,
        begins=begins,
        ends=ends,
        entered_by="sato",
        agreed_by="suzuki",
        withdrawn=withdrawn,
    )


@given(DAYS, DAYS, DAYS, st.one_of(st.just(0), DAYS))
def test_a_right_holds_between_its_days_alone(begins: int, ends: int, day: int, withdrawn: int) -> None:
    """From its first to its last, and from the day of its withdrawal on not at all."""
    held = roles_on([right(begins, ends, withdrawn)], day)
    assert bool(held) is (begins <= day <= ends and (not withdrawn or day < withdrawn))


@given(st.sets(st.sampled_from(sorted(ALL))))
def test_whoever_checks_or_maintains_has_nothing_else(roles: set[Role]) -> None:
    """Audit and maintenance alone, all others in any company."""
    if len(roles) > 1 and roles & {Role.AUDIT, Role.MAINTENANCE}:
        with pytest.raises(Refused) as refusal:
            check_together(roles)
        assert refusal.value.code is Code.CHANGE_INVALID
    else:
        check_together(roles)


@pytest.mark.parametrize(
    ("begins", "ends"), [(20261119, 20261231), (20261201, 20261130), (20261120, 20271122), (20270101, 20280103)]
)
def test_a_right_without_sense_is_refused(begins: int, ends: int) -> None:
    """Begun yesterday, ended before it begins, longer than a year."""
    with pytest.raises(Refused):
        check_span(begins, ends, 20261120)


def test_a_month_lists_what_held_on_any_of_its_days() -> None:
    """Withdrawn on its first day is of no month; one that ends on the first is of that month."""
    listed = (right(20261120, 20270101), right(20270105, 20270105), right(20261120, 20270331, 20270101))
    assert list(rights_in((*listed, right(20261201, 20261231, 20261201)), 202701)) == list(listed[:2])
