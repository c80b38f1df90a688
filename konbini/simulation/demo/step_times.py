"""How long each step of a visit takes, read from the kiosk's own log of the steps that it took (pure).

The log has a line for each event that the flow took: `state` is where it happened, `kind` what happened, `time` when,
to the millisecond. A step here is the time between two such lines of one visit, chosen so that nothing in it waits for
a person's hand; the sums do not count it either.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["STEPS", "Spread", "spreads", "visits_in"]

_Mark = tuple[str, str]
_MILLISECOND = dt.timedelta(milliseconds=1)
_PLACED, _RECOGNISED = ("card", "card_placed"), ("identifying", "card_recognised")
_TYPED, _SIGNED = ("pin", "pin_entered"), ("checking_pin", "card_signed")
_MENU = ("asking", "menu")
_PAID, _VERIFIED = ("pay", "paid"), ("preparing", "document")
_HANDED, _OUT = ("printing", "page_printed"), ("printing", "printed")

STEPS: Mapping[str, tuple[tuple[_Mark, _Mark], ...]] = {
    "card": ((_PLACED, _RECOGNISED),),
    "pin": ((_TYPED, _SIGNED),),
    "menu": ((_SIGNED, _MENU),),
    "document": ((_PAID, _VERIFIED),),
    "first page": ((_VERIFIED, _HANDED),),
    "order to first page": ((_PAID, _HANDED),),
    "print": ((_HANDED, _OUT),),
    "visit": ((_PLACED, _RECOGNISED), (_TYPED, _MENU), (_PAID, _OUT)),
}
"""Each step by the stretches that it is the sum of; a stretch begins with the last stay in its first state.

card: the reader finds a card, the kiosk knows what it is; pin: PIN, ticket and the card's signature; menu: OPEN to
MENU; document: ORDER to a verified DOCUMENT; first page: rasterised and handed to the printer; print: until the printer
is judged to have printed; visit: all that the kiosk, the services and the devices do in a visit.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one step's times lie, in milliseconds: half of them, and 95 of 100, are no longer than this."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    mark: _Mark
    at: dt.datetime


def visits_in(log: Iterable[str]) -> Iterator[Mapping[str, float]]:
    """Give each visit of a kiosk's log that printed, as milliseconds by step.

    Raises:
        ValueError: a line is no line of a log.
    """
    visit: list[_Line] = []
    for line in log:
        read = _step(line)
        if read is None:
            continue
        visit.append(read)
        if read.mark == ("wiping", "wiped"):
            if any(one.mark == _OUT for one in visit):
                yield _times(visit)
            visit = []


def spreads(visits: Sequence[Mapping[str, float]]) -> Mapping[str, Spread]:
    """Give each step's spread over these visits, in the order of `STEPS`; none where no visit is."""
    found = {name: sorted(visit[name] for visit in visits if name in visit) for name in STEPS}
    return {name: Spread(p50=_rank(times, 50), p95=_rank(times, 95)) for name, times in found.items() if times}


def _rank(times: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile: a time that was measured, never one between two."""
    return times[-(-len(times) * percent // 100) - 1]


def _step(line: str) -> _Line | None:
    if not line.startswith("{"):
        return None  # a library's own words on standard error
    read = json.loads(line)
    if read.get("event") != "step" or "state" not in read or "kind" not in read:
        return None
    return _Line(mark=(read["state"], read["kind"]), at=dt.datetime.fromisoformat(read["time"]))


def _times(visit: Sequence[_Line]) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for name, stretches in STEPS.items():
        times = [time for stretch in stretches if (time := _between(visit, *stretch)) is not None]
        if len(times) == len(stretches):
            found[name] = sum(times)
    return found


def _between(visit: Sequence[_Line], begins: _Mark, ends: _Mark) -> float | None:
    """Give the time from the first such line of the last stay in that state: who mistypes a PIN begins again."""
    end = next((place for place, one in enumerate(visit) if one.mark == ends), None)
    if end is None:
        return None
    begin = None
    for one in reversed(visit[:end]):
        if one.mark == begins:
            begin = one
        elif begin is not None and one.mark[0] != begins[0]:
            break
    return None if begin is None else (visit[end].at - begin.at) / _MILLISECOND
