"""What people want and how they go about it is drawn from a seed, and shows every way of it."""

from __future__ import annotations

import random

from konbini.kiosk.session.flow import Event, knows
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.world.counter.habits import Habits, draw_errand, draw_habits

KINDS = (CertificateKind.RESIDENT_RECORD, CertificateKind.SEAL_REGISTRATION)
PEOPLE = 2_000


def _drawn(seed: int) -> list[Habits]:
    chance = random.Random(seed)  # noqa: S311 - habits are no secret
    return [draw_habits(chance) for _ in range(PEOPLE)]


def test_a_seed_gives_the_same_people() -> None:
    """Two draws of one seed are alike, of two seeds are not."""
    assert _drawn(1) == _drawn(1) != _drawn(2)


def test_each_habit_is_had_by_somebody_and_none_by_most() -> None:
    """A run of some thousand people meets all of them."""
    people, plain = _drawn(3), Habits()
    for name in Habits.__dataclass_fields__:
        otherwise = sum(getattr(one, name) != getattr(plain, name) for one in people)
        assert otherwise > 0 or name == "think", name
        assert otherwise < PEOPLE / 2 or name in ("language", "coins"), name
    assert all(one.cancels_at is None or knows(one.cancels_at, Event.CANCEL) for one in people)


def test_an_errand_asks_for_what_it_can() -> None:
    """What is paid together is a part of what is wanted."""
    chance = random.Random(4)  # noqa: S311 - nor are errands
    errands = [draw_errand(chance, KINDS) for _ in range(PEOPLE)]
    assert all(1 <= one.together <= len(one.kinds) and set(one.kinds) <= set(KINDS) for one in errands)
    assert {len(one.kinds) for one in errands} == {1, 2, 3}
    assert any(one.lists for one in errands)
