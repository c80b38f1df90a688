"""The machine: everything that a person, an operator and nature can do to a simulated world, in any order.

All chance is the world's seed and what hypothesis draws, so that a failing run is had again and made smaller. After
each rule the checker has found nothing; at the end all is well again, and everything must have settled.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from konbini.simulation.printer.jobs import Lie
from konbini.simulation.world.counter.habits import draw_errand, draw_habits
from konbini.simulation.world.crowd import KINDS
from konbini.simulation.world.director import LIES
from konbini.simulation.world.faults import Trouble
from konbini.simulation.world.office import ActKind
from tests.integration.simulation.world.driving import FRONT, KIOSKS, PEOPLE, WARD, Caller, DrivenWorld, drive

__all__ = ["TownInABottle"]

_SERVERS = (f"issuing {WARD} a", f"issuing {WARD} b")
_SERVICES = ("center", f"registry {WARD}", f"clerk {WARD}", *_SERVERS, *KIOSKS)
_LINKS = (
    *((server, FRONT) for server in _SERVERS),
    *((f"registry {WARD}", server) for server in _SERVERS),
    *((kiosk, FRONT) for kiosk in KIOSKS),
)
_THINKING = (0.0, 0.6)
_TROUBLES = 3


AT_KIOSK = st.sampled_from(KIOSKS)
WHO = st.integers(0, PEOPLE - 1)
SERVICE = st.sampled_from(_SERVICES)
LINK = st.sampled_from(_LINKS)
CHANCE = st.sampled_from((0.01, 0.05, 0.2))
A_WHILE = st.sampled_from((1.0, 10.0, 60.0, 120.0))
AFTERWARDS = st.sampled_from((0.0, 0.5, 3.0, 20.0))
"""Seconds that pass once something has begun; none: the next thing happens at the same moment."""


@st.composite
def _callers(draw: st.DrawFn, *, odd: bool) -> Caller:
    """Draw who comes, what for, and how they go about it: as most do, or otherwise."""
    chance = draw(st.randoms(use_true_random=False))
    habits = draw_habits(chance, odd=1.0 if odd else 0.0)
    return Caller(
        who=draw(WHO),
        errand=draw_errand(chance, KINDS),
        habits=replace(habits, think=_THINKING),
        other=draw(st.none() | WHO) if odd else None,
    )


def _trouble(**drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a rule of a trouble, one of few at a time: where everything fails at once, no sheet ever comes out."""

    def decorate(begin: Callable[..., None]) -> Callable[..., None]:
        made = rule(then=AFTERWARDS, **drawn)  # type: ignore[call-overload]  # none of what is drawn is named target
        few: Callable[..., None] = precondition(lambda self: self.town.troubles < _TROUBLES)(made(begin))
        return few

    return decorate


