"""What is wrong stands on top: the time-stamp service, and one problem of each thing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.clerk.calls import ClerkCondition, StampsCondition
from konbini.ward_server.console.standing import Gravity, problems
from konbini.ward_server.issuing.view import Health, LiveView

NOW = 1_795_143_600_000
CLERK = ClerkCondition(
    stopped=0, broken=0, current=True, number=7, outage_ends=0, reconciled=NOW, differences=0, stamps=None
)
HEALTH = Health(
    stop_code=0,
    current=True,
    feed_number=7,
    heard=NOW,
    feed_broken=0,
    retaking=False,
    outage=None,
    reconciled=NOW,
    differences=0,
    clerk=CLERK,
    link_up=True,
    open_now=True,
)
VIEW = LiveView(
    now=NOW,
    health=HEALTH,
    under_way=0,
    printed=0,
    fees=0,
    unsettled=0,
    cases=0,
    barred=(),
    outage_issued=0,
    outage_waiting=0,
    outage_differ=0,
    differences=(),
    newest=(),
    kiosks=(),
    steps_since=NOW,
    steps=(),
    hours=(0,) * 24,
    by_kiosk=(),
    by_kind=(),
    refusals=(),
)


def with_clerk(clerk: ClerkCondition) -> LiveView:
    """Give a view in which all is well but what the clerk says."""
    return replace(VIEW, health=replace(HEALTH, clerk=clerk))


@pytest.mark.parametrize(
    ("stamps", "silent"),
    [
        (None, False),
        (StampsCondition(answered=0, failed=0, failures=0), False),
        (StampsCondition(answered=NOW, failed=0, failures=0), False),
        (StampsCondition(answered=NOW - 1, failed=NOW, failures=1), False),
        (StampsCondition(answered=NOW - 1, failed=NOW, failures=2), True),
        (StampsCondition(answered=0, failed=NOW, failures=9), True),
    ],
)
def test_a_silent_time_stamp_service_stops_where_papers_need_it(
    stamps: StampsCondition | None, *, silent: bool
) -> None:
    """Not where none is used, and one answer that was lost is none; the clerk serves exactly where nothing is wrong."""
    view = with_clerk(replace(CLERK, stamps=stamps))
    found = problems(view)
    expected = [("time_stamps_silent", Gravity.STOPS, Code.TIME_STAMP_UNAVAILABLE)] if silent else []
    assert [(one.word, one.gravity, one.code) for one in found] == expected
    assert view.health.clerk_serves is not silent


def test_it_is_shown_beside_what_else_is_wrong_at_the_clerk() -> None:
    """A stop and a lease that ran out hide no silence."""
    stamps = StampsCondition(answered=0, failed=NOW, failures=2)
    found = problems(with_clerk(replace(CLERK, stopped=int(Code.PAGE_MISMATCH), current=False, stamps=stamps)))
    assert [one.word for one in found] == ["clerk_stopped", "time_stamps_silent", "clerk_no_lease"]
