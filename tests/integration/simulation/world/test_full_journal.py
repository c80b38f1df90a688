"""A kiosk whose disk is full when a visit ends: what is owed is settled once there is room, though nobody comes."""

from __future__ import annotations

import pytest

from konbini.simulation.world.counter.habits import Errand, Habits
from tests.integration.simulation.world.driving import KIOSKS, Caller, drive

pytestmark = pytest.mark.usefixtures("towns")


def test_a_visit_whose_end_finds_no_room_is_closed_when_there_is_some() -> None:
    """Until then the kiosk is out of service, and not a visit that waits for the next person with it."""
    (kiosk, _), world = KIOSKS, drive(seed=1)
    try:
        world.comes(kiosk, Caller(who=0, errand=Errand(), habits=Habits()))
        while not world.count(kiosk, "SELECT count(*) FROM paper_order"):
            world.pass_time(0.5)
        world.goes_wrong(world.hands.fill(kiosk, 300.0))
        world.pass_time(290.0)
        assert world.count(kiosk, "SELECT count(*) FROM visit WHERE ended = 0") == 1
        world.pass_time(120.0)
        assert world.count(kiosk, "SELECT count(*) FROM visit WHERE ended = 0") == 0
        assert world.count(kiosk, "SELECT count(*) FROM receipt WHERE final_index IS NULL") == 0
        assert world.broken == []
    finally:
        world.close()
