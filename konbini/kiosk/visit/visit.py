"""The loop of one visit: what happens, the state that follows from the table, the work of that state, its screen.

Invariants: the state changes by `konbini.kiosk.session.flow` alone, here and nowhere else; a state's work runs as one
task, which says what happened and changes nothing itself; what comes too late for its state is dropped; when the
table reaches WIPING everything of the resident is let go, and `run` returns once it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial

from konbini.kiosk.channel.host import Host
from konbini.kiosk.channel.messages import WardOnOffer
from konbini.kiosk.session.action import (
    Action,
    AddAnother,
    ChangeAudio,
    ChooseCopies,
    ChooseKind,
    ChooseLanguage,
    ChooseMembers,
    ChooseOptions,
    ChoosePrefecture,
    ChooseRow,
    ChooseScope,
    ChooseSize,
    ChooseTheme,
    ChooseTown,
    ChooseWard,
    Confirm,
    EnterPin,
    EnterPostcode,
    OpenPanel,
    SeeOwnList,
    ShowNames,
    ShowPage,
    StillHere,
)
from konbini.kiosk.session.draft import event_of, settled
from konbini.kiosk.session.flow import Event, State, follow, patience
from konbini.kiosk.session.screen import Screen
from konbini.kiosk.session.search import event_of_search, searched
from konbini.kiosk.session.view import IdleWarning
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.happening import Happened
from konbini.kiosk.visit.sensing import device_event
from konbini.kiosk.visit.work import Work
from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code

__all__ = ["Visit"]

_MILLISECONDS = 1000
_TICK_SECONDS = 0.5
_DEVICE_WAIT_SECONDS = 10
_SENSOR_SECONDS = 3.0
"""How long the sensor of the paper's way out may take to see paper; the long-lived process asks it twice a second."""
_ASKED_AT: Mapping[type[Action], tuple[State, ...]] = {
    EnterPin: (State.PIN,),
    ChooseWard: (State.WARD,),
    ChoosePrefecture: (State.PREFECTURE,),
    ChooseRow: (State.PREFECTURE, State.TOWN),
    ChooseTown: (State.TOWN, State.FOUND),
    EnterPostcode: (State.POSTCODE,),
    ChooseKind: (State.KIND,),
    SeeOwnList: (State.KIND,),
    ShowPage: (State.OWN_LIST,),
    ChooseScope: (State.SCOPE,),
    ChooseMembers: (State.MEMBERS,),
    ChooseOptions: (State.OPTIONS,),
    ChooseCopies: (State.CHECK,),
    AddAnother: (State.CHECK,),
    Confirm: (State.CHECK,),
}
_ANSWERED: Mapping[Event, Callable[[Course], None]] = {
    Event.ADDED: Course.add,
    Event.CONFIRMED: Course.confirm,
    Event.CONFIRMED_FREE: Course.confirm,
}
_FROM_MENU = frozenset((State.KIND, State.SCOPE, State.MEMBERS, State.OPTIONS, State.CHECK, State.PAY))
_CODES = {
    (State.CHECKING_PIN, Event.CARD_TAKEN): Code.CARD_REMOVED,
    (State.TAKE_CARD, Event.DEVICE_LOST): Code.READER_UNAVAILABLE,
}
"""What a device's event means to the resident, where it ends the visit."""

