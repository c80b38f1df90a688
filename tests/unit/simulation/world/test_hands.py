"""Hands on a world: what they do for a while is undone, at its end or when it is broken off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from konbini.simulation.cash.running import RejectedError
from konbini.simulation.printer.jobs import Lie
from konbini.simulation.world.clocks import WorldClock, true_time
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.witness import Flow, Records
from konbini.simulation.world.faults import Faults, Rates, Trouble
from konbini.simulation.world.hands import Hands
from konbini.simulation.world.processes import Process
from tests.unit.simulation.world.worlds import in_world

_KIOSK = "K-0001"
_LINK = ("issuing 131997", "center")
_OWN = (
    *(Trouble.LATE, Trouble.CUT, Trouble.SPOILT, Trouble.CRASH_AT_COMMIT),
    *(Trouble.LOST, Trouble.REPEATED, Trouble.REORDERED, Trouble.ALTERED, Trouble.MISDIRECTED),
)


def _hands() -> Hands:
    return Hands(
        faults=Faults(Rates(), random.Random(1)),  # noqa: S311 - a simulation's
        services={},
        clocks={"center": WorldClock()},
        links=[_LINK],
        counters={_KIOSK: Counter(Flow(kiosk=_KIOSK, witness=Records()), WorldClock())},
    )


def _is_parted(hands: Hands) -> bool:
    one, other = (Process(name=name) for name in _LINK)
    return hands.faults.delay(one, other, near=False) is None


def _is_full(hands: Hands) -> bool:
    return hands.faults.refuses(Process(name="center"))


def _is_wrong(hands: Hands) -> bool:
    return hands.clocks["center"].now() != true_time()


def _spoils(hands: Hands) -> bool:
    one = Process(name="center")
    return hands.faults.spoils(one, one, near=False)


def _is_dishonest(hands: Hands) -> bool:
    return bool(hands.faults.dishonest())


def _hinders(hands: Hands) -> bool:
    printer = hands.counters[_KIOSK].printer
    printer.feed(0)
    return bool(printer.reasons)


def _lies(hands: Hands) -> bool:
    return hands.counters[_KIOSK].printer.lies == (Lie.COUNTS_TWICE,)


def _is_silent(hands: Hands) -> bool:
    return hands.counters[_KIOSK].printer.silent


_TROUBLES: list[tuple[Callable[[Hands], Coroutine[Any, Any, None]], Callable[[Hands], bool]]] = [
    (lambda hands: hands.part(_LINK, 10.0), _is_parted),
    (lambda hands: hands.fill("center", 10.0), _is_full),
    (lambda hands: hands.set_wrong("center", 60_000, 10.0), _is_wrong),
    (lambda hands: hands.stop_clock("center", 10.0), _is_wrong),
    (lambda hands: hands.jam_printer(_KIOSK, 10.0), _hinders),
    (lambda hands: hands.empty_tray(_KIOSK, 10.0), _hinders),
    (lambda hands: hands.let_lie(_KIOSK, Lie.COUNTS_TWICE, 10.0), _lies),
    (lambda hands: hands.silence_printer(_KIOSK, 10.0), _is_silent),
    (lambda hands: hands.let_come(Trouble.SPOILT, 1.0, 10.0), _spoils),
    (lambda hands: hands.let_come(Trouble.ALTERED, 1.0, 10.0), _is_dishonest),
]


@pytest.mark.parametrize("broken_off", [False, True])
@pytest.mark.parametrize(("trouble", "shows"), _TROUBLES)
def test_it_shows_for_a_while(
    trouble: Callable[[Hands], Coroutine[Any, Any, None]],
    shows: Callable[[Hands], bool],
    broken_off: bool,  # noqa: FBT001 - which of the two
) -> None:
    """And not before, nor afterwards."""

    async def live() -> list[bool]:
        hands = _hands()
        seen = [shows(hands)]
        going = asyncio.create_task(trouble(hands))
        await asyncio.sleep(5.0)
        seen.append(shows(hands))
        if broken_off:
            going.cancel()
        await asyncio.wait((going,))
        return [*seen, shows(hands)]

    assert in_world(live()) == [False, True, False]


def test_coins_fall_through_a_slot_that_is_jammed() -> None:
    """And once it is cleared the slot says again that nothing is asked for."""

    async def live() -> list[str]:
        hands, said = _hands(), []
        jammed = asyncio.create_task(hands.jam_coins(_KIOSK, 10.0))
        for _ in range(2):
            await asyncio.sleep(5.0)
            with pytest.raises(RejectedError) as rejected:
                await hands.counters[_KIOSK].cash.drop("somebody", 100)
            said.append(str(rejected.value))
            await asyncio.sleep(6.0)
        await jammed
        return said

    assert in_world(live()) == ["JAM", "SHUT"]


@pytest.mark.parametrize("kind", Trouble)
def test_what_comes_of_itself_has_a_chance_and_what_is_done_has_none(kind: Trouble) -> None:
    """Each kind is one or the other."""
    if kind in _OWN:
        assert Rates().with_chance(kind, 0.5) != Rates()
        assert Rates().with_chance(kind, 0.5).without((kind,)) == Rates()
    else:
        with pytest.raises(ValueError, match="does not come of itself"):
            Rates().with_chance(kind, 0.5)
