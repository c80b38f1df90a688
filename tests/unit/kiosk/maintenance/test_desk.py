"""The desk: who may do what, what is written down, and a cabinet that is watched meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from konbini.kiosk.maintenance.cabinet_switch import Door
from konbini.kiosk.maintenance.desk import MaintenanceDesk
from konbini.kiosk.maintenance.events import ServiceEvent as Event
from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from tests.unit.kiosk.maintenance.parts import NAME, PASSWORD, KeptLog, KioskSide, Switch, desk_of


@dataclass(slots=True, kw_only=True)
class Bench:
    """A desk that runs, and everything around it."""

    clock: SettableClock
    log: KeptLog
    machine: KioskSide
    switch: Switch
    desk: MaintenanceDesk

    async def code_of(self, name: str, password: str) -> Code | None:
        """Try to sign in; the refusal's code."""
        try:
            await self.desk.sign_in(name, password)
        except Refused as refused:
            return refused.code
        return None


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A desk over a kiosk that serves."""
    clock = SettableClock(1_800_000_000_000)
    log, machine, switch = KeptLog(clock), KioskSide(), Switch()
    desk = desk_of(log, machine, switch, clock)
    await desk.resume()
    task = asyncio.create_task(desk.run())
    yield Bench(clock=clock, log=log, machine=machine, switch=switch, desk=desk)
    task.cancel()
    await asyncio.wait((task,))


async def test_what_is_typed_is_not_kept(bench: Bench) -> None:
    """A password in the name's place, a stranger, a wrong password: refused alike, and no word of it is kept."""
    assert await bench.code_of(PASSWORD, "") is Code.SIGN_IN_REFUSED
    assert await bench.code_of(NAME, "wrong") is Code.SIGN_IN_REFUSED
    assert bench.log.events == [(Event.SIGN_IN_REFUSED, ""), (Event.SIGN_IN_REFUSED, NAME)]
    assert await bench.code_of(NAME, PASSWORD) is None
    assert bench.log.events[-1] == (Event.SIGNED_IN, NAME)


async def test_attempts_are_throttled_and_the_right_password_waits_too(bench: Bench) -> None:
    """While it waits nothing is looked at; one entry a wait; a restart does not shorten it."""
    for _ in range(3):
        await bench.code_of(NAME, "wrong")
    assert await bench.code_of(NAME, PASSWORD) is Code.SIGN_IN_THROTTLED
    assert await bench.code_of(NAME, PASSWORD) is Code.SIGN_IN_THROTTLED
    assert [event for event, _ in bench.log.events].count(Event.SIGN_IN_THROTTLED) == 1
    again = desk_of(bench.log, bench.machine, bench.switch, bench.clock)
    await again.resume()
    with pytest.raises(Refused) as refused:
        await again.sign_in(NAME, PASSWORD)
    assert refused.value.code is Code.SIGN_IN_THROTTLED
    await bench.clock.advance(30)
    assert await bench.code_of(NAME, PASSWORD) is None
    await again.sign_in(NAME, PASSWORD)


async def test_guesses_at_once_are_judged_one_by_one(bench: Bench) -> None:
    """Ten at a time get the free tries and no more."""
    codes = await asyncio.gather(*(bench.code_of(NAME, f"guess {number}") for number in range(10)))
    assert codes.count(Code.SIGN_IN_REFUSED) == 3
    assert codes.count(Code.SIGN_IN_THROTTLED) == 7


async def test_a_session_locks_and_another_takes_its_place(bench: Bench) -> None:
    """Idle minutes end it; whoever signs in anew ends the one before."""
    first = await bench.desk.sign_in(NAME, PASSWORD)
    await bench.clock.advance(599)
    assert bench.desk.session(first.token).name == NAME
    await bench.clock.advance(601)
    for token in (first.token, ""):
        with pytest.raises(Refused) as refused:
            bench.desk.session(token)
        assert refused.value.code is Code.SESSION_OVER
    assert bench.log.events[-1] == (Event.SESSION_LOCKED, NAME)
    second = await bench.desk.sign_in(NAME, PASSWORD)
    third = await bench.desk.sign_in(NAME, PASSWORD)
    with pytest.raises(Refused):
        bench.desk.session(second.token)
    assert bench.desk.session(third.token) is third


