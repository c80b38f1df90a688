"""The cabinet: open without a maintainer is forced, and stays so until it is shut and a maintainer has looked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.maintenance.cabinet import Cabinet, after, code_of, confirmed
from konbini.protocol.errors import Code

looks = st.lists(st.tuples(st.booleans(), st.booleans()))


@given(looks)
def test_forced_is_forced_until_it_is_confirmed(seen: list[tuple[bool, bool]]) -> None:
    """Whatever the switch says and whoever signs in."""
    cabinet, forced = Cabinet.SHUT, False
    for is_open, attended in seen:
        cabinet = after(cabinet, is_open=is_open, attended=attended)
        forced |= is_open and not attended
        assert (cabinet is Cabinet.FORCED) is forced
        assert code_of(cabinet) is not None or not is_open, "no visit while the door is open"


def test_what_each_look_means() -> None:
    """The table."""
    assert after(Cabinet.SHUT, is_open=False, attended=False) is Cabinet.SHUT
    assert after(Cabinet.SHUT, is_open=True, attended=True) is Cabinet.SERVICED
    assert after(Cabinet.SERVICED, is_open=False, attended=False) is Cabinet.SHUT, "back by itself"
    assert after(Cabinet.SERVICED, is_open=True, attended=False) is Cabinet.FORCED, "left open by whoever signed in"
    assert code_of(Cabinet.SERVICED) is Code.UNDER_MAINTENANCE
    assert code_of(Cabinet.FORCED) is Code.CABINET_OPEN


def test_a_person_confirms_a_shut_door_alone() -> None:
    """Not one that stands open; and nothing where there is nothing to confirm."""
    assert confirmed(Cabinet.FORCED, is_open=True) is Cabinet.FORCED
    assert confirmed(Cabinet.FORCED, is_open=False) is Cabinet.SHUT
    assert confirmed(Cabinet.SERVICED, is_open=True) is Cabinet.SERVICED
