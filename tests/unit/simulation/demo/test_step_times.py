"""Step times are read from the log's own lines: the right stretches, the last try, nothing that was not measured."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from konbini.simulation.demo.step_times import STEPS, spreads, visits_in

_NOON = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
_WHOLE = (
    (0, "start", "language_chosen"),
    (1000, "card", "card_placed"),
    (1200, "identifying", "card_recognised"),
    (3000, "pin", "pin_entered"),
    (3300, "checking_pin", "card_signed"),
    (3350, "asking", "menu"),
    (9000, "pay", "paid"),
    (9070, "preparing", "document"),
    (9150, "printing", "page_printed"),
    (9500, "printing", "page_printed"),
    (9600, "printing", "printed"),
    (9900, "wiping", "wiped"),
)


def _log(*lines: tuple[int, str, str]) -> list[str]:
    return [
        json.dumps(
            {
                "time": (_NOON + dt.timedelta(milliseconds=at)).isoformat(timespec="milliseconds"),
                "event": "step",
                "state": state,
                "kind": kind,
            }
        )
        for at, state, kind in lines
    ]


def test_a_visit_is_cut_into_its_steps() -> None:
    """Each step is the time between its two lines; the person's own time is in none of them."""
    (visit,) = visits_in(_log(*_WHOLE))
    assert visit == {
        "card": 200,
        "pin": 300,
        "menu": 50,
        "document": 70,
        "first page": 80,
        "order to first page": 150,
        "print": 450,
        "visit": 200 + 350 + 600,
    }
    assert list(visit) == list(STEPS)


def test_a_wrong_pin_counts_from_the_last_try() -> None:
    """Who mistypes is not a slow card."""
    again = ((3100, "checking_pin", "pin_rejected"), (3200, "pin", "pin_entered"))
    (visit,) = visits_in(_log(*_WHOLE[:4], *again, *_WHOLE[4:]))
    assert visit["pin"] == 100


def test_a_visit_that_printed_nothing_is_no_measurement() -> None:
    """A refused or unfinished visit gives none, and does not run into the next one."""
    refused = (*_WHOLE[:6], (3400, "take_card", "refused"), (3500, "wiping", "wiped"))
    assert not list(visits_in(_log(*refused)))
    assert len(list(visits_in(_log(*refused, *_WHOLE, *_WHOLE[:8])))) == 1


def test_other_lines_are_passed_over() -> None:
    """The log holds other events and libraries' words too; a broken line of JSON is no log."""
    other = ["a library's words\n", json.dumps({"time": _NOON.isoformat(), "event": "warm", "state": "confined"})]
    assert len(list(visits_in([*other, *_log(*_WHOLE), *other]))) == 1
    with pytest.raises(ValueError, match="delimiter"):
        list(visits_in(['{"event" "step"}']))


def test_percentiles_are_times_that_were_measured() -> None:
    """Of a hundred visits p50 is the fiftieth and p95 the ninety-fifth; of one, both are it; of none, there is none."""
    hundred = spreads([{"card": float(time)} for time in range(100, 0, -1)])
    assert (hundred["card"].p50, hundred["card"].p95) == (50, 95)
    one = spreads([{"card": 7.0}])
    assert (one["card"].p50, one["card"].p95) == (7, 7)
    assert not spreads([])