_log = logger("konbini.kiosk.visit")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Acted:
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The work under way; states that share a piece of work let it run on."""

    begin: Callable[[], Coroutine[None, None, None]]
    task: asyncio.Task[None]


class Visit:
    """One visit, from the start screen to nothing left."""

    def __init__(self, *, course: Course, screen: Screen, host: Host, work: Work, clock: Clock) -> None:
        self._course = course
        self._screen = screen
        self._host = host
        self._work = work
        self._clock = clock
        self._queue: asyncio.Queue[Happened | _Acted] = asyncio.Queue()
        self._running: _Running | None = None
        self._group = asyncio.TaskGroup()
        self._quiet_since = clock.monotonic()

    async def run(self) -> None:
        """Serve one resident; returns when everything is wiped.

        Raises:
            ConnectionError: the long-lived process is gone.
        """
        self._work.report_to(self._queue.put_nowait)
        await self._hear()
        async with asyncio.TaskGroup() as group:
            self._group = group
            watchers = [
                group.create_task(self._watch_screen()),
                group.create_task(self._watch_devices()),
                group.create_task(self._watch_clock()),
            ]
            try:
                await self._enter(self._course.state)
                while not await self._take(await self._queue.get()):
                    pass
            finally:
                self._stop_work()
                for watcher in watchers:
                    watcher.cancel()

    async def _take(self, item: Happened | _Acted) -> bool:
        """Take one thing that happened; true when the visit is over."""
        happened = item if isinstance(item, Happened) else self._meaning(item.action)
        if happened is None:
            await self._screen.show(self._course.view())
            return False
        after = follow(self._course.state, happened.event)
        if after is None:
            happened.discard()
            await self._screen.show(self._course.view())
            return False
        happened.apply(self._course)
        _log.info("step", state=self._course.state, kind=happened.event)
        if happened.event is Event.WIPED:
            return True
        await self._enter(after)
        return False

    async def _enter(self, state: State) -> None:
        moved = state is not self._course.state
        self._course.state = state
        if moved:
            self._touch()
            self._course.panel = None
        begin = self._work.of(state)
        # Work that is done has said so: its word is in the queue, and is not asked for twice.
        if self._running is None or self._running.begin != begin:
            self._stop_work()
            if begin is not None:
                self._running = _Running(begin=begin, task=self._group.create_task(begin()))
        await self._screen.show(self._course.view())
        self._sense()

    def _stop_work(self) -> None:
        if self._running is not None:
            self._running.task.cancel()
            self._running = None

    def _meaning(self, action: Action) -> Happened | None:
        """Give what an action means in this state; the language and a touch mean the same everywhere."""
        course = self._course
        self._touch()
        if course.state not in _ASKED_AT.get(type(action), (course.state,)):
            if isinstance(action, EnterPin):
                action.wipe()
            return None
        match action:
            case ChooseLanguage(language=language):
                course.language, course.panel = language, None
            case ChooseSize() | ChooseTheme() | ChangeAudio() | OpenPanel():
                _lay_over(course, action)
            case ShowNames(shown=shown):
                course.names_shown = shown
            case ShowPage(page=page):
                course.list_page = page
            case StillHere():
                return None
            case _ if course.offer is not None:
                course.draft = settled(course.offer, course.draft, action)
            case _:
                course.search = searched(course.search, action, course.places)
        event = event_of_search(action, course.search) or event_of(course.state, action, course.offer, course.draft)
        return None if event is None else self._told(event, action)

    def _told(self, event: Event, action: Action) -> Happened:
        match action:
            case ChooseWard(code=code) | ChooseTown(code=code):
                offered = next((ward for ward in self._course.wards if ward.ward == code), None)
                return Happened(event=event) if offered is None else _ward_chosen(offered)
            case EnterPin():
                return self._work.pin_entered(action)
        if event is Event.CONFIRMED and not any(wish.fee for wish in self._course.wishes()):
            event = Event.CONFIRMED_FREE
        if event in _ANSWERED:
            return Happened(event=event, change=_ANSWERED[event])
        if event is Event.CANCEL:
            return Happened(event=event, change=lambda course: _end_with(course, Code.CANCELLED))
        return Happened(event=event)

    def _sense(self) -> None:
        """Say what the devices mean in the present state."""
        course = self._course
        course.paper_seen |= course.devices.paper_in_tray and course.state in (State.PRINTING, State.TAKE_PAPER)
        event = device_event(course.state, course.devices, course.wards)
        if event is None or (event is Event.PAPER_TAKEN and course.state is State.TAKE_PAPER and not course.paper_seen):
            return
        code = Code.CABINET_OPEN if event is Event.CANCEL else _CODES.get((course.state, event))
        change = (lambda _course: None) if code is None else (lambda course: _end_with(course, code))
        self._queue.put_nowait(Happened(event=event, change=change))

    async def _watch_screen(self) -> None:
        while True:
            self._queue.put_nowait(_Acted(action=await self._screen.next_action()))

    async def _watch_devices(self) -> None:
        while True:
            self._course.devices = await self._host.devices(self._course.devices.serial, _DEVICE_WAIT_SECONDS)
            self._course.wards = (await self._host.wards()).wards
            await self._hear()
            self._sense()

    async def _hear(self) -> None:
        """Look at the jack: speak from when headphones are plugged in, and stop at once when they are pulled out."""
        audio = self._course.audio.plugged(headphones=self._course.devices.headphones)
        if audio != self._course.audio:
            self._course.audio = audio
            self._touch()
            await self._screen.show(self._course.view())

    async def _watch_clock(self) -> None:
        """Warn, count down, and say that patience has run out."""
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            self._expire_menu()
            self._give_up_on_sensor()
            allowed = patience(self._course.state)
            if allowed is None:
                continue
            left = allowed.quiet + allowed.warning - self._quiet()
            if left <= 0:
                code = Code.PAYMENT_NOT_MADE if self._course.state is State.PAY else Code.IDLE
                self._queue.put_nowait(Happened(event=Event.IDLE, change=partial(_end_with, code=code)))
                self._touch()
            elif left < allowed.warning:
                await self._warn(int(left) + 1)

    def _expire_menu(self) -> None:
        """Say that the menu ran out, before somebody pays for what the ward will not answer."""
        given = self._course.given
        if given is None or self._course.state not in _FROM_MENU:
            return
        if self._clock.now() >= given.menu.good_until * _MILLISECONDS:
            self._queue.put_nowait(
                Happened(event=Event.MENU_EXPIRED, change=lambda course: _end_with(course, Code.MENU_EXPIRED))
            )

    def _give_up_on_sensor(self) -> None:
        """Count paper that the sensor never saw as taken: somebody was quicker than the sensor."""
        course = self._course
        if course.state is State.TAKE_PAPER and not course.paper_seen and self._quiet() >= _SENSOR_SECONDS:
            course.paper_seen = True
            self._sense()

    def _quiet(self) -> float:
        return self._clock.monotonic() - self._quiet_since

    async def _warn(self, seconds: int) -> None:
        warning = IdleWarning(seconds=seconds)
        if self._course.idle != warning:
            self._course.idle = warning
            await self._screen.show(self._course.view())

    def _touch(self) -> None:
        self._quiet_since = self._clock.monotonic()
        self._course.idle = None


def _lay_over(course: Course, action: ChooseSize | ChooseTheme | ChangeAudio | OpenPanel) -> None:
    """Change what lies over every screen."""
    match action:
        case ChooseSize(size=size):
            course.look = replace(course.look, size=size)
        case ChooseTheme(theme=theme):
            course.look = replace(course.look, theme=theme)
        case ChangeAudio(wish=wish):
            course.audio = course.audio.wished(wish)
        case OpenPanel(panel=panel):
            course.panel = panel


def _ward_chosen(ward: WardOnOffer) -> Happened:
    """Tell an open ward from a closed one."""

    def change(course: Course) -> None:
        course.chosen = ward

    return Happened(event=Event.CLOSED_WARD_CHOSEN if ward.code else Event.WARD_CHOSEN, change=change)


def _end_with(course: Course, code: Code) -> None:
    course.code = code
