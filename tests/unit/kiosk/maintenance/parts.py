"""A kiosk as its maintainers see it: a machine that notes what is done to it, a log in memory, a door."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.kiosk.maintenance.cabinet import Cabinet
from konbini.kiosk.maintenance.cabinet_switch import Door
from konbini.kiosk.maintenance.desk import MaintenanceDesk
from konbini.kiosk.maintenance.events import Entry, ServiceEvent
from konbini.kiosk.maintenance.passwords import Maintainers, hashed
from konbini.kiosk.maintenance.ports import OrderLine, Standing
from konbini.kiosk.maintenance.sessions import Sessions
from konbini.process.clock import to_seconds
from konbini.protocol.errors import Code, Refused
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy

__all__ = ["NAME", "PASSWORD", "KeptLog", "KioskSide", "Switch", "desk_of"]

NAME, PASSWORD = "hoshu-1", "correct horse battery"
_MAINTAINERS = Maintainers({NAME: hashed(PASSWORD)})


class KeptLog:
    """A log in memory, which outlives the desks that write it."""

    def __init__(self, clock: SettableClock) -> None:
        self._clock = clock
        self.entries: list[Entry] = []

    @property
    def events(self) -> list[tuple[ServiceEvent, str]]:
        """What was written down, and of whom."""
        return [(entry.event, entry.who) for entry in self.entries]

    async def record(self, event: ServiceEvent, who: str = "") -> None:
        """See `ServiceLog`."""
        self.entries.append(Entry(moment=to_seconds(self._clock.now()), event=event, who=who))

    async def newest(self, most: int) -> Sequence[Entry]:
        """See `ServiceLog`."""
        return self.entries[::-1][:most]

    async def last_of(self, *events: ServiceEvent) -> ServiceEvent | None:
        """See `ServiceLog`."""
        return next((entry.event for entry in self.entries[::-1] if entry.event in events), None)

    async def failures(self) -> int:
        """See `ServiceLog`."""
        count = 0
        for entry in self.entries:
            count = (
                0 if entry.event is ServiceEvent.SIGNED_IN else count + (entry.event is ServiceEvent.SIGN_IN_REFUSED)
            )
        return count


class KioskSide:
    """A `Machine` that notes."""

    def __init__(self) -> None:
        self.held: Code | None = None
        self.sounding = False
        self.prints: Code | bool = True
        self.tests = 0

    def stands(self, held: Code | None, *, sounding: bool) -> None:
        """Hold that this is why it does not serve, and whether the alarm sounds."""
        assert (self.held, self.sounding) == (held, sounding)

    async def standing(self, *, cabinet: Cabinet, paused: bool) -> Standing:
        """See `Machine`."""
        return Standing(
            kiosk="K-0001",
            version="1",
            serving=self.held is None,
            fault=self.held,
            parts=(("reader", "good"), ("printer", "fault")),
            counts=(("impressions", 12), ("visits", 3)),
            wards=(("131997", None), ("131105", Code.WARD_CLOSED)),
            left=("paper",),
            orders=(
                OrderLine(
                    row=1, ordinal=1, step="HANDED", outcome="PRINTED", pages=1, counter_before=11, fee=300, told=True
                ),
            ),
            cabinet=cabinet,
            paused=paused,
        )

    def hold(self, code: Code | None) -> None:
        """See `Machine`."""
        self.held = code

    def alarm(self, *, sounding: bool) -> None:
        """See `Machine`."""
        self.sounding = sounding

    async def print_test(self) -> bool:
        """See `Machine`."""
        self.tests += 1
        if isinstance(self.prints, Code):
            raise Refused(self.prints)
        return self.prints


class Switch:
    """A `CabinetSwitch` that says what it is told to."""

    def __init__(self) -> None:
        self.says = Door.SHUT

    async def door(self) -> Door:
        """See `CabinetSwitch`; an opening is said once."""
        said, self.says = self.says, Door.SHUT if self.says is Door.OPENED else self.says
        return said


def desk_of(log: KeptLog, machine: KioskSide, switch: Switch | None, clock: SettableClock) -> MaintenanceDesk:
    """Give a desk with one maintainer, whose session locks after ten minutes."""
    return MaintenanceDesk(
        maintainers=_MAINTAINERS,
        sessions=Sessions(SeededEntropy(3), idle=600.0),
        log=log,
        machine=machine,
        switch=switch,
        clock=clock,
    )
