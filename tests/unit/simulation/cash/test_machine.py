"""The coin device's rules, step by step and along every path: no yen comes from nowhere or goes there."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from konbini.kiosk.payment.amounts import Ending, Settlement
from konbini.simulation.cash import machine as steps
from konbini.simulation.cash.coins import KINDS, NOTHING, Coins, choose
from konbini.simulation.cash.machine import Machine, Said
from konbini.simulation.cash.memory import Memory

_HOPPER = Coins(counts=(0, 2, 5, 2, 5))
_KEYS = [bytes((n,)) * 16 for n in range(1, 5)]
_SMALL = st.tuples(st.just(0), st.integers(0, 2), st.integers(0, 3), st.integers(0, 2), st.integers(0, 4))


def _paid_out(machine: Machine) -> Machine:
    while machine.payout is not None:
        machine = steps.drop_coin(machine)
    return machine


@given(counts=_SMALL, yen=st.integers(0, 200).map(lambda tens: tens * 10))
def test_the_hopper_pays_the_most_that_it_can(counts: tuple[int, ...], yen: int) -> None:
    """Compared with every set of coins that the hopper could give."""
    ways = itertools.product(*(range(count + 1) for count in counts))
    best = max(paid for way in ways if (paid := Coins(counts=tuple(way)).yen) <= yen)
    chosen = choose(yen, Coins(counts=counts))
    assert chosen.yen == best
    assert all(taken <= there for taken, there in zip(chosen.counts, counts, strict=True))


def test_an_ordinary_payment() -> None:
    """A fee of 300 from a 500-yen coin: the slot shuts, 200 come back."""
    machine = steps.insert(steps.ask(Machine(hopper=_HOPPER), 300, _KEYS[0]), 500)
    with pytest.raises(Said, match="SHUT"):
        steps.insert(machine, 10)
    machine = _paid_out(steps.capture(machine, _KEYS[0], 300, stuck=False))
    assert machine.end_of(_KEYS[0]) == Settlement(ending=Ending.CAPTURED, taken=500, returned=200, owed=0)
    assert (machine.counts.kept, machine.dish, machine.asking) == (300, 200, None)


def test_change_that_cannot_be_paid_is_owed() -> None:
    """A hopper that was emptied meanwhile and a thousand-yen note: the fee is kept, the rest goes on a slip."""
    full = Machine(hopper=Coins.of(*(100,) * 10))
    machine = replace(steps.insert(steps.ask(full, 300, _KEYS[0]), 1000), hopper=NOTHING)
    machine = _paid_out(steps.capture(machine, _KEYS[0], 300, stuck=False))
    assert machine.end_of(_KEYS[0]) == Settlement(ending=Ending.CAPTURED, taken=1000, returned=0, owed=700)
    assert (machine.counts.kept, machine.counts.owed) == (300, 700)


def test_an_escrow_comes_back_in_the_same_pieces() -> None:
    """Also a note, which no hopper pays out; only a stuck motor keeps it."""
    asked = steps.ask(Machine(hopper=NOTHING), 1200, _KEYS[0])
    held = steps.insert(steps.insert(asked, 1000), 100)
    back = _paid_out(steps.give_back(held, _KEYS[0], stuck=False))
    assert back.end_of(_KEYS[0]) == Settlement(ending=Ending.GIVEN_BACK, taken=1100, returned=1100, owed=0)
    kept = _paid_out(steps.give_back(held, _KEYS[0], stuck=True))
    assert kept.end_of(_KEYS[0]) == Settlement(ending=Ending.GIVEN_BACK, taken=1100, returned=0, owed=1100)
    assert back.counts.kept == kept.counts.kept == 0


def test_the_first_end_stays() -> None:
    """Captured and asked back, given back and captured: the second word changes nothing."""
    held = steps.insert(steps.ask(Machine(hopper=_HOPPER), 100, _KEYS[0]), 100)
    captured = _paid_out(steps.capture(held, _KEYS[0], 100, stuck=False))
    assert steps.give_back(captured, _KEYS[0], stuck=False) is captured
    returned = _paid_out(steps.give_back(held, _KEYS[0], stuck=False))
    assert steps.capture(returned, _KEYS[0], 100, stuck=False) is returned
    assert steps.carry(returned, _KEYS[0], 100, _KEYS[1]) is returned


def test_orders_paid_together_end_one_by_one() -> None:
    """Three fees of 300 from a thousand-yen note: each is kept by itself, the change falls with the last."""
    machine = steps.insert(steps.ask(Machine(hopper=_HOPPER), 900, _KEYS[0]), 1000)
    for key, following in itertools.pairwise(_KEYS[:3]):
        machine = steps.carry(machine, key, 300, following)
        assert machine.end_of(key) == Settlement(ending=Ending.CAPTURED, taken=300, returned=0, owed=0)
        assert (machine.payout, machine.dish) == (None, 0)
    assert machine.asking is not None
    assert (machine.asking.key, machine.asking.escrow, machine.counts.kept) == (_KEYS[2], 400, 600)
    machine = _paid_out(steps.capture(machine, _KEYS[2], 300, stuck=False))
    assert machine.end_of(_KEYS[2]) == Settlement(ending=Ending.CAPTURED, taken=400, returned=100, owed=0)
    assert (machine.counts.kept, machine.dish) == (900, 100)


def test_what_was_not_earned_of_a_sum_comes_back() -> None:
    """The second of two fails: one fee is kept, the other comes back, whatever pieces were put in."""
    machine = steps.insert(steps.ask(Machine(hopper=_HOPPER), 600, _KEYS[0]), 1000)
    machine = steps.carry(machine, _KEYS[0], 300, _KEYS[1])
    back = _paid_out(steps.give_back(machine, _KEYS[1], stuck=False))
    assert back.end_of(_KEYS[1]) == Settlement(ending=Ending.GIVEN_BACK, taken=700, returned=700, owed=0)
    assert (back.counts.kept, back.dish) == (300, 700)
    stuck = _paid_out(steps.give_back(machine, _KEYS[1], stuck=True))
    assert (stuck.counts.kept, stuck.counts.owed) == (300, 700)


@pytest.mark.parametrize(
    ("fee", "following", "word"),
    [(600, _KEYS[1], "SHORT"), (700, _KEYS[1], "SHORT"), (300, _KEYS[0], "SPENT"), (300, _KEYS[3], "SPENT")],
)
def test_nothing_is_carried_to_nowhere(fee: int, following: bytes, word: str) -> None:
    """Not all of a sum, not more than it, not to the same order, not to one that is over."""
    machine = _paid_out(steps.give_back(Machine(hopper=_HOPPER), _KEYS[3], stuck=False))
    machine = steps.insert(steps.insert(steps.ask(machine, 600, _KEYS[0]), 500), 100)
    with pytest.raises(Said, match=word):
        steps.carry(machine, _KEYS[0], fee, following)


def test_a_late_command_never_touches_the_next_asking() -> None:
    """A dead visit's key cannot capture, return or reopen anything once another asking is open."""
    machine = _paid_out(steps.give_back(Machine(hopper=_HOPPER), _KEYS[0], stuck=False))
    machine = steps.insert(steps.ask(machine, 100, _KEYS[1]), 100)
    with pytest.raises(Said, match="SPENT"):
        steps.ask(machine, 100, _KEYS[0])
    with pytest.raises(Said, match="UNKNOWN"):
        steps.capture(machine, _KEYS[2], 100, stuck=False)
    assert steps.give_back(machine, _KEYS[0], stuck=False) is machine
    assert machine.asking is not None
    assert machine.asking.enough