async def test_a_paused_service_stays_paused_after_a_restart(bench: Bench) -> None:
    """Until a maintainer lets it go on; each is written down once."""
    session = await bench.desk.sign_in(NAME, PASSWORD)
    for _ in range(2):
        await bench.desk.pause(session, paused=True)
    assert bench.machine.held is Code.UNDER_MAINTENANCE
    later = KioskSide()
    again = desk_of(bench.log, later, None, bench.clock)
    await again.resume()
    assert later.held is Code.UNDER_MAINTENANCE
    await bench.desk.pause(session, paused=False)
    assert bench.machine.held is None
    assert [event for event, _ in bench.log.events[1:]] == [Event.PAUSED, Event.RESUMED]


@pytest.mark.parametrize("seen", [Door.OPEN, Door.OPENED])
async def test_a_forced_cabinet(bench: Bench, seen: Door) -> None:
    """Out of service, alarm, entry; shut again nothing changes, nor by a restart; a maintainer looks and confirms."""
    bench.switch.says = seen
    await bench.clock.advance(1)
    bench.machine.stands(Code.CABINET_OPEN, sounding=True)
    assert bench.log.events == [(Event.CABINET_FORCED, "")]
    bench.switch.says = Door.SHUT
    await bench.clock.advance(1)
    later = KioskSide()
    again = desk_of(bench.log, later, None, bench.clock)
    await again.resume()
    for machine in (bench.machine, later):
        machine.stands(Code.CABINET_OPEN, sounding=True)
    session = await bench.desk.sign_in(NAME, PASSWORD)
    bench.machine.stands(Code.CABINET_OPEN, sounding=False)
    await bench.desk.confirm_cabinet(session)
    bench.machine.stands(None, sounding=False)
    assert bench.log.events[-1] == (Event.CABINET_CONFIRMED, NAME)


async def test_an_open_door_is_not_confirmed(bench: Bench) -> None:
    """Nothing is well while it stands open."""
    bench.switch.says = Door.OPEN
    await bench.clock.advance(1)
    session = await bench.desk.sign_in(NAME, PASSWORD)
    with pytest.raises(Refused) as refused:
        await bench.desk.confirm_cabinet(session)
    assert refused.value.code is Code.CABINET_OPEN
    assert bench.machine.held is Code.CABINET_OPEN


async def test_a_maintainer_opens_the_cabinet(bench: Bench) -> None:
    """The service stops without an alarm and comes back by itself; left open by whoever signed in, it is an alarm."""
    session = await bench.desk.sign_in(NAME, PASSWORD)
    bench.switch.says = Door.OPEN
    await bench.clock.advance(1)
    bench.machine.stands(Code.UNDER_MAINTENANCE, sounding=False)
    bench.switch.says = Door.SHUT
    await bench.clock.advance(1)
    assert bench.machine.held is None
    assert bench.log.events[1:] == [(Event.CABINET_SERVICED, NAME), (Event.CABINET_SHUT, NAME)]
    bench.switch.says = Door.OPEN
    await bench.clock.advance(1)
    await bench.desk.sign_out(session)
    await bench.clock.advance(1)
    bench.machine.stands(Code.CABINET_OPEN, sounding=True)


async def test_the_test_page_is_written_down_before_and_after(bench: Bench) -> None:
    """Printed, not printed, refused."""
    session = await bench.desk.sign_in(NAME, PASSWORD)
    assert await bench.desk.print_test(session)
    bench.machine.prints = False
    assert not await bench.desk.print_test(session)
    bench.machine.prints = Code.VISIT_UNDER_WAY
    with pytest.raises(Refused):
        await bench.desk.print_test(session)
    begun, printed, failed = Event.TEST_BEGUN, Event.TEST_PRINTED, Event.TEST_FAILED
    assert [event for event, _ in bench.log.events[1:]] == [begun, printed, begun, failed, begun, failed]