class TownInABottle(RuleBasedStateMachine):
    """One world from its beginning to its end."""

    visits: ClassVar[int] = 0
    papers: ClassVar[int] = 0
    world: DrivenWorld | None = None

    @initialize(seed=st.integers(0, 9999))
    def begin(self, seed: int) -> None:
        """Everything is up, nobody is there."""
        self.world = drive(seed)

    @property
    def town(self) -> DrivenWorld:
        """The world, which has begun."""
        assert self.world is not None
        return self.world

    @invariant()
    def everything_holds(self) -> None:
        """Whatever was looked at so far, and no exception was caught by nobody."""
        if self.world is not None:
            assert not self.world.broken, self.world.broken

    def teardown(self) -> None:
        """All is well again: who came goes, what is owed is settled, and everything is looked at once more."""
        if self.world is None:
            return
        self.world.close()
        findings = self.world.checker.findings
        type(self).visits += findings.visits
        type(self).papers += findings.papers
        assert not self.world.broken, self.world.broken
        assert not self.world.unsettled, f"{self.world.unsettled} not settled"

    # People

    @rule(kiosk=AT_KIOSK, caller=_callers(odd=False), then=AFTERWARDS)
    def comes(self, kiosk: str, caller: Caller, then: float) -> None:
        """Somebody comes who does as the screens say."""
        self.town.comes(kiosk, caller)
        self.town.pass_time(then)

    @rule(kiosk=AT_KIOSK, caller=_callers(odd=True), then=AFTERWARDS)
    def comes_oddly(self, kiosk: str, caller: Caller, then: float) -> None:
        """Somebody comes who does not, perhaps with another's card beside their own."""
        self.town.comes(kiosk, caller)
        self.town.pass_time(then)

    @rule(callers=st.tuples(_callers(odd=False), _callers(odd=False)), then=AFTERWARDS)
    def household_comes(self, callers: tuple[Caller, Caller], then: float) -> None:
        """Two who live together or near each other come at one moment, each to a kiosk."""
        one, other = callers
        self.town.comes(KIOSKS[0], one)
        self.town.comes(KIOSKS[1], replace(other, who=one.who ^ 1))
        self.town.pass_time(then)

    @rule(seconds=st.sampled_from((0.1, 1.0, 10.0, 60.0, 180.0)))
    def time_passes(self, seconds: float) -> None:
        """Seconds, or minutes."""
        self.town.pass_time(seconds)

    # Operators

    @rule(who=WHO, then=AFTERWARDS)
    def is_renamed(self, who: int, then: float) -> None:
        """Two operators change somebody's name."""
        self.town.act(ActKind.RENAME, who)
        self.town.pass_time(then)

    @rule(who=WHO, then=AFTERWARDS)
    def is_protected(self, who: int, then: float) -> None:
        """They set a measure."""
        self.town.act(ActKind.PROTECT, who)
        self.town.pass_time(then)

    @rule(who=WHO, then=AFTERWARDS)
    def is_held(self, who: int, then: float) -> None:
        """They hold somebody's papers."""
        self.town.act(ActKind.HOLD, who)
        self.town.pass_time(then)

    @precondition(lambda self: self.town.holds_back)
    @rule(which=st.integers(0, PEOPLE - 1), then=AFTERWARDS)
    def is_released(self, which: int, then: float) -> None:
        """They take a measure or a hold back."""
        self.town.take_back(which)
        self.town.pass_time(then)

    # Processes

    @rule(name=SERVICE, then=AFTERWARDS)
    def dies(self, name: str, then: float) -> None:
        """A service or a kiosk is killed, and started again."""
        self.town.hands.kill(name)
        self.town.pass_time(then)

    @rule(kiosk=AT_KIOSK, then=AFTERWARDS)
    def visit_dies(self, kiosk: str, then: float) -> None:
        """The process of a visit is killed."""
        self.town.kill_visit(kiosk)
        self.town.pass_time(then)

    @rule(then=AFTERWARDS)
    def power_fails(self, then: float) -> None:
        """Every process of the ward is killed at once."""
        self.town.hands.cut_power(WARD)
        self.town.pass_time(then)

    @_trouble(pause=st.sampled_from((1.0, 5.0, 20.0)), with_care=st.booleans())
    def is_rolled_out(self, pause: float, with_care: bool, then: float) -> None:  # noqa: FBT001 - drawn
        """Every process is started anew with the next build, one after the other; with care, servers at once."""
        self.town.goes_wrong(self.town.hands.roll_out(itertools.repeat(pause), with_care=with_care))
        self.town.pass_time(then)

    # Machines

    @_trouble(link=LINK, seconds=A_WHILE)
    def is_parted(self, link: tuple[str, str], seconds: float, then: float) -> None:
        """Two processes do not hear each other."""
        self.town.goes_wrong(self.town.hands.part(link, seconds))
        self.town.pass_time(then)

    @_trouble(name=SERVICE, seconds=A_WHILE)
    def disk_is_full(self, name: str, seconds: float, then: float) -> None:
        """A disk has no room."""
        self.town.goes_wrong(self.town.hands.fill(name, seconds))
        self.town.pass_time(then)

    @_trouble(name=SERVICE, seconds=A_WHILE)
    def disk_is_slow(self, name: str, seconds: float, then: float) -> None:
        """A disk takes seconds for a commit."""
        self.town.goes_wrong(self.town.hands.slow_down(name, seconds))
        self.town.pass_time(then)

    @_trouble(name=SERVICE, minutes=st.integers(-60, 60), seconds=A_WHILE)
    def clock_jumps(self, name: str, minutes: int, seconds: float, then: float) -> None:
        """A machine's clock is wrong by up to an hour."""
        self.town.goes_wrong(self.town.hands.set_wrong(name, minutes * 60_000, seconds))
        self.town.pass_time(then)

    @_trouble(name=SERVICE, seconds=A_WHILE)
    def clock_stands(self, name: str, seconds: float, then: float) -> None:
        """A machine's clock stops."""
        self.town.goes_wrong(self.town.hands.stop_clock(name, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, seconds=A_WHILE)
    def paper_jams(self, kiosk: str, seconds: float, then: float) -> None:
        """A printer jams at its next sheet."""
        self.town.goes_wrong(self.town.hands.jam_printer(kiosk, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, seconds=A_WHILE)
    def paper_runs_out(self, kiosk: str, seconds: float, then: float) -> None:
        """A printer's tray is empty."""
        self.town.goes_wrong(self.town.hands.empty_tray(kiosk, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, lie=st.sampled_from(LIES), seconds=A_WHILE)
    def printer_lies(self, kiosk: str, lie: Lie, seconds: float, then: float) -> None:
        """A printer says what is not so."""
        self.town.goes_wrong(self.town.hands.let_lie(kiosk, lie, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, seconds=A_WHILE)
    def printer_is_silent(self, kiosk: str, seconds: float, then: float) -> None:
        """A printer answers nothing."""
        self.town.goes_wrong(self.town.hands.silence_printer(kiosk, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, seconds=A_WHILE)
    def coins_jam(self, kiosk: str, seconds: float, then: float) -> None:
        """Every piece falls through."""
        self.town.goes_wrong(self.town.hands.jam_coins(kiosk, seconds))
        self.town.pass_time(then)

    @_trouble(kiosk=AT_KIOSK, seconds=A_WHILE)
    def coins_stick(self, kiosk: str, seconds: float, then: float) -> None:
        """A coin device pays nothing out."""
        self.town.goes_wrong(self.town.hands.stick_coins(kiosk, seconds))
        self.town.pass_time(then)

    # What comes of itself meanwhile

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def bytes_are_late(self, chance: float, seconds: float, then: float) -> None:
        """Bytes take up to half a minute."""
        self.sets_in(Trouble.LATE, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def connections_break(self, chance: float, seconds: float, then: float) -> None:
        """Connections are cut, perhaps in the middle of a message."""
        self.sets_in(Trouble.CUT, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def bits_turn(self, chance: float, seconds: float, then: float) -> None:
        """A bit turns over between two machines."""
        self.sets_in(Trouble.SPOILT, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def commits_kill(self, chance: float, seconds: float, then: float) -> None:
        """Processes die at an edge of a commit."""
        self.sets_in(Trouble.CRASH_AT_COMMIT, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def messages_are_lost(self, chance: float, seconds: float, then: float) -> None:
        """The center keeps messages."""
        self.sets_in(Trouble.LOST, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def messages_come_twice(self, chance: float, seconds: float, then: float) -> None:
        """The center hands messages on twice."""
        self.sets_in(Trouble.REPEATED, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def messages_come_late(self, chance: float, seconds: float, then: float) -> None:
        """The center hands messages on after later ones."""
        self.sets_in(Trouble.REORDERED, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def messages_are_altered(self, chance: float, seconds: float, then: float) -> None:
        """The center turns a bit of a message."""
        self.sets_in(Trouble.ALTERED, chance, seconds, then)

    @_trouble(chance=CHANCE, seconds=A_WHILE)
    def messages_are_anothers(self, chance: float, seconds: float, then: float) -> None:
        """The center hands another's message on in the place of one."""
        self.sets_in(Trouble.MISDIRECTED, chance, seconds, then)

    def sets_in(self, kind: Trouble, chance: float, seconds: float, then: float) -> None:
        """Let a kind come of itself for a while."""
        self.town.goes_wrong(self.town.hands.let_come(kind, chance, seconds))
        self.town.pass_time(then)