@pytest.mark.parametrize("fee", [0, -1, 100_001])
def test_no_asking_for_an_impossible_fee(fee: int) -> None:
    """Nothing, less than nothing, more than any visit costs."""
    with pytest.raises(Said, match="FEE"):
        steps.ask(Machine(hopper=_HOPPER), fee, _KEYS[0])


class _Life(RuleBasedStateMachine):
    """Every order of commands and coins, with the power cut between any two steps."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.memory = Memory(Path(self.folder.name) / "memory")
        self.machine = Machine(hopper=_HOPPER)

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(key=st.sampled_from(_KEYS), fee=st.sampled_from([10, 200, 300, 450, 1200]))
    def ask(self, key: bytes, fee: int) -> None:
        with suppress(Said):
            self.machine = steps.ask(self.machine, fee, key)

    @rule(piece=st.sampled_from([*KINDS, 1, 5, 2000]))
    def insert(self, piece: int) -> None:
        try:
            self.machine = steps.insert(self.machine, piece)
        except Said:
            return
        assert piece in KINDS

    @rule(key=st.sampled_from(_KEYS), fee=st.sampled_from([10, 200, 300, 450]), stuck=st.booleans())
    def capture(self, key: bytes, fee: int, *, stuck: bool) -> None:
        with suppress(Said):
            self.machine = steps.capture(self.machine, key, fee, stuck=stuck)

    @rule(key=st.sampled_from(_KEYS), fee=st.sampled_from([10, 200, 300, 450]), following=st.sampled_from(_KEYS))
    def carry(self, key: bytes, fee: int, following: bytes) -> None:
        with suppress(Said):
            self.machine = steps.carry(self.machine, key, fee, following)

    @rule(key=st.sampled_from(_KEYS), stuck=st.booleans())
    def give_back(self, key: bytes, *, stuck: bool) -> None:
        self.machine = steps.give_back(self.machine, key, stuck=stuck)

    @precondition(lambda self: self.machine.payout is not None)
    @rule()
    def drop_coin(self) -> None:
        self.machine = steps.drop_coin(self.machine)

    @rule()
    def cut_the_power(self) -> None:
        self.memory.keep(self.machine)
        assert self.memory.load() == self.machine
        self.machine = self.memory.load()

    @invariant()
    def every_yen_is_somewhere(self) -> None:
        """Hopper, box, escrow and the coins about to fall hold what was there and came in, less what went out."""
        pending = sum(self.machine.payout.pieces) if self.machine.payout else 0
        inside = self.machine.hopper.yen + self.machine.box + self.machine.escrow.yen + pending
        assert inside == _HOPPER.yen + self.machine.taken - self.machine.returned

    @invariant()
    def what_is_kept_is_the_fees_captured(self) -> None:
        """The count alone proves the ledger: kept = the fees of the askings that were captured."""
        over = {ended.key: ended.settlement for ended in self.machine.ends}
        if self.machine.payout is not None:
            over[self.machine.payout.ended.key] = self.machine.payout.ended.settlement
        assert self.machine.counts.kept == sum(settlement.kept for settlement in over.values())


TestLife = _Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
