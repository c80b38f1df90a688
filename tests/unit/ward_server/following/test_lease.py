"""The lease against its own definition: it holds exactly while some grant that counts has not run out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.following.lease import Lease
from konbini.ward_server.residents.feed import LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class Grant:
    """A heartbeat: asked when, for how long, speaking of which change."""

    asked_at: float
    seconds: int
    number: int


@dataclass(frozen=True, slots=True)
class Apply:
    """Every change up to a number is applied."""

    number: int


STEPS = st.lists(
    st.one_of(
        st.builds(Grant, st.integers(0, 300).map(float), st.integers(0, 90), st.integers(0, 8)),
        st.builds(Apply, st.integers(0, 8)),
    ),
    max_size=20,
)


def carry_out(lease: Lease, step: Grant | Apply) -> None:
    """Tell the lease of a step."""
    if isinstance(step, Grant):
        lease.granted(asked_at=step.asked_at, seconds=step.seconds, number=step.number)
    else:
        lease.applied(step.number)


@given(steps=STEPS, now=st.integers(0, 400).map(float))
def test_it_never_holds_without_a_grant_that_counts(steps: list[Grant | Apply], now: float) -> None:
    """A grant counts when all that it speaks of is applied, for 60 seconds at most from the asking."""
    lease = Lease()
    for step in steps:
        carry_out(lease, step)
    applied = max((step.number for step in steps if isinstance(step, Apply)), default=0)
    counting = [step for step in steps if isinstance(step, Grant) and step.number <= applied]
    if lease.holds(now):
        assert any(now < grant.asked_at + min(grant.seconds, LEASE_SECONDS) for grant in counting)


@given(steps=STEPS, seconds=st.integers(1, 90), number=st.integers(0, 8))
def test_the_newest_grant_counts_as_soon_as_its_changes_are_applied(
    steps: list[Grant | Apply], seconds: int, number: int
) -> None:
    """Whatever came before."""
    lease = Lease()
    for step in steps:
        carry_out(lease, step)
    lease.granted(asked_at=500.0, seconds=seconds, number=number)
    lease.applied(number)
    assert lease.holds(500.0)
    assert not lease.holds(500.0 + LEASE_SECONDS)


@given(before=STEPS, after=STEPS, now=st.integers(0, 400).map(float))
def test_a_broken_feed_ends_it_for_good(before: list[Grant | Apply], after: list[Grant | Apply], now: float) -> None:
    """No later grant counts: a feed that broke once is not believed again by itself."""
    lease = Lease()
    for step in before:
        carry_out(lease, step)
    lease.broken(Code.FEED_GAP)
    for step in after:
        carry_out(lease, step)
        assert not lease.holds(now)


@given(before=STEPS, seconds=st.integers(1, 90), number=st.integers(0, 8))
def test_a_mended_feed_is_granted_anew(before: list[Grant | Apply], seconds: int, number: int) -> None:
    """Only grants from after the mending count, from where the re-taken copy stands."""
    lease = Lease()
    for step in before:
        carry_out(lease, step)
    lease.broken(Code.REGISTRY_RENEWED)
    with pytest.raises(Refused) as caught:
        lease.check(0.0)
    assert caught.value.code is Code.REGISTRY_RENEWED
    lease.mended(number)
    assert not lease.holds(0.0)
    lease.granted(asked_at=500.0, seconds=seconds, number=number)
    assert lease.holds(500.0)


def test_nothing_is_granted_at_the_start() -> None:
    """It refuses by name."""
    with pytest.raises(Refused) as caught:
        Lease().check(0.0)
    assert caught.value.code is Code.WARD_NOT_CURRENT
