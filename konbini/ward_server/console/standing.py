"""What is wrong with the ward, the worst first, each with what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from konbini.protocol.errors import Code
from konbini.protocol.service import Condition, State
from konbini.ward_server.issuing.ledger.barred import PartScope
from konbini.ward_server.issuing.view import Health, LiveView

__all__ = ["Gravity", "Problem", "problems"]

_SILENT_SECONDS: Final = 180
"""A kiosk says a word each minute; after three without one, somebody looks."""
_MILLISECONDS: Final = 1000


@unique
class Gravity(IntEnum):
    """How bad it is."""

    STOPS = 0
    """Nothing is issued."""
    LOOK = 1
    """Somebody must look today."""
    NOTE = 2
    """As it should be, and good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing: a word below `problem.`, what it is about, and the code of the manual where there is one."""

    gravity: Gravity
    word: str
    about: str = ""
    code: Code | None = None


def problems(view: LiveView | None) -> tuple[Problem, ...]:
    """Give what is wrong; None: `issuing` does not answer."""
    if view is None:
        return (Problem(gravity=Gravity.STOPS, word="issuing_silent"),)
    found = [*_of_issuing(view.health), *_of_clerk(view.health), *_of_bars(view), *_to_look_at(view), *_of_kiosks(view)]
    return tuple(sorted(found, key=lambda problem: problem.gravity))


def _of_issuing(health: Health) -> Iterator[Problem]:
    if health.stop_code:
        yield Problem(gravity=Gravity.STOPS, word="stopped", code=_code(health.stop_code))
    if health.feed_broken:
        word = "retaking" if health.retaking else "feed_broken"
        yield Problem(gravity=Gravity.STOPS, word=word, code=_code(health.feed_broken))
    elif not health.current and health.outage is None:
        yield Problem(gravity=Gravity.STOPS, word="no_lease", code=Code.WARD_NOT_CURRENT)
    if health.outage is not None:
        yield Problem(gravity=Gravity.LOOK, word="outage")
    if not health.link_up:
        yield Problem(gravity=Gravity.STOPS, word="no_link", code=Code.CENTER_UNREACHABLE)
    if not health.open_now:
        yield Problem(gravity=Gravity.NOTE, word="closed", code=Code.WARD_CLOSED)


def _of_clerk(health: Health) -> Iterator[Problem]:
    clerk = health.clerk
    if clerk is None:
        yield Problem(gravity=Gravity.STOPS, word="clerk_silent")
        return
    if clerk.stopped:
        yield Problem(gravity=Gravity.STOPS, word="clerk_stopped", code=_code(clerk.stopped))
    if clerk.stamps is not None and clerk.stamps.silent:
        yield Problem(gravity=Gravity.STOPS, word="time_stamps_silent", code=Code.TIME_STAMP_UNAVAILABLE)
    if clerk.broken:
        yield Problem(gravity=Gravity.STOPS, word="clerk_broken", code=_code(clerk.broken))
    elif health.outage is not None and not clerk.outage_ends:
        yield Problem(gravity=Gravity.STOPS, word="clerk_no_outage")
    elif health.outage is None and not clerk.current:
        yield Problem(gravity=Gravity.STOPS, word="clerk_no_lease", code=Code.WARD_NOT_CURRENT)


def _to_look_at(view: LiveView) -> Iterator[Problem]:
    for word, count in (
        ("cases", view.cases),
        ("differences", len(view.differences)),
        ("outage_differ", view.outage_differ),
    ):
        if count:
            yield Problem(gravity=Gravity.LOOK, word=word, about=str(count))


def _of_bars(view: LiveView) -> Iterator[Problem]:
    for one in view.barred:
        gravity = Gravity.STOPS if one.part.scope is PartScope.WARD else Gravity.LOOK
        yield Problem(gravity=gravity, word="barred", about=str(one.part), code=_code(one.code))


def _of_kiosks(view: LiveView) -> Iterator[Problem]:
    for kiosk in view.kiosks:
        if view.now // _MILLISECONDS - kiosk.at > _SILENT_SECONDS:
            yield Problem(gravity=Gravity.LOOK, word="kiosk_silent", about=kiosk.kiosk, code=Code.KIOSK_UNREACHABLE)
        elif kiosk.fault:
            yield Problem(gravity=Gravity.LOOK, word="kiosk_fault", about=kiosk.kiosk, code=_code(kiosk.fault))
        elif _is_short(kiosk):
            yield Problem(gravity=Gravity.LOOK, word="kiosk_short", about=kiosk.kiosk)
        if kiosk.left:
            yield Problem(gravity=Gravity.LOOK, word="kiosk_left", about=kiosk.kiosk)


def _is_short(kiosk: State) -> bool:
    return Condition.WARNING in (kiosk.reader, kiosk.printer, kiosk.paper, kiosk.coins)


def _code(code: int) -> Code | None:
    return Code(code) if code in set(Code) else None
